import { ggmlTypes, quantisationNames } from './gguf-types.ts'
import type { Header, TensorInfo } from './header.ts'
import { FormatError, tryParse, type ParseResult } from './parse-result.ts'

/** "GGUF", the first four bytes (ggml, docs/gguf.md). */
export const ggufMagic = Buffer.from('GGUF', 'latin1')

/** Our own limit, the same as that of safetensors. Tokenizers make headers of about 10 MB. */
export const maxGgufHeaderBytes = 100_000_000

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
const textType = 8
const arrayType = 9

/**
 * Metadata key before the name of a tensor with more than four dimensions (ComfyUI-GGUF, tools/convert.py).
 */
const shapeKey = 'comfy.gguf.orig_shape.'

/** ggml has four; other tools write five for video models. */
const maxDimensions = 8

export interface GgufHeader extends Header {
  /**
   * Where the last tensor ends, so the smallest size of a complete file. Tensors of unknown types don't
   * count.
   */
  readonly minFileBytes: number
  /** Such as `Q4_K_M`, or null when the file doesn't have it. */
  readonly quantisation: string | null
}

interface PlacedTensor {
  readonly info: TensorInfo
  readonly offset: number
}

/**
 * Parses a GGUF header from the file's first bytes, or returns `needs-more` when `start` ends before the
 * header does.
 */
export function parseGguf(start: Buffer, fileBytes: number): ParseResult<GgufHeader> | 'needs-more' {
  const reader = new GgufReader(start, fileBytes)
  const result = tryParse(() => readHeader(start, reader))
  return reader.needsMore ? 'needs-more' : result
}

function readHeader(start: Buffer, reader: GgufReader): GgufHeader {
  if (!start.subarray(0, 4).equals(ggufMagic)) throw new FormatError('does not begin with GGUF')
  reader.skip(4)
  const version = reader.u32()
  // Byte order is not flagged: a big-endian 2 or 3 reads as a huge little-endian number.
  if (version === 0x02000000 || version === 0x03000000) reader.isLittleEndian = false
  else if (version !== 2 && version !== 3) throw new FormatError(`GGUF version ${version}`)
  const tensorCount = reader.u64()
  const pairCount = reader.u64()
  const metadata = readMetadata(reader, pairCount)
  const placed = readTensors(reader, tensorCount)
  const alignment = Number(metadata.get('general.alignment') ?? 32)
  if (!(alignment > 0 && alignment % 8 === 0)) throw new FormatError('alignment is no multiple of 8')
  const dataStart = Math.ceil(reader.position / alignment) * alignment
  const tensors = new Map<string, TensorInfo>()
  let minFileBytes = reader.position
  for (const [name, { info, offset }] of placed) {
    if (offset % alignment !== 0) throw new FormatError('a tensor that is not aligned')
    const shape = metadata.get(shapeKey + name)
    tensors.set(name, shape ? { ...info, shape: shape.split(',').map(Number) } : info)
    minFileBytes = Math.max(minFileBytes, dataStart + offset + info.sizeBytes)
  }
  const quantisation = quantisationNames[Number(metadata.get('general.file_type') ?? -1)] ?? null
  return { tensors, metadata, minFileBytes, quantisation }
}

/** Keeps scalars as text and skips arrays, which are mostly tokenizers. */
function readMetadata(reader: GgufReader, count: number): Map<string, string> {
  const metadata = new Map<string, string>()
  for (let index = 0; index < count; index += 1) {
    const key = reader.text()
    if (metadata.has(key)) throw new FormatError('duplicate metadata key')
    const type = reader.u32()
    metadata.set(
      key,
      key.startsWith(shapeKey) && type === arrayType ? readShape(reader) : readValue(reader, type),
    )
  }
  return metadata
}

/** A shape as comma-separated text. An array that can't be a shape is skipped. */
function readShape(reader: GgufReader): string {
  const start = reader.position
  const type = reader.u32()
  const count = reader.u64()
  if ((type !== 4 && type !== 5) || count > maxDimensions) {
    reader.position = start
    skipArray(reader)
    return ''
  }
  return Array.from({ length: count }, () => reader.u32()).join()
}

function readValue(reader: GgufReader, type: number): string {
  if (type === textType) return reader.text()
  if (type === arrayType) {
    skipArray(reader)
    return ''
  }
  const bytes = scalarBytes[type]
  if (bytes === undefined) throw new FormatError(`unknown metadata type ${type}`)
  if (type === 4) return String(reader.u32())
  if (type === 10) return String(reader.bigU64())
  reader.skip(bytes)
  return ''
}

function skipArray(reader: GgufReader): void {
  const type = reader.u32()
  const count = reader.u64()
  if (type === textType) {
    for (let index = 0; index < count; index += 1) reader.skip(reader.u64())
    return
  }
  const bytes = scalarBytes[type]
  if (bytes === undefined) throw new FormatError(`unknown array type ${type}`)
  reader.skip(bytes * count)
}

function readTensors(reader: GgufReader, count: number): Map<string, PlacedTensor> {
  const placed = new Map<string, PlacedTensor>()
  for (let index = 0; index < count; index += 1) {
    const name = reader.text()
    if (placed.has(name)) throw new FormatError('duplicate tensor name')
    const dimensions = reader.u32()
    if (dimensions > maxDimensions) throw new FormatError(`a tensor of ${dimensions} dimensions`)
    // Fastest dimension first: the reverse of PyTorch's order.
    const shape = Array.from({ length: dimensions }, () => reader.u64()).reverse()
    const type = reader.u32()
    const offset = reader.u64()
    placed.set(name, { info: tensorInfo(type, shape), offset })
  }
  return placed
}

function tensorInfo(type: number, shape: readonly number[]): TensorInfo {
  const known = ggmlTypes[type]
  if (!known) return { dtype: `type ${type}`, shape, sizeBytes: 0 }
  const [dtype, values, bytes] = known
  const count = shape.reduce((product, length) => product * length, 1)
  const sizeBytes = Math.ceil(count / values) * bytes
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(sizeBytes)) {
    throw new FormatError('a tensor beyond 2^53 values')
  }
  return { dtype, shape, sizeBytes }
}

/**
 * Reads numbers and texts sequentially from the first bytes of a file. Distinguishes a file that ends too
 * early (malformed) from a buffer that ends too early (`needsMore`).
 */
class GgufReader {
  position = 0
  isLittleEndian = true
  /** True once a read went beyond the buffer, although the file is longer. */
  needsMore = false
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #fileBytes: number

  constructor(bytes: Buffer, fileBytes: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fileBytes = fileBytes
  }

  skip(count: number): void {
    const end = this.position + count
    if (!Number.isSafeInteger(end) || end > this.#fileBytes) {
      throw new FormatError('the file ends inside its header')
    }
    if (end > this.#bytes.length) {
      this.needsMore = true
      throw new FormatError('more bytes are needed')
    }
    this.position = end
  }

  u32(): number {
    const start = this.position
    this.skip(4)
    return this.#view.getUint32(start, this.isLittleEndian)
  }

  /** A value of any size. */
  bigU64(): bigint {
    const start = this.position
    this.skip(8)
    return this.#view.getBigUint64(start, this.isLittleEndian)
  }

  /** A number of bytes or values: no file has more than 2^53. */
  u64(): number {
    const value = this.bigU64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('a number beyond 2^53')
    return Number(value)
  }

  text(): string {
    const length = this.u64()
    const start = this.position
    this.skip(length)
    return this.#bytes.toString('utf8', start, start + length)
  }
}
