import { HeaderDamage } from './header.ts'

/** Bytes that can be asked for anywhere: a file, or what was unpacked of one. */
export interface ByteSource {
  readonly sizeBytes: number
  /** Fewer bytes than asked for only at the end. */
  read(position: number, length: number): Promise<Buffer>
}

export function sourceOf(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  }
}

/** Bytes fetched at a time: what is skipped between two fetches is never read. */
const pieceBytes = 64 * 1024

/**
 * Goes through a source once, front to back, and holds a small piece of it. `ensure` may wait for the disk; the readers
 * after it don't. Beyond the end everything throws `HeaderDamage`.
 */
export class ByteWindow {
  /** Bytes taken so far that were really fetched, not skipped. */
  fetchedBytes = 0
  readonly end: number
  readonly #source: ByteSource
  #piece: Buffer = Buffer.alloc(0)
  #start: number
  #at = 0

  constructor(source: ByteSource, start = 0, end = source.sizeBytes) {
    this.#source = source
    this.#start = start
    this.end = Math.min(end, source.sizeBytes)
  }

  get position(): number {
    return this.#start + this.#at
  }

  get leftBytes(): number {
    return this.end - this.position
  }

  /** Whether that many bytes can be read without waiting. */
  has(count: number): boolean {
    return this.#at + count <= this.#piece.length
  }

  async ensure(count: number): Promise<void> {
    if (this.has(count)) return
    if (count > this.leftBytes) throw new HeaderDamage('it ends in the middle')
    const start = this.position
    const length = Math.min(Math.max(count, pieceBytes), this.leftBytes)
    this.#piece = await this.#source.read(start, length)
    this.#start = start
    this.#at = 0
    this.fetchedBytes += this.#piece.length
    if (this.#piece.length < count) throw new HeaderDamage('it ends in the middle')
  }

  /** Fetches a piece unless some bytes are at hand, or none is left. */
  async top(count: number): Promise<void> {
    if (!this.has(count)) await this.ensure(Math.min(count, this.leftBytes))
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
  /** Beyond 2^53 nothing on a disk is that long. */
  u64(): number {
    const value = this.take(8).readBigUInt64LE(0)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new HeaderDamage('a length beyond 2^53')
    return Number(value)
  }

  /** The next bytes, which must be at hand. */
  take(count: number): Buffer {
    if (!this.has(count)) throw new HeaderDamage('it ends in the middle')
    const bytes = this.#piece.subarray(this.#at, this.#at + count)
    this.#at += count
    return bytes
  }

  /** The next bytes, which must be at hand, without passing over them. */
  peek(count: number): Buffer {
    const bytes = this.take(count)
    this.#at -= count
    return bytes
  }

  /** Passes over bytes; those that are not at hand are not read. */
  skip(count: number): void {
    if (count > this.leftBytes) throw new HeaderDamage('it ends in the middle')
    if (this.has(count)) {
      this.#at += count
      return
    }
    this.#start = this.position + count
    this.#piece = Buffer.alloc(0)
    this.#at = 0
  }

  /** Bytes up to a line feed, which is passed over; longer lines than `most` are damage. */
  async line(most: number): Promise<Buffer> {
    await this.top(most)
    const end = this.#piece.indexOf(0x0a, this.#at)
    if (end < 0 || end - this.#at > most) throw new HeaderDamage('a line without an end')
    const bytes = this.#piece.subarray(this.#at, end)
    this.#at = end + 1
    return bytes
  }
}
