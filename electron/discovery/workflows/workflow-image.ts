import { inflateSync } from 'node:zlib'
import type { ByteSource } from '../../recognition/formats/byte-source.ts'
import { partsIn, readRange, type PartSizes } from './media-parts.ts'
import { maxWorkflowBytes } from './parse-workflow.ts'

const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export const isPng = (start: Buffer) => start.subarray(0, pngMagic.length).equals(pngMagic)

const pngChunkSizes = (head: Buffer): PartSizes => ({
  headBytes: 8,
  contentBytes: head.readUInt32BE(0),
  trailingBytes: 4,
})

/**
 * The texts with the keywords `workflow` and `prompt` that ComfyUI stores in a PNG (tEXt, zTXt and iTXt
 * chunks, PNG specification 11.3.3; `comf` chunks of animations). Reads only chunk headers and these texts,
 * also behind IEND, where some editors append them and ComfyUI's frontend reads them. A truncated file yields
 * its complete chunks.
 */
export async function textsOfPng(source: ByteSource): Promise<readonly string[]> {
  const texts: string[] = []
  let remainingBytes = maxWorkflowBytes
  const range = { start: pngMagic.length, end: source.sizeBytes }
  for await (const chunk of partsIn(source, range, pngChunkSizes)) {
    const kind = chunk.head.toString('latin1', 4, 8)
    const length = chunk.end - chunk.start
    if (!textChunks.includes(kind) || length > remainingBytes) continue
    const text = textOfChunk(kind, await readRange(source, chunk), remainingBytes)
    if (text !== null) texts.push(text)
    remainingBytes -= Math.max(length, text?.length ?? 0)
  }
  return texts
}

const textChunks: readonly string[] = ['tEXt', 'zTXt', 'iTXt', 'comf']

function textOfChunk(kind: string, bytes: Buffer, maxBytes: number): string | null {
  const end = bytes.indexOf(0)
  const keyword = bytes.toString('latin1', 0, end).toLowerCase()
  if (keyword !== 'workflow' && keyword !== 'prompt') return null
  // The specification says Latin-1, but some programs write UTF-8, which unescaped JSON needs.
  if (kind === 'tEXt' || kind === 'comf') return bytes.toString('utf8', end + 1)
  if (kind === 'zTXt') return inflateText(bytes.subarray(end + 2), maxBytes)
  const isCompressed = bytes[end + 1] === 1
  const languageEnd = bytes.indexOf(0, end + 3)
  const rest = bytes.subarray(bytes.indexOf(0, languageEnd + 1) + 1)
  return isCompressed ? inflateText(rest, maxBytes) : rest.toString('utf8')
}

/** A small chunk may inflate to gigabytes, so the output is limited. */
function inflateText(bytes: Buffer, maxBytes: number): string | null {
  try {
    return inflateSync(bytes, { maxOutputLength: maxBytes }).toString('utf8')
  } catch {
    return null
  }
}

export const isWebp = (start: Buffer) =>
  start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP'

/** Chunks are padded to an even length (RIFF). */
function riffChunkSizes(head: Buffer): PartSizes {
  const contentBytes = head.readUInt32LE(4)
  return { headBytes: 8, contentBytes, trailingBytes: contentBytes % 2 }
}

/** The texts in the EXIF data of a WebP. */
export async function textsOfWebp(source: ByteSource): Promise<readonly string[]> {
  for await (const chunk of partsIn(source, { start: 12, end: source.sizeBytes }, riffChunkSizes))
    if (chunk.head.toString('latin1', 0, 4) === 'EXIF') return textsOfExif(await readRange(source, chunk))
  return []
}

export const isJpeg = (start: Buffer) => start.readUInt16BE(0) === 0xffd8

/** A segment's length includes itself. Metadata precedes the picture, which begins with a start of scan. */
function segmentSizes(head: Buffer): PartSizes | null {
  if (head.readUInt8(0) !== 0xff || head.readUInt8(1) === 0xda) return null
  return { headBytes: 4, contentBytes: head.readUInt16BE(2) - 2 }
}

/** The texts in the EXIF data of a JPEG: its APP1 segments (JPEG Annex B, EXIF 2.3 4.5.4). */
export async function textsOfJpeg(source: ByteSource): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const segment of partsIn(source, { start: 2, end: source.sizeBytes }, segmentSizes)) {
    if (segment.head.readUInt8(1) === 0xe1) texts.push(...textsOfExif(await readRange(source, segment)))
  }
  return texts
}

const asciiType = 2
const undefinedType = 7
const exifPointer = 0x8769
const userComment = 0x9286
const maxEntries = 500

/**
 * The texts that ComfyUI's nodes store in EXIF data: ASCII tags such as Make and Model that begin with
 * `workflow:` or `prompt:`, and a user comment that is JSON (EXIF 2.3, TIFF 6.0).
 */
export function textsOfExif(bytes: Buffer): readonly string[] {
  const tiff = bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes
  if (tiff.length < 8) return []
  const order = tiff.toString('latin1', 0, 2)
  if (order !== 'II' && order !== 'MM') return []
  const exif = {
    tiff,
    isLittleEndian: order === 'II',
    remainingBytes: maxWorkflowBytes,
    mayReadSubdirectory: true,
  }
  return textsOfDirectory(exif, u32(exif, 4))
}

interface Tiff {
  readonly tiff: Buffer
  readonly isLittleEndian: boolean
  /** Limits the total text length, since all entries may refer to the same bytes. */
  remainingBytes: number
  /** Only the first directory refers to another one (EXIF 2.3, 4.6.3). */
  mayReadSubdirectory: boolean
}

const u16 = ({ tiff, isLittleEndian }: Tiff, at: number) =>
  isLittleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
const u32 = ({ tiff, isLittleEndian }: Tiff, at: number) =>
  isLittleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)

function textsOfDirectory(exif: Tiff, at: number): string[] {
  if (at + 2 > exif.tiff.length) return []
  const texts: string[] = []
  const count = Math.min(u16(exif, at), maxEntries)
  for (let index = 0; index < count; index += 1) {
    const entryAt = at + 2 + index * 12
    if (entryAt + 12 > exif.tiff.length) break
    const entry = {
      tag: u16(exif, entryAt),
      type: u16(exif, entryAt + 2),
      length: u32(exif, entryAt + 4),
      value: u32(exif, entryAt + 8),
    }
    if (entry.tag === exifPointer && exif.mayReadSubdirectory) {
      exif.mayReadSubdirectory = false
      texts.push(...textsOfDirectory(exif, entry.value))
    }
    const json = jsonOfEntry(exif, entry)
    if (json !== null) texts.push(json)
  }
  return texts
}

interface TiffEntry {
  readonly tag: number
  readonly type: number
  readonly length: number
  /** Offset of the entry's bytes. */
  readonly value: number
}

function jsonOfEntry(exif: Tiff, { tag, type, length, value }: TiffEntry): string | null {
  const isText = type === asciiType || (tag === userComment && type === undefinedType)
  const isWithinLimits = value + length <= exif.tiff.length && length <= exif.remainingBytes
  if (!isText || !isWithinLimits) return null
  exif.remainingBytes -= length
  const text = exif.tiff.toString('utf8', value, value + length)
  const json = /^[^{]{0,40}?(\{[\s\S]*\})/.exec(text)?.[1]
  const isWorkflow = tag === userComment || /^(workflow|prompt)\s*:/i.test(text)
  return json !== undefined && isWorkflow ? json : null
}
