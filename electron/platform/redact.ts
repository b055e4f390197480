import { homedir } from 'node:os'
import { parse } from 'node:path'

const removed = '[removed]'

/** Names whose values are always removed. */
const secretName =
  /authorization|passw|passphrase|secret|token|cookie|credential|device[_-]?code|(?:raw|agent|api|private|customer|encryption)[_-]?key|^(?:dk|sk|ak|sign?|(?:[\w-]+-)?signature)$/i

// Names have a maximum length, since each of many beginnings of one would be read to the end of the text.
const patterns: readonly (readonly [RegExp, string])[] = [
  // `Authorization: Bearer …` in headers, JSON and curl-like text.
  [/\b(bearer|basic)\s+[^\s"'<>\\,]{4,}/gi, `$1 ${removed}`],
  // A base64 ticket; both names are also ordinary words.
  [/\b(negotiate|ntlm)\s+[\w+/=-]{16,}/gi, `$1 ${removed}`],
  // Schemes with parameters: `AWS4-HMAC-SHA256 Credential=…, Signature=…`, `Digest username="…", nonce="…"`.
  [/\b(AWS4-[\w-]{1,60}|digest)\s+(?:[\w-]+=(?:\\*"[^"\n]*"|[^\s,"]+)(?:\s*,\s*)?)+/gi, `$1 ${removed}`],
  // The scheme `Token`, which is an ordinary word elsewhere.
  [/\b(authorization\s{0,5}[:=]\s{0,5}token\s+)[^\s"'<>\\,]+/gi, `$1${removed}`],
  // The header has several cookies, up to the end of its line.
  [/\b((?:set-)?cookie\s{0,5}[:=]\s{0,5})[^\s"'\\][^\n"'\\]*/gi, `$1${removed}`],
  // Options of a command line, with a space before their value.
  [
    /(--[\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|token)\s{1,5})(?:"[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/gi,
    `$1${removed}`,
  ],
  // JSON Web Tokens: base64url of `{"` is `eyJ`.
  [/\beyJ[\w-]{4,}(?:\.[\w-]*){0,4}/g, removed],
  // Cyberun's keys, by their prefix.
  [/\b(dk|sk|ak)-[\w.~+/=-]{4,}/gi, `$1-${removed}`],
  // Parameters of signatures without their URL: Amazon S3, Google Cloud Storage, Alibaba OSS, Huawei OBS and
  // Tencent COS.
  [
    /(?:\b|(?<=%[\da-f]{2}))((?:X-(?:Amz|Goog|OSS|OBS)-[\w-]{1,60}|(?:AWS|OSS)?AccessKeyId|GoogleAccessId|q-[\w-]{1,20})(?:=|%(?:25)*3D))[^&\s"'<>\\]*/gi,
    `$1${removed}`,
  ],
  [
    /((?:[?&;]|\\u0026)(?:Signature|sign?|(?:x-cos-)?security-token|token|code|user_code|device_code)=)[^&\s"'<>\\]*/gi,
    `$1${removed}`,
  ],
]

/** The secrets in the body, the query or the headers of a request, which a server may repeat in any sentence. */
export const secretsIn = (request: unknown): readonly string[] =>
  Object.entries(Object(request)).flatMap(([name, value]) =>
    typeof value === 'string' && secretName.test(name) ? [value] : [],
  )

/** A shorter secret would also be found in words. */
const minKnownLength = 4

/** Removes these secrets wherever they are, and invisible characters, which could hide one and are not shown. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter(({ length }) => length >= minKnownLength)
    .flatMap(formsOf)
    .reduce((left, form) => left.replaceAll(form, removed), text.replace(/\p{Cf}/gu, ''))

/** A secret in JSON, as it is, in a URL and in base64. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const base64 = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
  return [JSON.stringify(secret).slice(1, -1), secret, encodeURIComponent(secret.toWellFormed()), ...base64]
}

/** Removes what looks like a secret or a signature, and the names of home folders, from a text. */
export function redactText(text: string): string {
  // First what has a delimiter, since the other patterns may remove that together with their secret.
  const withoutUrls = removeFromUrls(removeNamedValues(removeHomes(text)))
  return patterns.reduce((left, [pattern, instead]) => left.replace(pattern, instead), withoutUrls)
}

/**
 * A URL up to a space or a quotation mark. Backslashes belong to it, since JSON may have escaped slashes and
 * ampersands (`\/`, `\u0026`), but not those of an escaped quotation mark.
 */
const anyUrl = /\b([a-z][a-z\d+.-]{0,30}:(?:\\*\/){2})((?:[^\s"<>\\]|\\+(?!["\\]))+)/gi
/** A login in a URL, whose password may have characters that should be escaped. A port is none. */
const login = /^(?:[^/?#\\@]*@|[^/?#\\@:]*:(?!\d{1,5}(?:[/?#\\,;)\]}]|$)).*@)+/

/** A percent-encoded URL, perhaps encoded several times, as in the query of another one. */
const encodedUrl = /(%(?:25)*3A(?:%(?:25)*2F){2})([^\s"'<>\\&]+)/gi
const encodedLogin = /^(?:(?!%(?:25)*(?:2F|3F|23)).)*%(?:25)*40/i
const encodedQuery = /(%(?:25)*(?:3F|23)|[?#]).*$/i

/**
 * Removes user name, password, query and fragment of every URL: there are more kinds of signatures than could
 * be listed.
 */
function removeFromUrls(text: string): string {
  return text
    .replace(/(:(?:\\*\/){2}[^\s/?#:@"'\\]*:)(?!\d{1,5}\b)[^\s/]+@/g, `$1${removed}@`)
    .replace(anyUrl, (_url, scheme: string, rest: string) => {
      const address = rest.replace(login, `${removed}@`)
      const end = address.search(/[?#]/)
      return scheme + (end < 0 ? address : `${address.slice(0, end + 1)}${removed}`)
    })
    .replace(encodedUrl, (_url, scheme: string, rest: string) => {
      const address = rest.replace(encodedLogin, `${removed}@`)
      return scheme + address.replace(encodedQuery, `$1${removed}`)
    })
}

/** A secret's name, also as the end of a longer name (`user_password`), up to its value's quotation mark. */
const beforeValue =
  /(?:(?:passw(?:or)?d|passphrase|(?:access|refresh|security|\bid)[_-]?token|client[_-]?secret|device[_-]?code|(?:raw|agent|api|secret|private)[_-]?key)[\w-]{0,40}|\b(?:token|signature|cookie))\\*["']?\s{0,5}[:=]\s{0,5}(\\*["'])?/gi
/** Without quotation marks. An escaped character, or a quotation mark inside, belongs to the value. */
const unquoted = /(?:\\.|["'](?![\s,}\]):]|$)|[^"'&\s,}\\])+/y

/**
 * Removes values such as `"password":"…"` and `password=…`, also in JSON within JSON. A value without a
 * closing quotation mark ends with its line.
 */
function removeNamedValues(text: string): string {
  let kept = ''
  let end = 0
  for (const match of text.matchAll(beforeValue)) {
    if (match.index < end) continue
    const start = match.index + match[0].length
    const [, quote] = match
    kept += text.slice(end, start)
    end = quote === undefined ? endOfUnquoted(text, start) : endOfQuoted(text, start, quote)
    if (quote !== undefined || end > start) kept += `${removed}${quote ?? ''}`
  }
  return kept + text.slice(end)
}

function endOfUnquoted(text: string, start: number): number {
  unquoted.lastIndex = start
  return unquoted.test(text) ? unquoted.lastIndex : start
}

/**
 * The end of a quoted value, closing mark included. In JSON within JSON the marks of each level have
 * `2 * n + 1` backslashes, where `n` is the number of the level around it. A mark inside the value has one
 * level's more, and escaped backslashes come in multiples of `2 * (n + 1)`.
 */
function endOfQuoted(text: string, start: number, opening: string): number {
  const escapes = opening.length - 1
  const marks = new RegExp(`(?<!\\\\)(\\\\*)${opening.slice(-1)}|\\n`, 'g')
  marks.lastIndex = start
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    const [found, backslashes] = mark
    if (backslashes === undefined) return mark.index
    if ((backslashes.length - escapes) % (2 * (escapes + 1)) === 0) return mark.index + found.length
  }
  return text.length
}

/**
 * Removes the names of home folders, which often are the user's: `/home/ann`, `/Volumes/Disk/Users/ann`,
 * `C:\\Users\\ann` with single or double backslashes (JSON), `/mnt/c/Users/ann` (WSL). This computer's own one
 * may be elsewhere.
 */
function removeHomes(text: string): string {
  const withoutOwn = ownHome ? text.replace(ownHome, '~') : text
  return withoutOwn
    .replace(urlOrPath, (found) => (found.startsWith('/') ? found.replace(home, '$1[person]') : found))
    .replace(windowsHome, '$1[person]')
}

/**
 * A URL, or an absolute path, also that of a `file:` URL or after an escaped line break (JSON). Library paths are
 * relative. Spaces belong to a path if a slash follows.
 */
const urlOrPath =
  /\b(?!file:)[a-z][a-z\d+.-]{0,30}:\/\/[^\s"'<>\\,;()]*|(?:(?<![\w/])|(?<=\\[nrt]))\/[^\s"'<>\\/]*(?:(?: [^\s:"'<>\\/]+)*\/[^\s"'<>\\/]*)*/gi
const home = /(\/(?:home|Users)\/)[^/\s"'<>\\]+/g
const windowsHome =
  /((?:\b[A-Za-z]:|\/mnt\/[a-z])(?:\\{1,2}|\/)Users(?:\\{1,2}|\/))[^\\/"'<>\n]+?(?=\\|\/|["'<>\n]|$)/g

const ownHome = ownHomePattern(homedir())

/** A user without a name, as in a container, has the root folder as home: every path would be in it. */
function ownHomePattern(folder: string): RegExp | null {
  if (folder === parse(folder).root) return null
  return new RegExp(`${escaped(folder)}(?=[\\\\/"'\\s:,;)\\]}]|$)`, 'g')
}

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
