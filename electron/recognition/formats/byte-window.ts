import type { ByteSource } from './byte-source.ts'
import { FormatError } from './parse-result.ts'

/** Bytes fetched at a time. Bytes skipped between two fetches are never read. */
const chunkBytes = 64 * 1024

const endsTooEarly = 'it ends in the middle'

/**
 * Reads a source sequentially through a small buffer. Only `ensure`, `fill` and `line` wait for the disk; the
 * other reads need their bytes to be buffered. Reading beyond the end throws `FormatError`.
 */
export class ByteWindow {
  /** Bytes read from the source so far, without skipped ones. */
  fetchedBytes = 0
  readonly end: number
  readonly #source: ByteSource
  #buffer: Buffer = Buffer.alloc(0)
  #bufferStart: number
  #offset = 0

  constructor(source: ByteSource, start = 0, end = source.sizeBytes) {
    this.#source = source
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
    const length = Math.min(Math.max(count, chunkBytes), this.remainingBytes)
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
    return this.take(1)[0] ?? 0
  }
  u16(): number {
    return this.take(2).readUInt16LE(0)
  }
  u32(): number {
    return this.take(4).readUInt32LE(0)
  }
  i32(): number {
    return this.take(4).readInt32LE(0)
  }
  /** A length in bytes: no file is longer than 2^53. */
  u64(): number {
    const value = this.take(8).readBigUInt64LE(0)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('a length beyond 2^53')
    return Number(value)
  }

  /** Consumes the next bytes, which must be buffered. */
  take(count: number): Buffer {
    if (!this.has(count)) throw new FormatError(endsTooEarly)
    const bytes = this.#buffer.subarray(this.#offset, this.#offset + count)
    this.#offset += count
    return bytes
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
   * Consumes a line and its line feed, and returns the line without it. Lines over `maxBytes` are malformed.
   */
  async line(maxBytes: number): Promise<Buffer> {
    await this.fill(maxBytes)
    const end = this.#buffer.indexOf(0x0a, this.#offset)
    if (end < 0 || end - this.#offset > maxBytes) throw new FormatError('a line without an end')
    const bytes = this.#buffer.subarray(this.#offset, end)
    this.#offset = end + 1
    return bytes
  }
}
