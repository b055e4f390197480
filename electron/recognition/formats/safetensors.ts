import { isUtf8 } from 'node:buffer'
import type { Header, TensorInfo } from './header.ts'
import { JsonReader } from './json-reader.ts'
import { FormatError, malformed, tryParse, type ParseResult } from './parse-result.ts'

/**
 * Bytes before the header: its length, unsigned 64-bit little-endian (huggingface/safetensors, README
 * "Format").
 */
export const lengthPrefixBytes = 8

/** MAX_HEADER_SIZE of huggingface/safetensors, tensor.rs: decimal, not MiB. */
const maxHeaderBytes = 100_000_000
const openingBrace = 0x7b

/** Bits per element (huggingface/safetensors, tensor.rs, `Dtype::bitsize`). */
const bitsByDtype: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
}

export interface SafetensorsHeader extends Header {
  /** Bytes that must follow the header, exactly. */
  readonly dataBytes: number
}

interface ByteRange {
  readonly begin: number
  readonly end: number
}

/** Parses the header's length from the file's first 8 bytes. */
export function parseHeaderLength(start: Buffer, fileBytes: number): ParseResult<number> {
  if (fileBytes < lengthPrefixBytes || start.length < lengthPrefixBytes) {
    return malformed('shorter than 8 bytes')
  }
  const length = start.readBigUInt64LE(0)
  if (length > maxHeaderBytes) return malformed('header length over 100,000,000')
  if (length === 0n) return malformed('header length 0')
  if (start.length > lengthPrefixBytes && start[lengthPrefixBytes] !== openingBrace) {
    return malformed('header does not begin with {')
  }
  if (lengthPrefixBytes + Number(length) > fileBytes) return malformed('the file ends inside its header')
  return { ok: true, value: Number(length) }
}

/** Parses a whole header, without its length prefix, and checks every rule of the format. */
export function parseSafetensors(header: Buffer): ParseResult<SafetensorsHeader> {
  if (header.length > maxHeaderBytes) return malformed('header length over 100,000,000')
  if (header[0] !== openingBrace) return malformed('header does not begin with {')
  if (!isUtf8(header)) return malformed('header is not UTF-8')
  const result = tryParse(() => readHeader(new JsonReader(header)))
  if (!result.ok) return result
  const { tensors, metadata, ranges } = result.value
  const dataBytes = contiguousEnd(ranges)
  return dataBytes.ok ? { ok: true, value: { tensors, metadata, dataBytes: dataBytes.value } } : dataBytes
}

function readHeader(json: JsonReader): Header & { readonly ranges: ByteRange[] } {
  const tensors = new Map<string, TensorInfo>()
  const ranges: ByteRange[] = []
  let metadata: Map<string, string> | null = null
  json.members((name) => {
    if (name === '__metadata__') {
      if (metadata) throw new FormatError('duplicate key __metadata__')
      metadata = readMetadata(json)
      return
    }
    if (tensors.has(name)) throw new FormatError(`duplicate key ${shorten(name)}`)
    const { info, range } = readTensor(json, name)
    tensors.set(name, info)
    ranges.push(range)
  })
  // The format pads with spaces, but its own reader accepts any JSON whitespace.
  json.end()
  return { tensors, metadata: metadata ?? new Map(), ranges }
}

function readMetadata(json: JsonReader): Map<string, string> {
  const metadata = new Map<string, string>()
  if (json.peek() === 'n') {
    json.literal('null')
    return metadata
  }
  json.members((key) => {
    if (metadata.has(key)) throw new FormatError(`duplicate key ${shorten(key)} in __metadata__`)
    if (json.peek() !== '"') throw new FormatError(`__metadata__ value of ${shorten(key)} is not text`)
    metadata.set(key, json.text())
  })
  return metadata
}

function readTensor(json: JsonReader, name: string): { info: TensorInfo; range: ByteRange } {
  let dtype: string | null = null
  let shape: number[] | null = null
  let offsets: number[] | null = null
  const rejectDuplicate = (seen: unknown, field: string) => {
    if (seen !== null) throw new FormatError(`duplicate ${field} of ${shorten(name)}`)
  }
  json.members((field) => {
    if (field === 'dtype') {
      rejectDuplicate(dtype, field)
      dtype = json.text()
    } else if (field === 'shape') {
      rejectDuplicate(shape, field)
      shape = readNumbers(json)
    } else if (field === 'data_offsets') {
      rejectDuplicate(offsets, field)
      offsets = readNumbers(json)
    } else json.skip()
  })
  return validateTensor(name, dtype, shape, offsets)
}

function readNumbers(json: JsonReader): number[] {
  const numbers: number[] = []
  json.items(() => numbers.push(json.wholeNumber()))
  return numbers
}

function validateTensor(
  name: string,
  dtype: string | null,
  shape: readonly number[] | null,
  offsets: readonly number[] | null,
): { info: TensorInfo; range: ByteRange } {
  if (dtype === null || shape === null || offsets === null) {
    throw new FormatError(`dtype, shape or data_offsets of ${shorten(name)} is missing`)
  }
  const [begin, end] = offsets
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw new FormatError(`data_offsets of ${shorten(name)} are not two numbers`)
  }
  const bits = Object.hasOwn(bitsByDtype, dtype) ? bitsByDtype[dtype] : undefined
  if (bits === undefined) throw new FormatError(`unknown dtype ${shorten(dtype)}`)
  let allBits = bits
  for (const length of shape) {
    allBits *= length
    if (!Number.isSafeInteger(allBits)) throw new FormatError(`shape of ${shorten(name)} beyond 2^53`)
  }
  if (end < begin || (end - begin) * 8 !== allBits) {
    throw new FormatError(`shape and data_offsets of ${shorten(name)} disagree`)
  }
  return { info: { dtype, shape, sizeBytes: end - begin }, range: { begin, end } }
}

/** Where the last range ends; each must begin where the one before it ends. */
function contiguousEnd(ranges: ByteRange[]): ParseResult<number> {
  ranges.sort((one, other) => one.begin - other.begin || one.end - other.end)
  let end = 0
  for (const range of ranges) {
    if (range.begin > end) return malformed('a hole between tensors')
    if (range.begin < end) return malformed('tensors overlap')
    end = range.end
  }
  return { ok: true, value: end }
}

/** Shortens a name from the file, so that it fits in a sentence. */
function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 57)}…` : name
}
