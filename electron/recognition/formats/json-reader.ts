import { isFilledWith } from './byte-source.ts'
import { FormatError } from './parse-result.ts'

const space = 0x20
const quote = 0x22
const backslash = 0x5c
const zero = 0x30
const nine = 0x39

/** The recursion limit of serde_json, which the safetensors library uses. */
const maxDepth = 128

/**
 * Reads JSON sequentially from bytes, which must be valid UTF-8. `JSON.parse` would drop duplicate keys,
 * round numbers beyond 2^53 and build objects of any size; here the caller decides what may come next. Throws
 * `FormatError` at anything else.
 */
export class JsonReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next byte that isn't whitespace, as a character; `''` at the end. */
  peek(): string {
    let byte = this.#bytes[this.#position]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#position += 1
      byte = this.#bytes[this.#position]
    }
    return byte === undefined ? '' : String.fromCharCode(byte)
  }

  expect(character: string): void {
    if (!this.takeIf(character)) throw new FormatError(`"${character}" expected at byte ${this.#position}`)
  }

  takeIf(character: string): boolean {
    if (this.peek() !== character) return false
    this.#position += 1
    return true
  }

  literal(word: string): void {
    this.peek()
    if (this.#bytes.toString('latin1', this.#position, this.#position + word.length) !== word) {
      throw new FormatError(`unknown word at byte ${this.#position}`)
    }
    this.#position += word.length
  }

  /** Calls `each` for every member of an object; it must read the value. */
  members(each: (key: string) => void): void {
    this.expect('{')
    if (this.takeIf('}')) return
    do {
      const key = this.text()
      this.expect(':')
      each(key)
    } while (this.takeIf(','))
    this.expect('}')
  }

  /** Calls `each` for every item of an array; it must read the item. */
  items(each: () => void): void {
    this.expect('[')
    if (this.takeIf(']')) return
    do each()
    while (this.takeIf(','))
    this.expect(']')
  }

  text(): string {
    this.expect('"')
    const begin = this.#position
    let escaped = false
    for (let byte = this.#bytes[this.#position]; byte !== quote; byte = this.#bytes[this.#position]) {
      if (byte === undefined) throw new FormatError('a text without an end')
      if (byte < 0x20) throw new FormatError(`a control character at byte ${this.#position}`)
      if (byte === backslash) escaped = true
      this.#position += byte === backslash ? 2 : 1
    }
    const raw = this.#bytes.toString('utf8', begin, this.#position)
    this.#position += 1
    return escaped ? unescape(raw, begin) : raw
  }

  /** A whole number from 0 to 2^53 − 1, which a JavaScript number holds exactly. */
  wholeNumber(): number {
    this.peek()
    const begin = this.#position
    let value = 0
    for (let byte = this.#bytes[this.#position]; isDigit(byte); byte = this.#bytes[this.#position]) {
      value = value * 10 + byte - zero
      if (value > Number.MAX_SAFE_INTEGER) throw new FormatError(`a number beyond 2^53 at byte ${begin}`)
      this.#position += 1
    }
    const next = this.#bytes[this.#position]
    const leadingZero = this.#bytes[begin] === zero && this.#position > begin + 1
    if (this.#position === begin || leadingZero || next === 0x2e || next === 0x45 || next === 0x65) {
      throw new FormatError(`a whole number expected at byte ${begin}`)
    }
    return value
  }

  /** Skips any value. */
  skip(depth = 0): void {
    if (depth > maxDepth) throw new FormatError('nested too deeply')
    const next = this.peek()
    if (next === '{') this.members(() => this.skip(depth + 1))
    else if (next === '[') this.items(() => this.skip(depth + 1))
    else if (next === '"') this.text()
    else if (next === 't') this.literal('true')
    else if (next === 'f') this.literal('false')
    else if (next === 'n') this.literal('null')
    else this.#skipNumber()
  }

  /** Requires that only whitespace follows. */
  end(): void {
    // Padding may have megabytes.
    if (isFilledWith(this.#bytes.subarray(this.#position), space)) return
    if (this.peek() !== '') throw new FormatError(`something after the end at byte ${this.#position}`)
  }

  #skipNumber(): void {
    const begin = this.#position
    // Every finite double fits in 400 characters.
    const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(
      this.#bytes.toString('latin1', begin, begin + 400),
    )?.[0]
    if (!number) throw new FormatError(`a value expected at byte ${begin}`)
    this.#position += number.length
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= zero && byte <= nine
}

function unescape(raw: string, begin: number): string {
  try {
    const text: unknown = JSON.parse(`"${raw}"`)
    if (typeof text === 'string' && text.isWellFormed()) return text
  } catch {
    // reported below
  }
  throw new FormatError(`a broken escape after byte ${begin}`)
}
