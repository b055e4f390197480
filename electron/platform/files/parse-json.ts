/** Our own limit: real files nest about ten levels. */
export const maxJsonDepth = 128
/**
 * Our own limit of objects and arrays: each takes about 150 bytes of memory and as little as 3 bytes of text.
 * The largest files that are read have far fewer (100,000 receipts: 600,000).
 */
const maxJsonContainers = 1_000_000

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const zero = 0x30
const space = 0x20
/** Python writes these words, which JSON doesn't allow, by their first byte. */
const pythonNumbers: Readonly<Record<number, string>> = { 0x4e: 'NaN', 0x49: 'Infinity' }

/**
 * Parses JSON from a file that may be hostile. Undefined if it isn't JSON, has more than `maxBytes`, a
 * million objects and arrays, or nests deeper than `maxJsonDepth`, which is checked on the bytes: `JSON.parse`
 * builds values of any depth and takes 50 times the memory of the text. Reads the NaN and Infinity that Python
 * writes as 0, and ignores a byte order mark.
 */
export function parseJson(bytes: Buffer, maxBytes: number): unknown {
  if (bytes.length > maxBytes) return undefined
  const checked = withoutPythonNumbers(bytes)
  if (checked === null) return undefined
  try {
    return JSON.parse(checked.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

/**
 * The same JSON without NaN and Infinity, or null if it nests too deeply or has too many objects and arrays.
 * Copies only what it changes.
 */
function withoutPythonNumbers(bytes: Buffer): Buffer | null {
  let changed: Buffer | null = null
  let depth = 0
  let containers = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === quote) at = endOfText(bytes, at)
    else if (byte === openBracket || byte === openBrace) {
      depth += 1
      containers += 1
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1
    else if (isPythonNumber(bytes, at)) {
      changed ??= Buffer.from(bytes)
      const length = pythonNumbers[byte]?.length ?? 0
      changed.fill(space, at, at + length)
      changed[at] = zero
      at += length - 1
    }
    if (depth > maxJsonDepth || containers > maxJsonContainers) return null
  }
  return changed ?? bytes
}

/** The position of the closing quote, or the end of the bytes. */
function endOfText(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

function isPythonNumber(bytes: Buffer, at: number): boolean {
  const word = pythonNumbers[bytes[at] ?? 0]
  return (
    word !== undefined &&
    /[[:,\s-]/.test(String.fromCharCode(bytes[at - 1] ?? 0)) &&
    bytes.toString('latin1', at, at + word.length) === word
  )
}
