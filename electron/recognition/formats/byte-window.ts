import type { ByteSource } from './byte-source.ts'
import { FormatError, UndecidedError } from './parse-result.ts'

/** Bytes fetched at a time. Bytes skipped between two fetches are never read. */
const maxChunkBytes = 64 * 1024

const endsTooEarly = 'it ends in the middle'

/** A line, or the beginning of one that is too long to be held. */
interface Line {
  readonly start: Buffer
  readonly isWhole: boolean
  /** False if the content ends before a line feed. */
  readonly hasEnd: boolean
}

/**
 * Reads a source sequentially through a small buffer. Only `ensure`, `fill` and `line` wait for the disk; the
 * other reads need their bytes to be buffered. Reading beyond the end throws `FormatError`.
 */
export class ByteWindow {
  /** Bytes read from the source so far, without skipped ones. */
  fetchedBytes = 0
  readonly end: number
  /** Byte order of `u32`, `u64` and `bigU64`. */
  isLittleEndian = true
  readonly #source: ByteSource
  #buffer: Buffer = Buffer.alloc(0)
  #bufferStart: number
  #offset = 0
  #chunkBytes: number

  /** `firstChunkBytes`: fewer bytes for content that usually ends within its first ones. */
  constructor(source: ByteSource, start = 0, end = source.sizeBytes, firstChunkBytes = maxChunkBytes) {
    this.#source = source
    this.#chunkBytes = firstChunkBytes
    this.#bufferStart = start
    this.end = Math.min(end, source.sizeBytes)
  }

  get position(): number {
    return this.#bufferStart + this.#offset
  }

  get remainingBytes(): number {
    return this.end - this.position
  }

  /** Whether that many bytes are buffered. */
  has(count: number): boolean {
    return this.#offset + count <= this.#buffer.length
  }

  async ensure(count: number): Promise<void> {
    if (this.has(count)) return
    if (count > this.remainingBytes) throw new FormatError(endsTooEarly)
    const start = this.position
    const length = Math.min(Math.max(count, this.#chunkBytes), this.remainingBytes)
    this.#chunkBytes = Math.min(this.#chunkBytes * 8, maxChunkBytes)
    this.#buffer = await this.#source.read(start, length)
    this.#bufferStart = start
    this.#offset = 0
    this.fetchedBytes += this.#buffer.length
    if (this.#buffer.length < count) throw new FormatError(endsTooEarly)
  }

  /** Buffers that many bytes, or as many as remain. */
  async fill(count: number): Promise<void> {
    if (!this.has(count)) await this.ensure(Math.min(count, this.remainingBytes))
  }

  u8(): number {
    return this.#buffer[this.#consume(1)] ?? 0
  }
  u16(): number {
    return this.#buffer.readUInt16LE(this.#consume(2))
  }
  u32(): number {
    const at = this.#consume(4)
    return this.isLittleEndian ? this.#buffer.readUInt32LE(at) : this.#buffer.readUInt32BE(at)
  }
  i32(): number {
    return this.#buffer.readInt32LE(this.#consume(4))
  }
  /** A length in bytes: no file is longer than 2^53. */
  u64(): number {
    const at = this.#consume(8)
    const low = this.isLittleEndian ? this.#buffer.readUInt32LE(at) : this.#buffer.readUInt32BE(at + 4)
    const high = this.isLittleEndian ? this.#buffer.readUInt32LE(at + 4) : this.#buffer.readUInt32BE(at)
    if (high > 0x1f_ffff) throw new FormatError('a number beyond 2^53')
    return high * 2 ** 32 + low
  }
  /** A number of any size. */
  bigU64(): bigint {
    const at = this.#consume(8)
    return this.isLittleEndian ? this.#buffer.readBigUInt64LE(at) : this.#buffer.readBigUInt64BE(at)
  }

  /** Consumes the next bytes, which must be buffered. */
  take(count: number): Buffer {
    const at = this.#consume(count)
    return this.#buffer.subarray(at, at + count)
  }

  /** The next bytes, which must be buffered, without consuming them. */
  peek(count: number): Buffer {
    const bytes = this.take(count)
    this.#offset -= count
    return bytes
  }

  /** Skips bytes without reading those that are not buffered. */
  skip(count: number): void {
    if (count > this.remainingBytes) throw new FormatError(endsTooEarly)
    if (this.has(count)) {
      this.#offset += count
      return
    }
    this.#bufferStart = this.position + count
    this.#buffer = Buffer.alloc(0)
    this.#offset = 0
  }

  /**
   * Consumes a line and its line feed, or all that remains, and returns up to `maxHeldBytes` of it. Lines over
   * `maxBytes` are not read to their end.
   */
  async line(maxHeldBytes: number, maxBytes: number): Promise<Line> {
    const position = this.position
    let start: Buffer | null = null
    for (;;) {
      const end = this.#buffer.indexOf(0x0a, this.#offset)
      if (end >= 0) {
        const bytes = this.#buffer.subarray(this.#offset, end)
        this.#offset = end + 1
        return lineOf(start, bytes, maxHeldBytes, true)
      }
      const bufferedBytes = this.#buffer.length - this.#offset
      if (bufferedBytes === this.remainingBytes)
        return lineOf(start, this.take(bufferedBytes), maxHeldBytes, false)
      if (this.position - position > maxBytes) throw new UndecidedError('a line is too long to be read')
      if (bufferedBytes > maxHeldBytes) {
        start ??= this.#buffer.subarray(this.#offset, this.#offset + maxHeldBytes)
        this.skip(bufferedBytes)
      }
      await this.ensure(start === null ? bufferedBytes + 1 : 1)
    }
  }

  /** Moves behind the next bytes and returns their index in the buffer. */
  #consume(count: number): number {
    const at = this.#offset
    if (at + count > this.#buffer.length) throw new FormatError(endsTooEarly)
    this.#offset = at + count
    return at
  }
}

/** A line of which `start` was held before, or null, and these are the last bytes. */
function lineOf(start: Buffer | null, last: Buffer, maxHeldBytes: number, hasEnd: boolean): Line {
  const isWhole = start === null && last.length <= maxHeldBytes
  return { start: start ?? last.subarray(0, maxHeldBytes), isWhole, hasEnd }
}
