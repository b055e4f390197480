import type { FileHandle } from 'node:fs/promises'
import { inflateSync } from 'node:zlib'
import { readAt } from '../../recognition/formats/byte-source.ts'
import { maxWorkflowBytes } from './parse-workflow.ts'

/** Images have a few chunks; the limit stops hostile files with very many. */
const maxChunks = 20_000

const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export const isPng = (start: Buffer) => start.subarray(0, pngMagic.length).equals(pngMagic)

/**
 * The texts with the keywords `workflow` and `prompt` that ComfyUI stores in a PNG (tEXt, zTXt and iTXt
 * chunks, PNG specification 11.3.3; `comf` chunks of animations). Reads only chunk headers and these texts,
 * also behind IEND, where some editors append them and ComfyUI's frontend reads them. A truncated file yields
 * its complete chunks.
 */
export async function textsOfPng(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const texts: string[] = []
  let remainingBytes = maxWorkflowBytes
  let at = pngMagic.length
  for (let count = 0; count < maxChunks && at + 12 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 8)
    const length = head.readUInt32BE(0)
    const kind = head.toString('latin1', 4, 8)
    if (at + 12 + length > fileBytes) break
    if (textChunks.includes(kind) && length <= remainingBytes) {
      const text = textOfChunk(kind, await readAt(file, at + 8, length), remainingBytes)
      if (text !== null) texts.push(text)
      remainingBytes -= Math.max(length, text?.length ?? 0)
    }
    at += 12 + length
  }
  return texts
}

const textChunks: readonly string[] = ['tEXt', 'zTXt', 'iTXt', 'comf']

function textOfChunk(kind: string, bytes: Buffer, maxBytes: number): string | null {
  const end = bytes.indexOf(0)
  const keyword = bytes.toString('latin1', 0, Math.max(0, end)).toLowerCase()
  if (keyword !== 'workflow' && keyword !== 'prompt') return null
  // The specification says Latin-1, but some programs write UTF-8, which unescaped JSON needs.
  if (kind === 'tEXt' || kind === 'comf') return bytes.toString('utf8', end + 1)
  if (kind === 'zTXt') return inflateText(bytes.subarray(end + 2), maxBytes)
  const isCompressed = bytes[end + 1] === 1
  const languageEnd = bytes.indexOf(0, end + 3)
  const translatedEnd = languageEnd < 0 ? -1 : bytes.indexOf(0, languageEnd + 1)
  if (translatedEnd < 0) return null
  const rest = bytes.subarray(translatedEnd + 1)
  return isCompressed ? inflateText(rest, maxBytes) : rest.toString('utf8')
}

/** A small chunk may inflate to gigabytes, so the output is limited. */
function inflateText(bytes: Buffer, maxBytes: number): string | null {
  try {
    return inflateSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }).toString('utf8')
  } catch {
    return null
  }
}

export const isWebp = (start: Buffer) =>
  start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP'

/** The texts in the EXIF data of a WebP. */
export async function textsOfWebp(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  let at = 12
  for (let count = 0; count < maxChunks && at + 8 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 8)
    const length = head.readUInt32LE(4)
    if (at + 8 + length > fileBytes) break
    if (head.toString('latin1', 0, 4) === 'EXIF') {
      return length > maxWorkflowBytes ? [] : textsOfExif(await readAt(file, at + 8, length))
    }
    // Chunks are padded to an even length (RIFF).
    at += 8 + length + (length % 2)
  }
  return []
}

export const isJpeg = (start: Buffer) => start.readUInt16BE(0) === 0xffd8

/** The texts in the EXIF data of a JPEG: its APP1 segments (JPEG Annex B, EXIF 2.3 4.5.4). */
export async function textsOfJpeg(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const texts: string[] = []
  let at = 2
  for (let count = 0; count < maxChunks && at + 4 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 4)
    const marker = head.readUInt16BE(0)
    const length = head.readUInt16BE(2)
    // Metadata precedes the picture, which begins with a start of scan.
    if (marker < 0xff01 || marker === 0xffda || length < 2 || at + 2 + length > fileBytes) break
    if (marker === 0xffe1) texts.push(...textsOfExif(await readAt(file, at + 4, length - 2)))
    at += 2 + length
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
  const isWithinLimits = length >= 5 && value + length <= exif.tiff.length && length <= exif.remainingBytes
  if (!isText || !isWithinLimits) return null
  exif.remainingBytes -= length
  const text = exif.tiff.toString('utf8', value, value + length)
  const json = /^[^{]{0,40}?(\{[\s\S]*\})/.exec(text)?.[1]
  const isWorkflow = tag === userComment || /^(workflow|prompt)\s*:/i.test(text)
  return json !== undefined && isWorkflow ? json : null
}
