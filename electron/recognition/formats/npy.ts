import type { ByteWindow } from './byte-window.ts'
import { FormatError, tryParseAsync, type ParseResult } from './parse-result.ts'

/** Begins every array that `numpy.save` wrote (numpy/lib/_format_impl.py, MAGIC_PREFIX). */
const npyMagic = Buffer.from('\u0093NUMPY', 'latin1')

export function isNpyStart(bytes: Buffer): boolean {
  return bytes.subarray(0, npyMagic.length).equals(npyMagic)
}

/** Our own limit: the header of an array with hundreds of fields is below 10 KB. */
const maxHeaderBytes = 64 * 1024

/**
 * Reads an array's header and moves the window to its elements. The value is their size in bytes, or null
 * if they may be Python objects, which numpy stores as a pickle.
 */
export function readNpyHeader(window: ByteWindow): Promise<ParseResult<number | null>> {
  return tryParseAsync(async () => {
    await window.ensure(npyMagic.length + 2)
    if (!isNpyStart(window.take(npyMagic.length))) throw new FormatError('it is no array of numpy')
    const version = window.u8()
    if (version < 1 || version > 3 || window.u8() !== 0)
      throw new FormatError('an array of an unknown version')
    await window.ensure(version === 1 ? 2 : 4)
    const headerBytes = version === 1 ? window.u16() : window.u32()
    if (headerBytes > maxHeaderBytes) throw new FormatError('the header of an array is too long')
    await window.ensure(headerBytes)
    return elementsSize(window.take(headerBytes).toString('utf8'))
  })
}

function elementsSize(text: string): number | null {
  const header = new LiteralReader(text).readWhole()
  if (!(header instanceof Map) || header.size !== 3 || typeof header.get('fortran_order') !== 'boolean') {
    throw new FormatError('an array with another header')
  }
  const count = product(header.get('shape'))
  const itemBytes = itemSize(header.get('descr'))
  if (count === null) throw new FormatError('an array without a shape')
  return itemBytes === null ? null : safeProduct(count, itemBytes)
}

/** Size of numbers and dates in bytes by numpy's codes, which contain it (numpy/_core/_dtype.py). */
const numberBytes = new Map(
  'b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 f12 f16 c8 c16 c24 c32 m8 M8'
    .split(' ')
    .map((code) => [code, Number(code.slice(1))]),
)

/** Size of one element in bytes; null for objects and for types that are not known to be without them. */
function itemSize(description: Literal | undefined): number | null {
  if (typeof description === 'string') return plainSize(description)
  if (!Array.isArray(description)) return null
  let total = 0
  for (const field of description) {
    const size = fieldSize(field)
    if (size === null) return null
    total += size
  }
  return total
}

function plainSize(type: string): number | null {
  const text = /^[<>|=]?([SUV])(\d{1,9})$/.exec(type)
  if (text) return Number(text[2]) * (text[1] === 'U' ? 4 : 1)
  return numberBytes.get(/^[<>|=]?(\w\d+)(?:\[\w+\])?$/.exec(type)?.[1] ?? '') ?? null
}

/** A field has a name, a type, and optionally the shape of its values. */
function fieldSize(field: Literal | undefined): number | null {
  if (!Array.isArray(field) || field.length < 2 || field.length > 3) return null
  const size = itemSize(field[1])
  const count = field.length === 3 ? product(field[2]) : 1
  return size === null || count === null ? null : safeProduct(size, count)
}

/** The product of a tuple of numbers, or null if it is none. */
function product(shape: Literal | undefined): number | null {
  if (!Array.isArray(shape)) return null
  let total = 1
  for (const length of shape) {
    if (typeof length !== 'number') return null
    total = safeProduct(total, length)
  }
  return total
}

function safeProduct(one: number, other: number): number {
  if (!Number.isSafeInteger(one * other)) throw new FormatError('an array beyond 2^53 bytes')
  return one * other
}

type Literal = string | number | boolean | readonly Literal[] | ReadonlyMap<string, Literal>

const maxDepth = 20

/**
 * Parses the part of Python's literals that numpy writes into a header: texts without escapes, whole numbers,
 * truth values, tuples, lists, and dicts with text keys. Tuples and lists become arrays.
 */
class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readWhole(): Literal {
    const value = this.#value(0)
    if (this.#skipSpace() !== undefined) this.#fail()
    return value
  }

  #value(depth: number): Literal {
    if (depth > maxDepth) this.#fail()
    const start = this.#skipSpace()
    if (start === '(' || start === '[') return this.#items(start === '(' ? ')' : ']', depth)
    if (start === '{') return this.#dict(depth)
    const token = /(?:'[^'\\\n]*'|"[^"\\\n]*"|\d{1,16}L?|True|False)/y
    token.lastIndex = this.#at
    const found = token.exec(this.#text)?.[0]
    if (found === undefined) return this.#fail()
    this.#at += found.length
    if (found === 'True' || found === 'False') return found === 'True'
    return /^\d/.test(found) ? Number(found.replace('L', '')) : found.slice(1, -1)
  }

  #items(end: string, depth: number): Literal[] {
    const items: Literal[] = []
    this.#at += 1
    while (this.#skipSpace() !== end) {
      items.push(this.#value(depth + 1))
      if (this.#skipSpace() === ',') this.#at += 1
      else if (this.#skipSpace() !== end) this.#fail()
    }
    this.#at += 1
    return items
  }

  #dict(depth: number): Map<string, Literal> {
    const entries = new Map<string, Literal>()
    this.#at += 1
    while (this.#skipSpace() !== '}') {
      const key = this.#value(depth + 1)
      if (typeof key !== 'string' || entries.has(key) || this.#skipSpace() !== ':') return this.#fail()
      this.#at += 1
      entries.set(key, this.#value(depth + 1))
      if (this.#skipSpace() === ',') this.#at += 1
      else if (this.#skipSpace() !== '}') this.#fail()
    }
    this.#at += 1
    return entries
  }

  /** The next character that is no space, or undefined at the end. */
  #skipSpace(): string | undefined {
    while (/^[ \n]$/.test(this.#text[this.#at] ?? '')) this.#at += 1
    return this.#text[this.#at]
  }

  #fail(): never {
    throw new FormatError('an array with another header')
  }
}
