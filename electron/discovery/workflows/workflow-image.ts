import type { FileHandle } from 'node:fs/promises'
import { inflateSync } from 'node:zlib'
import { readAt } from '../../recognition/formats/byte-source.ts'

/** A workflow with pictures inside its widgets may be large; beyond this it is none. */
export const longestWorkflowBytes = 64 * 1024 ** 2
/** Pictures have a few; a file of a hundred thousand tiny ones is meant to keep us busy. */
const mostChunks = 20_000

export const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * The texts under `workflow` and `prompt` that ComfyUI leaves in a PNG (tEXt, zTXt and iTXt chunks, PNG specification 11.3.3).
 * Reads the heads of chunks and these texts only. A file that ends too early gives what was whole.
 */
export async function textsOfPng(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const texts: string[] = []
  let leftBytes = longestWorkflowBytes
  let at = pngMagic.length
  for (let count = 0; count < mostChunks && at + 12 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 8)
    const length = head.readUInt32BE(0)
    const kind = head.toString('latin1', 4, 8)
    if (kind === 'IEND' || at + 12 + length > fileBytes) break
    if ((kind === 'tEXt' || kind === 'zTXt' || kind === 'iTXt') && length <= leftBytes) {
      const text = textOfChunk(kind, await readAt(file, at + 8, length), leftBytes)
      if (text !== null) texts.push(text)
      leftBytes -= Math.max(length, text?.length ?? 0)
    }
    at += 12 + length
  }
  return texts
}

function textOfChunk(kind: 'tEXt' | 'zTXt' | 'iTXt', bytes: Buffer, mostBytes: number): string | null {
  const end = bytes.indexOf(0)
  const keyword = bytes.toString('latin1', 0, Math.max(0, end)).toLowerCase()
  if (keyword !== 'workflow' && keyword !== 'prompt') return null
  // Python's PIL writes tEXt in Latin-1 by the book; others put UTF-8 there, which JSON without escapes needs.
  if (kind === 'tEXt') return bytes.toString('utf8', end + 1)
  if (kind === 'zTXt') return inflate(bytes.subarray(end + 2), mostBytes)
  const isCompressed = bytes[end + 1] === 1
  const languageEnd = bytes.indexOf(0, end + 3)
  const translatedEnd = languageEnd < 0 ? -1 : bytes.indexOf(0, languageEnd + 1)
  if (translatedEnd < 0) return null
  const rest = bytes.subarray(translatedEnd + 1)
  return isCompressed ? inflate(rest, mostBytes) : rest.toString('utf8')
}

/** A small chunk may unfold to gigabytes: it is stopped where a workflow would end. */
function inflate(bytes: Buffer, mostBytes: number): string | null {
  try {
    return inflateSync(bytes, { maxOutputLength: Math.max(1, mostBytes) }).toString('utf8')
  } catch {
    return null
  }
}

export const isWebp = (start: Buffer) =>
  start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP'

/**
 * The texts that ComfyUI's nodes leave in a WebP's EXIF: ASCII tags such as Make and Model that begin with `workflow:` or
 * `prompt:`, and a user comment that is JSON (EXIF 2.3, TIFF 6.0).
 */
export async function textsOfWebp(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  let at = 12
  for (let count = 0; count < mostChunks && at + 8 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 8)
    const length = head.readUInt32LE(4)
    if (at + 8 + length > fileBytes) break
    if (head.toString('latin1', 0, 4) === 'EXIF') {
      return length > longestWorkflowBytes ? [] : textsOfExif(await readAt(file, at + 8, length))
    }
    // Chunks are padded to an even length (RIFF).
    at += 8 + length + (length % 2)
  }
  return []
}

const asciiType = 2
const undefinedType = 7
const exifPointer = 0x8769
const userComment = 0x9286
const mostEntries = 500

function textsOfExif(bytes: Buffer): readonly string[] {
  const tiff = bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes
  if (tiff.length < 8) return []
  const order = tiff.toString('latin1', 0, 2)
  if (order !== 'II' && order !== 'MM') return []
  const read = { isLittle: order === 'II', tiff, leftBytes: longestWorkflowBytes, mayGoDeeper: true }
  return textsOfDirectory(read, u32(read, 4))
}

interface Tiff {
  readonly tiff: Buffer
  readonly isLittle: boolean
  /** Entries may all stand for the same bytes: what is made text of them together is no more than a workflow. */
  leftBytes: number
  /** One directory lies within the first (EXIF 2.3, 4.6.3). */
  mayGoDeeper: boolean
}

const u16 = ({ tiff, isLittle }: Tiff, at: number) =>
  isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
const u32 = ({ tiff, isLittle }: Tiff, at: number) =>
  isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)

function textsOfDirectory(read: Tiff, at: number): string[] {
  const { tiff } = read
  if (at + 2 > tiff.length) return []
  const texts: string[] = []
  const count = Math.min(u16(read, at), mostEntries)
  for (let index = 0; index < count; index += 1) {
    const entry = at + 2 + index * 12
    if (entry + 12 > tiff.length) break
    const tag = u16(read, entry)
    const type = u16(read, entry + 2)
    const length = u32(read, entry + 4)
    const value = u32(read, entry + 8)
    if (tag === exifPointer && read.mayGoDeeper) {
      read.mayGoDeeper = false
      texts.push(...textsOfDirectory(read, value))
    }
    const isText = type === asciiType || (tag === userComment && type === undefinedType)
    if (!isText || length < 5 || value + length > tiff.length || length > read.leftBytes) continue
    read.leftBytes -= length
    const text = tiff.toString('utf8', value, value + length)
    const json = /^[^{]{0,40}?(\{[\s\S]*\})/.exec(text)?.[1]
    if (json !== undefined && (tag === userComment || /^(workflow|prompt)\s*:/i.test(text))) texts.push(json)
  }
  return texts
}
