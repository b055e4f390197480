import { isFilledWith } from './byte-source.ts'
import { FormatError } from './parse-result.ts'

const space = 0x20
const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const comma = 0x2c
const colon = 0x3a
const openingBracket = 0x5b
const closingBracket = 0x5d
const openingBrace = 0x7b
const closingBrace = 0x7d

/**
 * The recursion limit of serde_json (de.rs, `remaining_depth`), which the safetensors library uses: the 128th
 * container is one too many.
 */
const maxDepth = 127

/** A slice of the bytes: a text without its quotes, escapes included. */
export interface TextRange {
  readonly start: number
  readonly end: number
  readonly isEscaped: boolean
}

/**
 * Reads JSON sequentially from bytes, which must be valid UTF-8. `JSON.parse` would drop duplicate keys,
 * round numbers beyond 2^53 and build objects of any size; here the caller decides what may come next, and
 * texts are built only on request. Throws `FormatError` at anything else.
 */
export class JsonReader {
  readonly #bytes: Buffer
  readonly #words = new WordCache()
  #position = 0
  #depth = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next byte that isn't whitespace, or -1 at the end. */
  peek(): number {
    const bytes = this.#bytes
    let position = this.#position
    while (position < bytes.length) {
      const byte = bytes[position] as number
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.#position = position
        return byte
      }
      position += 1
    }
    this.#position = position
    return -1
  }

  /**
   * Begins an object and reads up to its first value. Returns the key, or null for an empty object. The
   * caller reads the value and then calls `nextMember`.
   */
  firstMember(): TextRange | null {
    this.#open(openingBrace)
    if (this.#closes(closingBrace)) return null
    return this.#key()
  }

  /** Reads up to the next value of the object; null at its end. */
  nextMember(): TextRange | null {
    return this.#continues(closingBrace) ? this.#key() : null
  }

  /** Begins an array; false if it is empty. */
  firstItem(): boolean {
    this.#open(openingBracket)
    return !this.#closes(closingBracket)
  }

  /** Whether the array has another item. */
  nextItem(): boolean {
    return this.#continues(closingBracket)
  }

  /** Reads and checks a text without building it. */
  textRange(): TextRange {
    this.#expect(quote)
    const bytes = this.#bytes
    const start = this.#position
    const end = bytes.length
    let position = start
    let isEscaped = false
    for (;;) {
      if (position >= end) throw new FormatError('a text without an end')
      const byte = bytes[position] as number
      if (byte === quote) break
      if (byte < 0x20) throw new FormatError(`a control character at byte ${position}`)
      if (byte === backslash) {
        isEscaped = true
        position = this.#escapeEnd(position)
      } else position += 1
    }
    this.#position = position + 1
    return { start, end: position, isEscaped }
  }

  text(): string {
    return this.textOf(this.textRange())
  }

  textOf({ start, end, isEscaped }: TextRange): string {
    const raw = this.#bytes.toString('utf8', start, end)
    // Its escapes were checked when it was read.
    return isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw
  }

  /** The text of a range that is likely to be the same as earlier ones: a string that may be shared. */
  wordOf(range: TextRange): string {
    return range.isEscaped ? this.textOf(range) : this.#words.get(this.#bytes, range.start, range.end)
  }

  /** A whole number from 0 to 2^53 − 1, which a JavaScript number holds exactly. */
  wholeNumber(): number {
    this.peek()
    const bytes = this.#bytes
    const start = this.#position
    let position = start
    let value = 0
    while (position < bytes.length) {
      const digit = (bytes[position] as number) - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      if (value > Number.MAX_SAFE_INTEGER) throw new FormatError(`a number beyond 2^53 at byte ${start}`)
      position += 1
    }
    this.#position = position
    const next = bytes[position]
    const leadingZero = bytes[start] === zero && position > start + 1
    if (position === start || leadingZero || next === dot || next === 0x45 || next === 0x65) {
      throw new FormatError(`a whole number expected at byte ${start}`)
    }
    return value
  }

  /** Skips any value. */
  skip(): void {
    const next = this.peek()
    if (next === openingBrace) {
      for (let key = this.firstMember(); key; key = this.nextMember()) this.skip()
    } else if (next === openingBracket) {
      for (let more = this.firstItem(); more; more = this.nextItem()) this.skip()
    } else if (next === quote) this.textRange()
    else if (next === 0x74) this.literal('true')
    else if (next === 0x66) this.literal('false')
    else if (next === 0x6e) this.literal('null')
    else this.#skipNumber()
  }

  literal(word: string): void {
    this.peek()
    if (this.#bytes.toString('latin1', this.#position, this.#position + word.length) !== word) {
      throw new FormatError(`unknown word at byte ${this.#position}`)
    }
    this.#position += word.length
  }

  /** Requires that only whitespace follows. */
  end(): void {
    // Padding may have megabytes.
    if (isFilledWith(this.#bytes.subarray(this.#position), space)) return
    if (this.peek() >= 0) throw new FormatError(`something after the end at byte ${this.#position}`)
  }

  #open(bracket: number): void {
    this.#expect(bracket)
    this.#depth += 1
    if (this.#depth > maxDepth) throw new FormatError('nested too deeply')
  }

  #closes(bracket: number): boolean {
    if (this.peek() !== bracket) return false
    this.#position += 1
    this.#depth -= 1
    return true
  }

  #continues(closing: number): boolean {
    if (this.peek() === comma) {
      this.#position += 1
      return true
    }
    this.#expect(closing)
    this.#depth -= 1
    return false
  }

  #key(): TextRange {
    const range = this.textRange()
    this.#expect(colon)
    return range
  }

  #expect(byte: number): void {
    if (this.peek() !== byte) {
      throw new FormatError(`"${String.fromCharCode(byte)}" expected at byte ${this.#position}`)
    }
    this.#position += 1
  }

  /** Checks the escape at this position and returns the position behind it. */
  #escapeEnd(start: number): number {
    const kind = this.#bytes[start + 1]
    if (kind === 0x75) {
      const unit = this.#hexUnit(start + 2)
      if (unit < 0xd800 || unit > 0xdfff) return start + 6
      const isPair = unit < 0xdc00 && this.#bytes[start + 6] === backslash && this.#bytes[start + 7] === 0x75
      const second = isPair ? this.#hexUnit(start + 8) : 0
      if (second < 0xdc00 || second > 0xdfff) throw new FormatError(`a broken escape at byte ${start}`)
      return start + 12
    }
    if (kind === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(kind))) {
      throw new FormatError(`a broken escape at byte ${start}`)
    }
    return start + 2
  }

  #hexUnit(start: number): number {
    const digits = this.#bytes.toString('latin1', start, start + 4)
    if (!/^[\da-f]{4}$/i.test(digits)) throw new FormatError(`a broken escape at byte ${start - 2}`)
    return Number.parseInt(digits, 16)
  }

  /** A number that serde_json accepts: its value as a double must be finite. */
  #skipNumber(): void {
    const start = this.#position
    let position = this.#bytes[start] === minus ? start + 1 : start
    const wholeEnd = this.#digitsEnd(position)
    const hasWhole = wholeEnd > position && (this.#bytes[position] !== zero || wholeEnd === position + 1)
    if (!hasWhole) throw new FormatError(`a value expected at byte ${start}`)
    position = wholeEnd
    if (this.#bytes[position] === dot) position = this.#someDigitsEnd(position + 1)
    const exponent = this.#bytes[position]
    if (exponent === 0x45 || exponent === 0x65) {
      const sign = this.#bytes[position + 1]
      position = this.#someDigitsEnd(position + (sign === minus || sign === 0x2b ? 2 : 1))
    }
    this.#position = position
    if (!Number.isFinite(Number(this.#bytes.toString('latin1', start, position)))) {
      throw new FormatError(`a number out of range at byte ${start}`)
    }
  }

  #digitsEnd(start: number): number {
    let position = start
    while (position < this.#bytes.length) {
      const byte = this.#bytes[position] as number
      if (byte < zero || byte > nine) break
      position += 1
    }
    return position
  }

  #someDigitsEnd(start: number): number {
    const end = this.#digitsEnd(start)
    if (end === start) throw new FormatError(`a digit expected at byte ${start}`)
    return end
  }
}

const maxWords = 64
const maxWordBytes = 32

/** Strings by their bytes, so that a field name that occurs a million times is built once. */
class WordCache {
  readonly #words: { readonly bytes: Buffer; readonly text: string }[] = []

  get(source: Buffer, start: number, end: number): string {
    for (const { bytes, text } of this.#words) {
      if (bytes.length !== end - start) continue
      let at = 0
      while (at < bytes.length && bytes[at] === source[start + at]) at += 1
      if (at === bytes.length) return text
    }
    const text = source.toString('utf8', start, end)
    if (this.#words.length < maxWords && end - start <= maxWordBytes) {
      this.#words.push({ bytes: Buffer.from(source.subarray(start, end)), text })
    }
    return text
  }
}
