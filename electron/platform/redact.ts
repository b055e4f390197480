import { homedir } from 'node:os'

const removed = '[removed]'

/** Names whose values are always removed. */
const secretName = /authorization|password|passphrase|secret|token|cookie|credential|^(?:dk|sk|ak)$/i

/** A secret's name in a text, with optional quotation marks. */
const named =
  /\\?["']?\b(?:password|passphrase|access_?token|refresh_?token|client_?secret|device_?code)\\?["']?/

const patterns: readonly (readonly [RegExp, string])[] = [
  // `Authorization: Bearer …` in headers, JSON and curl-like text.
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${removed}`],
  // JSON Web Tokens: base64url of `{"` is `eyJ`.
  [/\beyJ[\w-]{4,}(?:\.[\w-]*){0,4}/g, removed],
  // Cyberun's keys, by their prefix.
  [/\b(dk|sk|ak)-[\w-]{4,}/g, `$1-${removed}`],
  // Presigned storage URLs: the signature and its parameters.
  [/([?&;]X-Amz-[\w-]+=)[^&\s"'<>\\]*/gi, `$1${removed}`],
  [/([?&](?:AWSAccessKeyId|Signature|sig|token|code|user_code|device_code)=)[^&\s"'<>\\]*/gi, `$1${removed}`],
  // Passwords in URLs.
  [/(:\/\/[^\s/:@]*:)[^\s/]+@/g, `$1${removed}@`],
  // `"password":"…"`, also in JSON within JSON, to the end of the line where the quotation mark is not
  // closed.
  [
    new RegExp(`(${named.source}\\s*[:=]\\s*)(["'])(?:\\\\.|(?!\\2)[^\\\\\\n])*(?:\\2|\\\\?$)`, 'gim'),
    `$1$2${removed}$2`,
  ],
  [
    new RegExp(`(${named.source}\\s*[:=]\\s*)(\\\\["'])(?:\\\\{2}\\\\?.|(?!\\2).)*(?:\\2|$)`, 'gim'),
    `$1$2${removed}$2`,
  ],
  // `password=…`
  [new RegExp(`(${named.source}\\s*[:=]\\s*)(?!\\\\?["'])[^"'&\\s,}]+`, 'gi'), `$1${removed}`],
]

/** Removes secrets, signatures and the names of home folders from a text. */
export function redactText(text: string): string {
  const nameless = homes.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text)
  return patterns.reduce((left, [pattern, instead]) => left.replace(pattern, instead), nameless)
}

/**
 * Home folders, which often have the user's name: `/home/ann`, `/Users/ann`, `C:\\Users\\ann`, with single
 * or double backslashes (JSON). This computer's own home folder may be elsewhere.
 */
const homes: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${escaped(homedir())}(?=[\\\\/"'\\s:,;)\\]}]|$)`, 'g'), '~'],
  [/((?:^|[^\w])\/(?:home|Users)\/)[^/\s"'<>\\]+/g, '$1[person]'],
  [/(\b[A-Za-z]:(?:\\{1,2}|\/)Users(?:\\{1,2}|\/))[^\\/"'<>\n]+?(?=\\|\/|["'<>\n]|$)/g, '$1[person]'],
]

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Deeper than anything that is logged on purpose. */
const maxDepth = 6
const maxTextLength = 4_000

/** A copy of a value without secrets that can be written as JSON, whatever it contains. */
export function redact(value: unknown, depth = 0, seen: ReadonlySet<unknown> = new Set()): unknown {
  switch (typeof value) {
    case 'string':
      return cut(redactText(value))
    case 'bigint':
      return String(value)
    case 'function':
    case 'symbol':
      return `[${typeof value}]`
    default:
      break
  }
  if (typeof value !== 'object' || value === null) return value
  return depth >= maxDepth || seen.has(value) ? '[…]' : redactObject(value, depth, seen)
}

function redactObject(value: object, depth: number, seen: ReadonlySet<unknown>): unknown {
  const within = new Set(seen).add(value)
  const inner = (item: unknown) => redact(item, depth + 1, within)
  if (value instanceof Error) return redactError(value, inner)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
  if (value instanceof URL) return redactText(value.href)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  const redactEntry = ([name, item]: readonly [unknown, unknown]) => [
    inner(name),
    typeof name === 'string' && secretName.test(name) ? removed : inner(item),
  ]
  if (value instanceof Map) return [...value].map(redactEntry)
  if (value instanceof Set || Array.isArray(value)) return [...value].map(inner)
  return Object.fromEntries(Object.entries(value).map(redactEntry))
}

/** Texts are redacted before they are cut, since half a secret would not be recognised. */
const cut = (text: string) => (text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text)

function redactError(error: Error, inner: (item: unknown) => unknown): Record<string, unknown> {
  return {
    name: error.name,
    message: inner(error.message),
    ...('code' in error ? { code: inner(error.code) } : {}),
    ...(error.stack === undefined ? {} : { stack: inner(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: inner(error.cause) }),
  }
}
