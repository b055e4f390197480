import { isUtf8 } from 'node:buffer'
import { enlarged } from './byte-records.ts'
import type { ByteSource } from './byte-source.ts'
import { TensorTable, type Header } from './header.ts'
import { JsonReader, type TextRange } from './json-reader.ts'
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
  /** Size of a complete file. */
  readonly fileBytes: number
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

/** Headers of models have at most a few megabytes. */
const largeHeaderBytes = 8_000_000
let lastLargeHeader: Promise<unknown> = Promise.resolve()

/**
 * Reads and parses the header of a file that begins with `start`. Large headers are read one after another,
 * since several files are inspected at the same time. Rejects only with the file system's errors.
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  start: Buffer,
): Promise<ParseResult<SafetensorsHeader>> {
  const length = parseHeaderLength(start, source.sizeBytes)
  if (!length.ok) return length
  const end = lengthPrefixBytes + length.value
  if (end <= start.length) return parseSafetensors(start.subarray(lengthPrefixBytes, end))
  const read = async () => parseSafetensors(await source.read(lengthPrefixBytes, length.value))
  if (length.value <= largeHeaderBytes) return read()
  const result = lastLargeHeader.then(read, read)
  lastLargeHeader = result
  return result
}

/**
 * Parses a whole header, without its length prefix, and checks every rule of the format and of its reference
 * implementation (huggingface/safetensors, tensor.rs, and serde_json). It is stricter only where other
 * loaders would read something else: no key may occur twice, a tensor must be an object, and the header must
 * begin with `{` (README, "Format").
 */
export function parseSafetensors(header: Buffer): ParseResult<SafetensorsHeader> {
  if (header.length > maxHeaderBytes) return malformed('header length over 100,000,000')
  if (header[0] !== openingBrace) return malformed('header does not begin with {')
  if (!isUtf8(header)) return malformed('header is not UTF-8')
  return tryParse(() => new HeaderReader(header).read())
}

/** Our own limits, far above any model: trainers write some hundred keys, and names have 200 bytes. */
const maxMetadataKeys = 100_000
const maxNameBytes = 65_535
/** Longer values are kept as an empty text: tag lists and thumbnails are far below. */
const maxValueBytes = 20_000_000

/** Reads a header once from start to end, without objects for its members. */
class HeaderReader {
  readonly #header: Buffer
  readonly #json: JsonReader
  readonly #tensors = new TensorTable()
  readonly #ranges = new DataRanges(this.#tensors)

  constructor(header: Buffer) {
    this.#header = header
    this.#json = new JsonReader(header)
  }

  read(): SafetensorsHeader {
    const json = this.#json
    let metadata: ReadonlyMap<string, string> | null = null
    for (let key = json.firstMember(); key; key = json.nextMember()) {
      if (this.#isMetadata(key)) {
        if (metadata) throw new FormatError('duplicate key __metadata__')
        metadata = this.#readMetadata()
      } else this.#readTensor(key)
    }
    // The format pads with spaces, but its own reader accepts any JSON whitespace.
    json.end()
    const dataBytes = this.#ranges.contiguousEnd()
    const fileBytes = lengthPrefixBytes + this.#header.length + dataBytes
    return { tensors: this.#tensors, metadata: metadata ?? new Map<string, string>(), dataBytes, fileBytes }
  }

  #isMetadata(key: TextRange): boolean {
    const isCandidate = key.isEscaped || (this.#header[key.start] === 0x5f && key.end - key.start === 12)
    return isCandidate && this.#json.textOf(key) === '__metadata__'
  }

  /** A slice of UTF-8 bytes without escapes. */
  #bytesOf(key: TextRange): [bytes: Buffer, start: number, end: number] {
    if (!key.isEscaped) return [this.#header, key.start, key.end]
    const bytes = Buffer.from(this.#json.textOf(key))
    return [bytes, 0, bytes.length]
  }

  #readMetadata(): ReadonlyMap<string, string> {
    const json = this.#json
    const metadata = new Map<string, string>()
    if (json.peek() === 0x6e) {
      json.literal('null')
      return metadata
    }
    for (let range = json.firstMember(); range; range = json.nextMember()) {
      if (metadata.size >= maxMetadataKeys) throw new FormatError('more than 100,000 metadata keys')
      const key = json.textOf(range)
      if (metadata.has(key)) throw new FormatError(`duplicate key ${shorten(key)} in __metadata__`)
      if (json.peek() !== 0x22) throw new FormatError(`__metadata__ value of ${shorten(key)} is not text`)
      const value = json.textRange()
      metadata.set(key, value.end - value.start > maxValueBytes ? '' : json.textOf(value))
    }
    return metadata
  }

  #readTensor(key: TextRange): void {
    const json = this.#json
    if (key.end - key.start > maxNameBytes) throw new FormatError('a name over 65,535 bytes')
    if (!this.#tensors.begin(...this.#bytesOf(key))) {
      throw new FormatError(`duplicate key ${this.#nameIn(key)}`)
    }
    let dtype: string | null = null
    let count: number | null = null
    let range: readonly [begin: number, end: number] | null = null
    const rejectDuplicate = (isDuplicate: boolean, field: string) => {
      if (isDuplicate) throw new FormatError(`duplicate ${field} of ${this.#nameIn(key)}`)
    }
    for (let field = json.firstMember(); field; field = json.nextMember()) {
      const name = json.wordOf(field)
      if (name === 'dtype') {
        rejectDuplicate(dtype !== null, name)
        dtype = json.wordOf(json.textRange())
      } else if (name === 'shape') {
        rejectDuplicate(count !== null, name)
        count = this.#readShape(key)
      } else if (name === 'data_offsets') {
        rejectDuplicate(range !== null, name)
        range = this.#readRange(key)
      } else json.skip()
    }
    if (dtype === null || count === null || range === null) {
      throw new FormatError(`dtype, shape or data_offsets of ${this.#nameIn(key)} is missing`)
    }
    const [begin, end] = range
    const sizeBytes = end - begin
    if (sizeBytes * 8 !== count * this.#bitsOf(dtype)) {
      throw new FormatError(`shape and data_offsets of ${this.#nameIn(key)} disagree`)
    }
    this.#tensors.complete(dtype, sizeBytes)
    this.#ranges.add(begin, end)
  }

  /** Adds the dimensions to the tensor and returns their product. */
  #readShape(key: TextRange): number {
    let count = 1
    for (let more = this.#json.firstItem(); more; more = this.#json.nextItem()) {
      const length = this.#json.wholeNumber()
      count *= length
      if (!Number.isSafeInteger(count)) throw new FormatError(`shape of ${this.#nameIn(key)} beyond 2^53`)
      this.#tensors.addDimension(length)
    }
    return count
  }

  #readRange(key: TextRange): readonly [begin: number, end: number] {
    const json = this.#json
    const begin = json.firstItem() ? json.wholeNumber() : null
    const end = begin !== null && json.nextItem() ? json.wholeNumber() : null
    if (begin === null || end === null || json.nextItem()) {
      throw new FormatError(`data_offsets of ${this.#nameIn(key)} are not two numbers`)
    }
    return [begin, end]
  }

  #bitsOf(dtype: string): number {
    const bits = Object.hasOwn(bitsByDtype, dtype) ? bitsByDtype[dtype] : undefined
    if (bits === undefined) throw new FormatError(`unknown dtype ${shorten(dtype)}`)
    return bits
  }

  #nameIn(key: TextRange): string {
    return shorten(this.#json.textOf(key))
  }
}

/** The byte ranges of the tensors, which must cover the data without holes or overlaps. */
class DataRanges {
  readonly #tensors: TensorTable
  #count = 0
  /** Where the last range ends, as long as each begins where the one before it ends, as in most files. */
  #end = 0
  /** Where each range begins, from the first one that is out of order. */
  #begins: Float64Array | null = null

  constructor(tensors: TensorTable) {
    this.#tensors = tensors
  }

  /** Adds the range of the last tensor. */
  add(begin: number, end: number): void {
    const index = this.#count
    this.#count += 1
    if (this.#begins === null && begin === this.#end) {
      this.#end = end
      return
    }
    this.#begins ??= this.#beginsInOrder(index)
    if (index === this.#begins.length) this.#begins = enlarged(this.#begins, new Float64Array(index * 2))
    this.#begins[index] = begin
  }

  #beginsInOrder(count: number): Float64Array {
    const begins = new Float64Array(count + 64)
    for (let index = 1; index < count; index += 1) {
      begins[index] = (begins[index - 1] ?? 0) + this.#tensors.sizeOf(index - 1)
    }
    return begins
  }

  /** Where the last range ends. */
  contiguousEnd(): number {
    const begins = this.#begins
    if (begins === null) return this.#end
    const beginOf = (index: number) => begins[index] ?? 0
    const sizeOf = (index: number) => this.#tensors.sizeOf(index)
    const order = new Uint32Array(this.#count).map((_, index) => index)
    order.sort((one, other) => beginOf(one) - beginOf(other) || sizeOf(one) - sizeOf(other))
    let end = 0
    for (const index of order) {
      if (beginOf(index) > end) throw new FormatError('a hole between tensors')
      if (beginOf(index) < end) throw new FormatError('tensors overlap')
      end += sizeOf(index)
    }
    return end
  }
}

/** Shortens a name from the file, so that it fits in a sentence. */
function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 57)}…` : name
}
