import { HeaderDamage } from './header.ts'

/** The bytes at hand end before the header does, and the file goes on. */
export class NeedsMore extends Error {
  override readonly name = 'NeedsMore'
}

/** Reads numbers and texts one after the other, and tells a file that ends from a buffer that ends. */
export class ByteCursor {
  at = 0
  littleEndian = true
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #fileBytes: number

  constructor(bytes: Buffer, fileBytes: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fileBytes = fileBytes
  }

  pass(count: number): void {
    const end = this.at + count
    if (!Number.isSafeInteger(end) || end > this.#fileBytes) {
      throw new HeaderDamage('the file ends inside its header')
    }
    if (end > this.#bytes.length) throw new NeedsMore()
    this.at = end
  }

  u32(): number {
    const at = this.at
    this.pass(4)
    return this.#view.getUint32(at, this.littleEndian)
  }

  /** A number that stands for itself and may be any. */
  big64(): bigint {
    const at = this.at
    this.pass(8)
    return this.#view.getBigUint64(at, this.littleEndian)
  }

  /** A number that counts bytes or values: no disk holds more than 2^53. */
  u64(): number {
    const value = this.big64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new HeaderDamage('a number beyond 2^53')
    return Number(value)
  }

  text(): string {
    const length = this.u64()
    const at = this.at
    this.pass(length)
    return this.#bytes.toString('utf8', at, at + length)
  }
}
