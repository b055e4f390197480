import type { ByteSource } from './byte-source.ts'
import { ByteWindow } from './byte-window.ts'
import { ggmlTypes, quantisationNames } from './gguf-types.ts'
import { TensorTable, type Header } from './header.ts'
import { FormatError, tryParseAsync, type ParseResult } from './parse-result.ts'

/** "GGUF", the first four bytes (ggml, docs/gguf.md). */
export const ggufMagic = Buffer.from('GGUF', 'latin1')

/** Our own limit, the same as that of safetensors. Tokenizers make headers of about 10 MB. */
const maxHeaderBytes = 100_000_000

/** Bytes of scalar metadata values by their type number (docs/gguf.md, `gguf_metadata_value_type`). */
const scalarBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}
const u32Type = 4
const i32Type = 5
const textType = 8
const arrayType = 9
const u64Type = 10

/** Of metadata keys (docs/gguf.md); tensor names have 63 in ggml and up to 159 in stable-diffusion.cpp. */
const maxNameBytes = 65_535
/** Our own limit: models have about 50. */
const maxMetadataKeys = 100_000
/** Longer texts are not kept: chat templates have some ten kilobytes. */
const maxValueBytes = 1_000_000

const alignmentKey = 'general.alignment'
/** GGUF_DEFAULT_ALIGNMENT (ggml, gguf.h). */
const defaultAlignment = 32

/**
 * Metadata key before the name of a tensor with more than four dimensions (ComfyUI-GGUF, tools/convert.py).
 */
const shapeKey = 'comfy.gguf.orig_shape.'

/** ggml has four; other tools write five for video models. */
const maxDimensions = 8
/** The most that the fields behind a tensor's name take: dimensions with their number, type and offset. */
const tensorFieldBytes = 4 + maxDimensions * 8 + 4 + 8

export interface GgufHeader extends Header {
  /** Where the last tensor ends, or begins if its type has no known size: the smallest size of a whole file. */
  readonly minFileBytes: number
  /** Such as `Q4_K_M`, or null when the file doesn't have it. */
  readonly quantisation: string | null
}

/**
 * Parses a GGUF header by the rules of its reference implementation (ggml, gguf.cpp,
 * `gguf_init_from_reader`), except that more dimensions and longer names are accepted. Reads the source once
 * from its start. Rejects only with the file system's errors.
 */
export function parseGguf(source: ByteSource): Promise<ParseResult<GgufHeader>> {
  return tryParseAsync(() => new GgufReader(source).read())
}

class GgufReader {
  readonly #window: ByteWindow
  readonly #metadata = new Map<string, string>()
  readonly #tensors = new TensorTable()
  #alignment = defaultAlignment
  #hasShapes = false
  /** The last tensor that was read, with its offset in the data. Its size is null if its type is unknown. */
  #last: { readonly dtype: string; readonly offset: number; readonly sizeBytes: number | null } | null = null

  constructor(source: ByteSource) {
    this.#window = new ByteWindow(source)
  }

  async read(): Promise<GgufHeader> {
    const window = this.#window
    await window.fill(24)
    if (!window.take(4).equals(ggufMagic)) throw new FormatError('does not begin with GGUF')
    const version = window.u32()
    // Byte order is not flagged: a big-endian 2 or 3 reads as a huge little-endian number.
    if (version === 0x02000000 || version === 0x03000000) window.isLittleEndian = false
    else if (version !== 2 && version !== 3) throw new FormatError(`GGUF version ${version}`)
    const tensorCount = window.u64()
    const pairCount = window.u64()
    await this.#readMetadata(pairCount)
    await this.#readTensors(tensorCount)
    this.#checkHeaderBytes()
    const minFileBytes = this.#endData(window.position)
    const quantisation = quantisationNames[Number(this.#metadata.get('general.file_type') ?? -1)] ?? null
    return { tensors: this.#tensors, metadata: this.#metadata, minFileBytes, quantisation }
  }

  /** Buffers the next bytes, or as many as the file has. */
  async #fill(count: number): Promise<void> {
    this.#checkHeaderBytes()
    await this.#window.fill(count)
  }

  #checkHeaderBytes(): void {
    if (this.#window.position > maxHeaderBytes) throw new FormatError('header over 100,000,000 bytes')
  }

  /** Keeps numbers and texts, and skips arrays, which are mostly tokenizers. */
  async #readMetadata(count: number): Promise<void> {
    const window = this.#window
    if (count > maxMetadataKeys) throw new FormatError('more than 100,000 metadata keys')
    for (let index = 0; index < count; index += 1) {
      if (!window.has(8)) await this.#fill(8)
      const length = readNameLength(window)
      if (!window.has(length + 20)) await this.#fill(length + 20)
      const key = window.take(length).toString('utf8')
      if (key === '') throw new FormatError('a metadata key without a name')
      if (this.#metadata.has(key)) throw new FormatError('duplicate metadata key')
      // Also if its value is skipped.
      this.#metadata.set(key, '')
      const type = window.u32()
      if (key === alignmentKey) this.#readAlignment(type)
      else if (type === textType) await this.#readText(key)
      else if (type === arrayType) await this.#readArray(key)
      else this.#readNumber(key, type)
    }
  }

  #readAlignment(type: number): void {
    if (type !== u32Type) throw new FormatError('alignment is no 32-bit number')
    this.#alignment = this.#window.u32()
    const isPowerOfTwo = this.#alignment > 0 && Number.isInteger(Math.log2(this.#alignment))
    if (!isPowerOfTwo) throw new FormatError('alignment is no power of 2')
    this.#metadata.set(alignmentKey, String(this.#alignment))
  }

  async #readText(key: string): Promise<void> {
    const window = this.#window
    const length = window.u64()
    if (length > maxValueBytes) window.skip(length)
    else {
      if (!window.has(length)) await this.#fill(length)
      this.#metadata.set(key, window.take(length).toString('utf8'))
    }
  }

  /** A shape is kept as comma-separated text; other arrays are skipped. */
  async #readArray(key: string): Promise<void> {
    const window = this.#window
    const type = window.u32()
    const count = window.u64()
    const isShape = key.startsWith(shapeKey) && (type === u32Type || type === i32Type)
    if (isShape && count <= maxDimensions) {
      if (!window.has(count * 4)) await this.#fill(count * 4)
      this.#metadata.set(key, Array.from({ length: count }, () => window.u32()).join())
      this.#hasShapes = true
    } else if (type === textType) {
      for (let index = 0; index < count; index += 1) {
        if (!window.has(8)) await this.#fill(8)
        window.skip(window.u64())
      }
    } else window.skip(bytesOfScalar(type) * count)
  }

  #readNumber(key: string, type: number): void {
    const window = this.#window
    if (type === u32Type) this.#metadata.set(key, String(window.u32()))
    else if (type === u64Type) this.#metadata.set(key, String(window.bigU64()))
    else window.skip(bytesOfScalar(type))
  }

  async #readTensors(count: number): Promise<void> {
    const window = this.#window
    for (let index = 0; index < count; index += 1) {
      if (!window.has(8)) await this.#fill(8)
      const length = readNameLength(window)
      if (!window.has(length + tensorFieldBytes)) await this.#fill(length + tensorFieldBytes)
      this.#readTensor(window.take(length))
    }
  }

  #readTensor(name: Buffer): void {
    const window = this.#window
    // C would read the name up to here, and Python all of it.
    if (name.includes(0)) throw new FormatError('a tensor name with a zero byte')
    const shape = this.#readShape()
    const count = shape.reduce((product, length) => product * length, 1)
    const type = window.u32()
    const [dtype, values = 1, bytes = null] = ggmlTypes[type] ?? [`type ${type}`]
    if ((shape[0] ?? 1) % values !== 0)
      throw new FormatError(`a row of ${dtype} that is no multiple of ${values}`)
    const sizeBytes = bytes === null ? null : (count / values) * bytes
    if (!Number.isSafeInteger(count) || !Number.isSafeInteger(sizeBytes ?? 0)) {
      throw new FormatError('a tensor beyond 2^53 values')
    }
    const offset = window.u64()
    this.#endTensor(offset)
    if (!this.#tensors.begin(name, 0, name.length)) throw new FormatError('duplicate tensor name')
    // Fastest dimension first: the reverse of PyTorch's order.
    for (const length of this.#storedShape(name) ?? shape.reverse()) this.#tensors.addDimension(length)
    this.#last = { dtype, offset, sizeBytes }
  }

  #readShape(): number[] {
    const dimensions = this.#window.u32()
    if (dimensions > maxDimensions) throw new FormatError(`a tensor of ${dimensions} dimensions`)
    return Array.from({ length: dimensions }, () => this.#window.u64())
  }

  /**
   * Ends the last tensor where the next one begins, which is behind its padding. One of an unknown type takes
   * all bytes up to there.
   */
  #endTensor(nextOffset: number): void {
    const { offset, sizeBytes } = this.#last ?? { offset: 0, sizeBytes: 0 }
    const end = this.#padded(sizeBytes === null ? Math.max(offset, nextOffset) : offset + sizeBytes)
    if (!Number.isSafeInteger(end)) throw new FormatError('a tensor beyond 2^53 bytes')
    if (nextOffset > end) throw new FormatError('a hole between tensors')
    if (nextOffset < end) throw new FormatError('tensors overlap')
    if (this.#last) this.#tensors.complete(this.#last.dtype, sizeBytes ?? nextOffset - offset)
  }

  /** Ends the last tensor of all. Returns the smallest size of a whole file. */
  #endData(headerBytes: number): number {
    if (this.#last === null) return headerBytes
    const { dtype, offset, sizeBytes } = this.#last
    const start = this.#padded(headerBytes) + offset
    this.#tensors.complete(dtype, sizeBytes ?? Math.max(0, this.#window.end - start))
    return start + (sizeBytes ?? 0)
  }

  #storedShape(name: Buffer): number[] | null {
    const shape = this.#hasShapes ? this.#metadata.get(shapeKey + name.toString('utf8')) : undefined
    return shape ? shape.split(',').map(Number) : null
  }

  #padded(bytes: number): number {
    return Math.ceil(bytes / this.#alignment) * this.#alignment
  }
}

function readNameLength(window: ByteWindow): number {
  const length = window.u64()
  if (length > maxNameBytes) throw new FormatError('a name over 65,535 bytes')
  return length
}

function bytesOfScalar(type: number): number {
  const bytes = scalarBytes[type]
  if (bytes === undefined) throw new FormatError(`unknown metadata type ${type}`)
  return bytes
}
