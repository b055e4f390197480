import type { FileHandle } from 'node:fs/promises'
import { parseJson } from '../../platform/files/parse-json.ts'
import { readAt } from '../../recognition/formats/byte-source.ts'
import {
  lengthPrefixBytes,
  parseHeaderLength,
  parseSafetensors,
} from '../../recognition/formats/safetensors.ts'
import { isJson } from './needed-models.ts'
import { maxWorkflowBytes } from './parse-workflow.ts'
import { textsOfExif } from './workflow-image.ts'

/** Files have far fewer boxes, blocks and elements; the limit stops hostile files with very many. */
const maxElements = 20_000

/** A range of bytes in the file. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Keys under which ComfyUI and its video nodes store workflows. `comment` holds both as JSON. */
const isWorkflowKey = (key: string) => /^(workflow|prompt|comment)$/i.test(key)

/** The JSON in a metadata text, which may be preceded by a language code or byte order mark. */
function jsonIn(text: string): string[] {
  const start = text.indexOf('{')
  return start < 0 || start > 40 ? [] : [text.slice(start)]
}

export const isIsoMedia = (start: Buffer) => start.toString('latin1', 4, 8) === 'ftyp'

interface Box extends Range {
  readonly type: string
}

/** The boxes of a range, without their headers (ISO/IEC 14496-12, 4.2). */
async function boxesIn(file: FileHandle, { start, end }: Range): Promise<readonly Box[]> {
  const boxes: Box[] = []
  let at = start
  while (boxes.length < maxElements && at + 8 <= end) {
    const head = await readAt(file, at, 16)
    if (head.length < 8) break
    const shortSize = head.readUInt32BE(0)
    const isLong = shortSize === 1 && head.length === 16
    const longSize = isLong ? Number(head.readBigUInt64BE(8)) : shortSize
    // A size of 0 means up to the end.
    const size = shortSize === 0 ? end - at : longSize
    const headerBytes = isLong ? 16 : 8
    if (size < headerBytes || at + size > end) break
    boxes.push({ type: head.toString('latin1', 4, 8), start: at + headerBytes, end: at + size })
    at += size
  }
  return boxes
}

/**
 * The texts in the metadata of an MP4, MOV or AVIF: the item list that ffmpeg writes (QuickTime File Format,
 * Metadata), or EXIF data (ISO/IEC 23008-12, A.2.1). Skips pictures and sound.
 */
export async function textsOfIsoMedia(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const top = await boxesIn(file, { start: 0, end: fileBytes })
  const texts: string[] = []
  for (const box of top) {
    if (box.type === 'meta') texts.push(...(await exifTexts(file, box)))
    if (box.type !== 'moov' && box.type !== 'udta') continue
    const inner = await boxesIn(file, box)
    const userData = inner.filter(({ type }) => type === 'udta')
    const nested = await Promise.all(userData.map((range) => boxesIn(file, range)))
    for (const meta of [...inner, ...nested.flat()].filter(({ type }) => type === 'meta')) {
      texts.push(...(await itemTexts(file, meta)))
    }
  }
  return texts
}

/** In MP4 a `meta` box begins with a version, in MOV it doesn't. */
async function boxesOfMeta(file: FileHandle, meta: Range): Promise<readonly Box[]> {
  const head = await readAt(file, meta.start, 8)
  const hasVersion = head.toString('latin1', 4, 8) !== 'hdlr'
  return boxesIn(file, hasVersion ? { ...meta, start: meta.start + 4 } : meta)
}

async function itemTexts(file: FileHandle, meta: Range): Promise<readonly string[]> {
  const boxes = await boxesOfMeta(file, meta)
  const list = boxes.find(({ type }) => type === 'ilst')
  if (!list) return []
  const keysBox = boxes.find(({ type }) => type === 'keys')
  const keys = keysBox ? await keysOf(file, keysBox) : []
  const texts: string[] = []
  for (const item of await boxesIn(file, list)) {
    // An item's type is the number of its key, or the four letters of a known tag.
    const key = keys[Buffer.from(item.type, 'latin1').readUInt32BE(0) - 1]
    if (item.type !== '\xa9cmt' && !isWorkflowKey(key ?? '')) continue
    for (const data of await boxesIn(file, item)) {
      const length = data.end - data.start - 8
      if (data.type !== 'data' || length <= 0 || length > maxWorkflowBytes) continue
      texts.push(...jsonIn((await readAt(file, data.start + 8, length)).toString('utf8')))
    }
  }
  return texts
}

async function keysOf(file: FileHandle, { start, end }: Range): Promise<readonly string[]> {
  // Version and number of keys, then for each its size, namespace and name, like boxes.
  const keys = await boxesIn(file, { start: start + 8, end })
  return Promise.all(
    keys.map(async (key) => {
      return (await readAt(file, key.start, Math.min(100, key.end - key.start))).toString('utf8')
    }),
  )
}

/** EXIF data of a picture: `iinf` names the item, `iloc` has its position (ISO/IEC 14496-12, 8.11). */
async function exifTexts(file: FileHandle, meta: Range): Promise<readonly string[]> {
  const boxes = await boxesOfMeta(file, meta)
  const items = boxes.find(({ type }) => type === 'iinf')
  const locations = boxes.find(({ type }) => type === 'iloc')
  if (!items || !locations) return []
  const versionHead = await readAt(file, items.start, 1)
  const entriesAt = items.start + (versionHead[0] === 0 ? 6 : 8)
  for (const entry of await boxesIn(file, { start: entriesAt, end: items.end })) {
    const info = await readAt(file, entry.start, 14)
    if (entry.type !== 'infe' || info.length < 14) continue
    const isShort = info[0] === 2
    if (info.toString('latin1', isShort ? 8 : 10, isShort ? 12 : 14) !== 'Exif') continue
    const id = isShort ? info.readUInt16BE(4) : info.readUInt32BE(4)
    const bytes = await readAt(file, locations.start, Math.min(100_000, locations.end - locations.start))
    const range = locationOf(bytes, id)
    if (!range || range.end - range.start > maxWorkflowBytes) return []
    const exif = await readAt(file, range.start, range.end - range.start)
    // The data begins with the distance to its TIFF header.
    return exif.length < 8 ? [] : textsOfExif(exif.subarray(4 + exif.readUInt32BE(0)))
  }
  return []
}

/** Where an item with this id is, if it is in one piece. */
function locationOf(iloc: Buffer, id: number): Range | null {
  try {
    const version = iloc.readUInt8(0)
    const [offsetBytes, lengthBytes] = [iloc.readUInt8(4) >> 4, iloc.readUInt8(4) & 15]
    const baseBytes = iloc.readUInt8(5) >> 4
    const indexBytes = version === 0 ? 0 : iloc.readUInt8(5) & 15
    const idBytes = version < 2 ? 2 : 4
    let at = 6
    const next = (bytes: number) => {
      at += bytes
      // Files are smaller than 2^48 bytes, so the upper bytes are 0.
      const used = Math.min(bytes, 6)
      return used === 0 ? 0 : iloc.readUIntBE(at - used, used)
    }
    const count = next(idBytes)
    for (let item = 0; item < count; item += 1) {
      const itemId = next(idBytes)
      // The construction method and the reference to another file.
      next(version === 0 ? 2 : 4)
      const base = next(baseBytes)
      const extents = next(2)
      for (let extent = 0; extent < extents; extent += 1) {
        next(indexBytes)
        const start = base + next(offsetBytes)
        const end = start + next(lengthBytes)
        if (itemId === id) return { start, end }
      }
    }
  } catch {
    // The box ends early.
  }
  return null
}

export const isFlac = (start: Buffer) => start.toString('latin1', 0, 4) === 'fLaC'

/** The texts in the Vorbis comments of a FLAC (RFC 9639, 8.6). */
export async function textsOfFlac(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const texts: string[] = []
  let at = 4
  for (let count = 0; count < maxElements && at + 4 <= fileBytes; count += 1) {
    const head = await readAt(file, at, 4)
    const length = head.readUIntBE(1, 3)
    const type = head.readUInt8(0)
    if ((type & 0x7f) === 4) texts.push(...vorbisTexts(await readAt(file, at + 4, length)))
    if (type >= 0x80) break
    at += 4 + length
  }
  return texts
}

/** `KEY=value` texts after the name of the program (Vorbis I specification, 5.2.1). */
function vorbisTexts(bytes: Buffer): readonly string[] {
  const texts: string[] = []
  if (bytes.length < 8) return texts
  let at = 4 + bytes.readUInt32LE(0) + 4
  while (at + 4 <= bytes.length && texts.length < maxElements) {
    const length = bytes.readUInt32LE(at)
    if (at + 4 + length > bytes.length) break
    const comment = bytes.toString('utf8', at + 4, at + 4 + length)
    const equals = comment.indexOf('=')
    if (isWorkflowKey(comment.slice(0, equals))) texts.push(...jsonIn(comment.slice(equals + 1)))
    at += 4 + length
  }
  return texts
}

export const isOgg = (start: Buffer) => start.toString('latin1', 0, 4) === 'OggS'

/** The texts in the comments of Opus or Vorbis in Ogg: the second packet (RFC 3533, 6; RFC 7845, 5.2). */
export async function textsOfOgg(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const pieces: Buffer[] = []
  let packet = 0
  let at = 0
  for (let page = 0; page < maxElements && at + 27 <= fileBytes && at < maxWorkflowBytes; page += 1) {
    const head = await readAt(file, at, 27)
    const count = head.readUInt8(26)
    const lengths = await readAt(file, at + 27, count)
    if (head.toString('latin1', 0, 4) !== 'OggS' || lengths.length < count) break
    const content = await readAt(
      file,
      at + 27 + count,
      lengths.reduce((sum, length) => sum + length, 0),
    )
    let start = 0
    for (const length of lengths) {
      if (packet === 1) pieces.push(content.subarray(start, start + length))
      start += length
      // A packet ends with a piece of less than 255 bytes.
      if (length < 255) packet += 1
      if (packet > 1) return textsOfComments(Buffer.concat(pieces))
    }
    at += 27 + count + content.length
  }
  return []
}

function textsOfComments(packet: Buffer): readonly string[] {
  if (packet.toString('latin1', 0, 8) === 'OpusTags') return vorbisTexts(packet.subarray(8))
  return packet.toString('latin1', 0, 7) === '\x03vorbis' ? vorbisTexts(packet.subarray(7)) : []
}

export const isMp3 = (start: Buffer) => start.toString('latin1', 0, 3) === 'ID3'

/** The user-defined texts (TXXX) in an MP3's tag (ID3v2.3 and ID3v2.4, 4.2.6). */
export async function textsOfMp3(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const head = await readAt(file, 0, 10)
  const version = head.readUInt8(3)
  const end = Math.min(fileBytes, 10 + sevenBits(head, 6))
  const texts: string[] = []
  let at = 10
  for (let count = 0; count < maxElements && at + 10 <= end; count += 1) {
    const frame = await readAt(file, at, 10)
    const length = version >= 4 ? sevenBits(frame, 4) : frame.readUInt32BE(4)
    if (length === 0 || at + 10 + length > end) break
    const isText = frame.toString('latin1', 0, 4) === 'TXXX' && length <= maxWorkflowBytes
    if (isText) {
      const [key = '', ...rest] = userText(await readAt(file, at + 10, length)).split('\0')
      if (isWorkflowKey(key)) texts.push(...jsonIn(rest.join('')))
    }
    at += 10 + length
  }
  return texts
}

/** Four bytes of seven bits each. */
function sevenBits(bytes: Buffer, at: number): number {
  return bytes.subarray(at, at + 4).reduce((value, byte) => value * 128 + (byte & 0x7f), 0)
}

/** Its first byte is the encoding: Latin-1, UTF-16 with a byte order mark, UTF-16BE or UTF-8. */
function userText(bytes: Buffer): string {
  const content = bytes.subarray(1)
  if (bytes[0] === 0) return content.toString('latin1')
  if (bytes[0] === 3) return content.toString('utf8')
  const isBigEndian = bytes[0] === 2 || content[0] === 0xfe
  const even = Buffer.from(content.subarray(0, content.length - (content.length % 2)))
  return (isBigEndian ? even.swap16() : even).toString('utf16le').replaceAll('\uFEFF', '')
}

export const isMatroska = (start: Buffer) => start.readUInt32BE(0) === 0x1a45dfa3

/** Identifiers of Matroska elements (RFC 9559). */
const matroska = {
  segment: 0x18538067,
  tags: 0x1254c367,
  tag: 0x7373,
  simple: 0x67c8,
  name: 0x45a3,
  text: 0x4487,
}

/** The texts in the tags of a WebM or Matroska video. Skips pictures and sound. */
export async function textsOfMatroska(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const texts: string[] = []
  let ranges: readonly Range[] = [{ start: 0, end: fileBytes }]
  for (const id of [matroska.segment, matroska.tags, matroska.tag, matroska.simple]) {
    ranges = (await Promise.all(ranges.map((range) => elementsIn(file, range, id)))).flat()
  }
  for (const range of ranges.slice(0, maxElements)) {
    const [name] = await elementsIn(file, range, matroska.name)
    const [text] = await elementsIn(file, range, matroska.text)
    if (!name || !text || name.end - name.start > 100 || text.end - text.start > maxWorkflowBytes) continue
    const key = (await readAt(file, name.start, name.end - name.start)).toString('utf8')
    if (!isWorkflowKey(key)) continue
    texts.push(...jsonIn((await readAt(file, text.start, text.end - text.start)).toString('utf8')))
  }
  return texts
}

/** The contents of the elements with an identifier, directly inside a range (RFC 8794). */
async function elementsIn(file: FileHandle, { start, end }: Range, id: number): Promise<readonly Range[]> {
  const found: Range[] = []
  let at = start
  for (let count = 0; count < maxElements && at + 2 <= end; count += 1) {
    const head = await readAt(file, at, Math.min(12, end - at))
    const idBytes = Math.clz32(head.readUInt8(0)) - 23
    const sizeBytes = Math.clz32(head[idBytes] ?? 0) - 23
    if (idBytes > 4 || sizeBytes > 8 || head.length < idBytes + sizeBytes) break
    const contentAt = at + idBytes + sizeBytes
    const contentEnd = endOfElement(head.subarray(idBytes, idBytes + sizeBytes), contentAt, end)
    if (contentEnd > end) break
    if (head.readUIntBE(0, idBytes) === id) found.push({ start: contentAt, end: contentEnd })
    at = contentEnd
  }
  return found
}

/** An element without a known size, as in live streams, reaches up to the end. */
function endOfElement(size: Buffer, contentAt: number, end: number): number {
  const marker = 0x80 >> (size.length - 1)
  const first = size.readUInt8(0) & (marker - 1)
  const isUnknown = first === marker - 1 && size.subarray(1).every((byte) => byte === 0xff)
  return isUnknown ? end : contentAt + size.subarray(1).reduce((value, byte) => value * 256 + byte, first)
}

export const isGlb = (start: Buffer) => start.toString('latin1', 0, 4) === 'glTF'

/** The texts in the extras of a binary glTF's asset (glTF 2.0, 4.4). */
export async function textsOfGlb(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const head = await readAt(file, 12, 8)
  if (head.toString('latin1', 4, 8) !== 'JSON') return []
  const length = head.readUInt32LE(0)
  if (length > maxWorkflowBytes || 20 + length > fileBytes) return []
  const scene = parseJson(await readAt(file, 20, length), maxWorkflowBytes)
  const asset = isJson(scene) ? scene['asset'] : null
  const extras = isJson(asset) ? asset['extras'] : null
  return isJson(extras) ? [JSON.stringify({ workflow: extras['workflow'], prompt: extras['prompt'] })] : []
}

/** A safetensors header: its length, then JSON (huggingface/safetensors). ComfyUI saves latents like this. */
export const isSafetensors = (start: Buffer) =>
  start.length === 16 && start[8] === 0x7b && start.readUInt16LE(6) === 0

/** The texts in the metadata of a latent or model that ComfyUI saved. */
export async function textsOfSafetensors(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const length = parseHeaderLength(await readAt(file, 0, lengthPrefixBytes), fileBytes)
  if (!length.ok || length.value > maxWorkflowBytes) return []
  const header = parseSafetensors(await readAt(file, lengthPrefixBytes, length.value))
  if (!header.ok) return []
  const { metadata } = header.value
  return [JSON.stringify({ workflow: metadata.get('workflow'), prompt: metadata.get('prompt') })]
}

/** The JSON in the metadata element of an SVG. */
export function textsOfSvg(text: string): readonly string[] {
  const start = text.search(/<metadata>\s*<!\[CDATA\[/i)
  if (start < 0) return []
  const from = text.indexOf('[CDATA[', start) + '[CDATA['.length
  const end = text.indexOf(']]>', from)
  return end < 0 ? [] : [text.slice(from, end).trim()]
}
