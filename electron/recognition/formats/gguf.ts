import { HeaderDamage, parsed } from './header.ts'
import type { Header, Parsed, TensorInfo } from './header.ts'
import { fileTypes, ggmlTypes } from './gguf-types.ts'
import { ByteCursor, NeedsMore } from './byte-cursor.ts'

/** "GGUF", the first four bytes (ggml, docs/gguf.md). */
export const ggufMagic = Buffer.from('GGUF', 'latin1')

/** Our own bound, that of safetensors: tokenizers make headers of some 10 MB. */
export const longestGgufHeader = 100_000_000

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

/** Shapes of more than four dimensions, as ComfyUI-GGUF keeps them (tools/convert.py). */
const shapeKey = 'comfy.gguf.orig_shape.'

/** ggml has four; files of other tools keep the shape of video models, with five. */
const mostDimensions = 8

export interface GgufHeader extends Header {
  /** Where the last tensor ends: the least size of a whole file. Types that are unknown here don't count. */
  readonly leastBytes: number
  /** Such as `Q4_K_M`, or null when the file doesn't say. */
  readonly quantisation: string | null
}

interface Placed {
  readonly info: TensorInfo
  readonly offset: number
}

/** Reads a GGUF header from the file's first bytes, or says that it needs more of them. Never throws. */
export function parseGguf(start: Buffer, fileBytes: number): Parsed<GgufHeader> | 'needs-more' {
  try {
    return parsed(() => readGguf(start, fileBytes))
  } catch (error) {
    if (error instanceof NeedsMore) return 'needs-more'
    throw error
  }
}

function readGguf(start: Buffer, fileBytes: number): GgufHeader {
  if (!start.subarray(0, 4).equals(ggufMagic)) throw new HeaderDamage('does not begin with GGUF')
  const cursor = new ByteCursor(start, fileBytes)
  cursor.pass(4)
  const version = cursor.u32()
  // Byte order is not flagged: a big-endian 2 or 3 reads as a huge little-endian number.
  if (version === 0x02000000 || version === 0x03000000) cursor.littleEndian = false
  else if (version !== 2 && version !== 3) throw new HeaderDamage(`GGUF version ${version}`)
  const tensorCount = cursor.u64()
  const pairCount = cursor.u64()
  const metadata = readPairs(cursor, pairCount)
  const placed = readTensors(cursor, tensorCount)
  const alignment = Number(metadata.get('general.alignment') ?? 32)
  if (!(alignment > 0 && alignment % 8 === 0)) throw new HeaderDamage('alignment is no multiple of 8')
  const dataStart = Math.ceil(cursor.at / alignment) * alignment
  const tensors = new Map<string, TensorInfo>()
  let leastBytes = cursor.at
  for (const [name, { info, offset }] of placed) {
    if (offset % alignment !== 0) throw new HeaderDamage('a tensor that is not aligned')
    const shape = metadata.get(shapeKey + name)
    tensors.set(name, shape ? { ...info, shape: shape.split(',').map(Number) } : info)
    leastBytes = Math.max(leastBytes, dataStart + offset + info.sizeBytes)
  }
  const quantisation = fileTypes[Number(metadata.get('general.file_type') ?? -1)] ?? null
  return { tensors, metadata, leastBytes, quantisation }
}

/** Scalars as text; arrays (tokenizers, mostly) are passed over. */
function readPairs(cursor: ByteCursor, count: number): Map<string, string> {
  const metadata = new Map<string, string>()
  for (let index = 0; index < count; index += 1) {
    const key = cursor.text()
    if (metadata.has(key)) throw new HeaderDamage('duplicate metadata key')
    const type = cursor.u32()
    metadata.set(
      key,
      key.startsWith(shapeKey) && type === arrayType ? readShape(cursor) : readValue(cursor, type),
    )
  }
  return metadata
}

/** Numbers of a shape as text, as other values are; anything else in its place is passed over. */
function readShape(cursor: ByteCursor): string {
  const at = cursor.at
  const type = cursor.u32()
  const count = cursor.u64()
  if ((type !== 4 && type !== 5) || count > mostDimensions) {
    cursor.at = at
    passArray(cursor)
    return ''
  }
  return Array.from({ length: count }, () => cursor.u32()).join()
}

function readValue(cursor: ByteCursor, type: number): string {
  if (type === textType) return cursor.text()
  if (type === arrayType) {
    passArray(cursor)
    return ''
  }
  const bytes = scalarBytes[type]
  if (bytes === undefined) throw new HeaderDamage(`unknown metadata type ${type}`)
  if (type === 4) return String(cursor.u32())
  if (type === 10) return String(cursor.big64())
  cursor.pass(bytes)
  return ''
}

function passArray(cursor: ByteCursor): void {
  const type = cursor.u32()
  const count = cursor.u64()
  if (type === textType) {
    for (let index = 0; index < count; index += 1) cursor.pass(cursor.u64())
    return
  }
  const bytes = scalarBytes[type]
  if (bytes === undefined) throw new HeaderDamage(`unknown array type ${type}`)
  cursor.pass(bytes * count)
}

function readTensors(cursor: ByteCursor, count: number): Map<string, Placed> {
  const placed = new Map<string, Placed>()
  for (let index = 0; index < count; index += 1) {
    const name = cursor.text()
    if (placed.has(name)) throw new HeaderDamage('duplicate tensor name')
    const dimensions = cursor.u32()
    if (dimensions > mostDimensions) throw new HeaderDamage(`a tensor of ${dimensions} dimensions`)
    // Fastest dimension first: the reverse of PyTorch's order.
    const shape = Array.from({ length: dimensions }, () => cursor.u64()).reverse()
    const type = cursor.u32()
    const offset = cursor.u64()
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
    throw new HeaderDamage('a tensor beyond 2^53 values')
  }
  return { dtype, shape, sizeBytes }
}
