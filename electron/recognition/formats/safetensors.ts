import { isUtf8 } from 'node:buffer'
import { HeaderDamage, parsed } from './header.ts'
import type { Header, Parsed, TensorInfo } from './header.ts'
import { JsonBytes } from './json-bytes.ts'

/** Bytes before the header: its length, unsigned 64-bit little-endian (huggingface/safetensors, README "Format"). */
export const lengthBytes = 8

/** MAX_HEADER_SIZE of huggingface/safetensors, tensor.rs: decimal, not MiB. */
const longestHeader = 100_000_000

/** Bits per element (huggingface/safetensors, tensor.rs, `Dtype::bitsize`). */
const bitsOf: Readonly<Record<string, number>> = {
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

interface Span {
  readonly begin: number
  readonly end: number
}

/** The header's length from the file's first 8 bytes, or why this is no safetensors file. */
export function headerLength(start: Buffer, fileBytes: number): Parsed<number> {
  return parsed(() => {
    if (fileBytes < lengthBytes || start.length < lengthBytes) {
      throw new HeaderDamage('shorter than 8 bytes')
    }
    const length = start.readBigUInt64LE(0)
    if (length > longestHeader) throw new HeaderDamage('header length over 100,000,000')
    if (length === 0n) throw new HeaderDamage('header length 0')
    if (start.length > lengthBytes && start[lengthBytes] !== 0x7b) {
      throw new HeaderDamage('header does not begin with {')
    }
    if (lengthBytes + Number(length) > fileBytes) throw new HeaderDamage('the file ends inside its header')
    return Number(length)
  })
}

/** Reads a whole header, without its length, and holds it against every rule of the format. Never throws. */
export function parseSafetensors(header: Buffer): Parsed<SafetensorsHeader> {
  return parsed(() => {
    if (header.length > longestHeader) throw new HeaderDamage('header length over 100,000,000')
    if (header[0] !== 0x7b) throw new HeaderDamage('header does not begin with {')
    if (!isUtf8(header)) throw new HeaderDamage('header is not UTF-8')
    const json = new JsonBytes(header)
    const tensors = new Map<string, TensorInfo>()
    const spans: Span[] = []
    let metadata: Map<string, string> | null = null
    json.members((name) => {
      if (name === '__metadata__') {
        if (metadata) throw new HeaderDamage('duplicate key __metadata__')
        metadata = readMetadata(json)
        return
      }
      if (tensors.has(name)) throw new HeaderDamage(`duplicate key ${short(name)}`)
      const { info, span } = readTensor(json, name)
      tensors.set(name, info)
      spans.push(span)
    })
    // The format pads with spaces; its own reader takes any JSON blank, so a file with others loads.
    json.end()
    return { tensors, metadata: metadata ?? new Map(), dataBytes: endWithoutHoles(spans) }
  })
}

function readMetadata(json: JsonBytes): Map<string, string> {
  const metadata = new Map<string, string>()
  if (json.peek() === 'n') {
    json.word('null')
    return metadata
  }
  json.members((key) => {
    if (metadata.has(key)) throw new HeaderDamage(`duplicate key ${short(key)} in __metadata__`)
    if (json.peek() !== '"') throw new HeaderDamage(`__metadata__ value of ${short(key)} is not text`)
    metadata.set(key, json.text())
  })
  return metadata
}

function readTensor(json: JsonBytes, name: string): { info: TensorInfo; span: Span } {
  let dtype: string | null = null
  let shape: number[] | null = null
  let offsets: number[] | null = null
  const once = (seen: unknown, field: string) => {
    if (seen !== null) throw new HeaderDamage(`duplicate ${field} of ${short(name)}`)
  }
  json.members((field) => {
    if (field === 'dtype') {
      once(dtype, field)
      dtype = json.text()
    } else if (field === 'shape') {
      once(shape, field)
      shape = readNumbers(json)
    } else if (field === 'data_offsets') {
      once(offsets, field)
      offsets = readNumbers(json)
    } else json.skip()
  })
  return checkedTensor(name, dtype, shape, offsets)
}

function readNumbers(json: JsonBytes): number[] {
  const numbers: number[] = []
  json.items(() => numbers.push(json.natural()))
  return numbers
}

function checkedTensor(
  name: string,
  dtype: string | null,
  shape: readonly number[] | null,
  offsets: readonly number[] | null,
): { info: TensorInfo; span: Span } {
  if (dtype === null || shape === null || offsets === null) {
    throw new HeaderDamage(`dtype, shape or data_offsets of ${short(name)} is missing`)
  }
  const [begin, end] = offsets
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw new HeaderDamage(`data_offsets of ${short(name)} are not two numbers`)
  }
  const bits = Object.hasOwn(bitsOf, dtype) ? bitsOf[dtype] : undefined
  if (bits === undefined) throw new HeaderDamage(`unknown dtype ${short(dtype)}`)
  let allBits = bits
  for (const length of shape) {
    allBits *= length
    if (!Number.isSafeInteger(allBits)) throw new HeaderDamage(`shape of ${short(name)} beyond 2^53`)
  }
  if (end < begin || (end - begin) * 8 !== allBits) {
    throw new HeaderDamage(`shape and data_offsets of ${short(name)} disagree`)
  }
  return { info: { dtype, shape, sizeBytes: end - begin }, span: { begin, end } }
}

/** Sorted by place, each tensor must begin where the one before ended; the answer is where the last one ends. */
function endWithoutHoles(spans: Span[]): number {
  spans.sort((one, other) => one.begin - other.begin || one.end - other.end)
  let end = 0
  for (const span of spans) {
    if (span.begin !== end)
      throw new HeaderDamage(span.begin > end ? 'a hole between tensors' : 'tensors overlap')
    end = span.end
  }
  return end
}

/** Names come from the file: cut, so that a sentence stays one. */
function short(name: string): string {
  return name.length > 60 ? `${name.slice(0, 57)}…` : name
}
