import { HeaderDamage } from './header.ts'

const quote = 0x22
const backslash = 0x5c
const zero = 0x30
const nine = 0x39

/** As serde_json, which the safetensors library reads with (its recursion limit). */
const deepest = 128

/**
 * Reads JSON straight from bytes, which must be valid UTF-8. `JSON.parse` would drop duplicate keys, round numbers beyond
 * 2^53 and build whatever a hostile header asks for; this one lets the caller say what may come next.
 */
export class JsonBytes {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next byte that isn't blank, as a character; `''` at the end. */
  peek(): string {
    let byte = this.#bytes[this.#at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#at += 1
      byte = this.#bytes[this.#at]
    }
    return byte === undefined ? '' : String.fromCharCode(byte)
  }

  take(character: string): void {
    if (!this.takeIf(character)) throw new HeaderDamage(`"${character}" expected at byte ${this.#at}`)
  }

  takeIf(character: string): boolean {
    if (this.peek() !== character) return false
    this.#at += 1
    return true
  }

  word(word: string): void {
    this.peek()
    if (this.#bytes.toString('latin1', this.#at, this.#at + word.length) !== word) {
      throw new HeaderDamage(`unknown word at byte ${this.#at}`)
    }
    this.#at += word.length
  }

  /** Calls back for each member of an object; the callback must read the value. */
  members(each: (key: string) => void): void {
    this.take('{')
    if (this.takeIf('}')) return
    do {
      const key = this.text()
      this.take(':')
      each(key)
    } while (this.takeIf(','))
    this.take('}')
  }

  /** Calls back for each item of an array; the callback must read it. */
  items(each: () => void): void {
    this.take('[')
    if (this.takeIf(']')) return
    do each()
    while (this.takeIf(','))
    this.take(']')
  }

  text(): string {
    this.take('"')
    const begin = this.#at
    let escaped = false
    for (let byte = this.#bytes[this.#at]; byte !== quote; byte = this.#bytes[this.#at]) {
      if (byte === undefined) throw new HeaderDamage('a text without an end')
      if (byte < 0x20) throw new HeaderDamage(`a control character at byte ${this.#at}`)
      if (byte === backslash) escaped = true
      this.#at += byte === backslash ? 2 : 1
    }
    const raw = this.#bytes.toString('utf8', begin, this.#at)
    this.#at += 1
    return escaped ? unescape(raw, begin) : raw
  }

  /** A whole number from 0 to 2^53 − 1: more than any disk holds, and exact. */
  natural(): number {
    this.peek()
    const begin = this.#at
    let value = 0
    for (let byte = this.#bytes[this.#at]; isDigit(byte); byte = this.#bytes[this.#at]) {
      value = value * 10 + byte - zero
      if (value > Number.MAX_SAFE_INTEGER) throw new HeaderDamage(`a number beyond 2^53 at byte ${begin}`)
      this.#at += 1
    }
    const next = this.#bytes[this.#at]
    const leadingZero = this.#bytes[begin] === zero && this.#at > begin + 1
    if (this.#at === begin || leadingZero || next === 0x2e || next === 0x45 || next === 0x65) {
      throw new HeaderDamage(`a whole number expected at byte ${begin}`)
    }
    return value
  }

  /** Passes over any value. */
  skip(depth = 0): void {
    if (depth > deepest) throw new HeaderDamage('nested too deeply')
    const next = this.peek()
    if (next === '{') this.members(() => this.skip(depth + 1))
    else if (next === '[') this.items(() => this.skip(depth + 1))
    else if (next === '"') this.text()
    else if (next === 't') this.word('true')
    else if (next === 'f') this.word('false')
    else if (next === 'n') this.word('null')
    else this.#skipNumber()
  }

  /** Nothing but blanks may follow. */
  end(): void {
    if (this.peek() !== '') throw new HeaderDamage(`something after the end at byte ${this.#at}`)
  }

  #skipNumber(): void {
    const begin = this.#at
    // 400 characters hold every finite double written out in full.
    const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(
      this.#bytes.toString('latin1', begin, begin + 400),
    )?.[0]
    if (!number) throw new HeaderDamage(`a value expected at byte ${begin}`)
    this.#at += number.length
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
    // said below
  }
  throw new HeaderDamage(`a broken escape after byte ${begin}`)
}
