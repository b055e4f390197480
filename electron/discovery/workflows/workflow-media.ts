import { parseJson } from '../../platform/files/parse-json.ts'
import { bufferSource, type ByteSource } from '../../recognition/formats/byte-source.ts'
import {
  lengthPrefixBytes,
  parseHeaderLength,
  parseSafetensors,
} from '../../recognition/formats/safetensors.ts'
import {
  firstPartIn,
  maxParts,
  partsIn,
  readPadded,
  readRange,
  type PartSizes,
  type Range,
} from './media-parts.ts'
import { isJson } from './needed-models.ts'
import { maxWorkflowBytes } from './parse-workflow.ts'
import { textsOfExif } from './workflow-image.ts'

/** Keys under which ComfyUI and its video nodes store workflows. `comment` holds both as JSON. */
const isWorkflowKey = (key: string) => /^(workflow|prompt|comment)$/i.test(key)

/** Enough for the keys above. A file may have very many longer ones. */
const maxKeyBytes = 100

async function keyAt(source: ByteSource, { start, end }: Range): Promise<string> {
  return (await source.read(start, Math.min(maxKeyBytes, end - start))).toString('utf8')
}

/** The JSON in a metadata text, which may be preceded by a language code or byte order mark. */
function jsonIn(text: string): string[] {
  return /^[^{]{0,40}(\{[^]*)$/.exec(text)?.slice(1) ?? []
}

export const isIsoMedia = (start: Buffer) => start.toString('latin1', 4, 8) === 'ftyp'

interface Box extends Range {
  readonly type: string
}

/** ISO/IEC 14496-12, 4.2. */
function boxSizes(head: Buffer): PartSizes {
  const shortSize = head.readUInt32BE(0)
  if (shortSize === 0) return { headBytes: 8, contentBytes: null }
  return shortSize === 1
    ? { headBytes: 16, contentBytes: Number(head.readBigUInt64BE(8)) - 16 }
    : { headBytes: 8, contentBytes: shortSize - 8 }
}

/** The boxes of a range, without their headers. */
async function boxesIn(source: ByteSource, range: Range): Promise<readonly Box[]> {
  const boxes: Box[] = []
  for await (const { head, start, end } of partsIn(source, range, boxSizes))
    boxes.push({ type: head.toString('latin1', 4, 8), start, end })
  return boxes
}

/**
 * The texts in the metadata of an MP4, MOV or AVIF: the item list that ffmpeg writes (QuickTime File Format,
 * Metadata), or EXIF data (ISO/IEC 23008-12, A.2.1). Skips pictures and sound.
 */
export async function textsOfIsoMedia(source: ByteSource): Promise<readonly string[]> {
  const top = await boxesIn(source, { start: 0, end: source.sizeBytes })
  const texts: string[] = []
  for (const box of top) {
    if (box.type === 'meta') texts.push(...(await exifTexts(source, box)))
    if (box.type !== 'moov' && box.type !== 'udta') continue
    const inner = await boxesIn(source, box)
    const userData = inner.filter(({ type }) => type === 'udta')
    const nested = await Promise.all(userData.map((range) => boxesIn(source, range)))
    for (const meta of [...inner, ...nested.flat()].filter(({ type }) => type === 'meta')) {
      texts.push(...(await itemTexts(source, meta)))
    }
  }
  return texts
}

/** In MP4 a `meta` box begins with a version, in MOV it doesn't. */
async function boxesOfMeta(source: ByteSource, meta: Range): Promise<readonly Box[]> {
  const head = await readPadded(source, meta.start, 8)
  const hasVersion = head.toString('latin1', 4) !== 'hdlr'
  return boxesIn(source, hasVersion ? { ...meta, start: meta.start + 4 } : meta)
}

async function itemTexts(source: ByteSource, meta: Range): Promise<readonly string[]> {
  const boxes = await boxesOfMeta(source, meta)
  const list = boxes.find(({ type }) => type === 'ilst')
  if (!list) return []
  const keysBox = boxes.find(({ type }) => type === 'keys')
  const keys = keysBox ? await keysOf(source, keysBox) : []
  const texts: string[] = []
  for (const item of await boxesIn(source, list)) {
    // An item's type is the number of its key, or the four letters of a known tag.
    const key = keys[Buffer.from(item.type, 'latin1').readUInt32BE(0) - 1]
    if (item.type !== '\xa9cmt' && !isWorkflowKey(key ?? '')) continue
    for (const data of await boxesIn(source, item)) {
      if (data.type !== 'data') continue
      const text = await readRange(source, { ...data, start: data.start + 8 })
      texts.push(...jsonIn(text.toString('utf8')))
    }
  }
  return texts
}

async function keysOf(source: ByteSource, { start, end }: Range): Promise<readonly string[]> {
  // Version and number of keys, then for each its size, namespace and name, like boxes.
  const keys = await boxesIn(source, { start: start + 8, end })
  return Promise.all(keys.map((key) => keyAt(source, key)))
}

/** EXIF data of a picture: `iinf` names the item, `iloc` has its position (ISO/IEC 14496-12, 8.11). */
async function exifTexts(source: ByteSource, meta: Range): Promise<readonly string[]> {
  const boxes = await boxesOfMeta(source, meta)
  const items = boxes.find(({ type }) => type === 'iinf')
  const locations = boxes.find(({ type }) => type === 'iloc')
  if (!items || !locations) return []
  const [version] = await source.read(items.start, 1)
  const entriesAt = items.start + (version === 0 ? 6 : 8)
  for (const entry of await boxesIn(source, { start: entriesAt, end: items.end })) {
    if (entry.type !== 'infe') continue
    const info = await readPadded(source, entry.start, 14)
    const isShort = info[0] === 2
    if (info.toString('latin1', isShort ? 8 : 10, isShort ? 12 : 14) !== 'Exif') continue
    const id = isShort ? info.readUInt16BE(4) : info.readUInt32BE(4)
    const bytes = await source.read(locations.start, Math.min(100_000, locations.end - locations.start))
    const range = locationOf(bytes, id)
    if (!range) return []
    // The data begins with the distance to its TIFF header.
    const distance = (await readPadded(source, range.start, 4)).readUInt32BE(0)
    return textsOfExif((await readRange(source, range)).subarray(4 + distance))
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

const flacBlockSizes = (head: Buffer): PartSizes => ({ headBytes: 4, contentBytes: head.readUIntBE(1, 3) })

/** The texts in the Vorbis comments of a FLAC (RFC 9639, 8.6). */
export async function textsOfFlac(source: ByteSource): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const block of partsIn(source, { start: 4, end: source.sizeBytes }, flacBlockSizes)) {
    const type = block.head.readUInt8(0)
    if ((type & 0x7f) === 4) texts.push(...(await vorbisTexts(await readRange(source, block))))
    if (type >= 0x80) break
  }
  return texts
}

const vorbisTextSizes = (head: Buffer): PartSizes => ({ headBytes: 4, contentBytes: head.readUInt32LE(0) })

/** `KEY=value` texts after the name of the program and their number (Vorbis I specification, 5.2.1). */
async function vorbisTexts(bytes: Buffer): Promise<readonly string[]> {
  const source = bufferSource(bytes)
  const end = bytes.length
  const program = await firstPartIn(source, { start: 0, end }, vorbisTextSizes)
  if (!program) return []
  const texts: string[] = []
  for await (const text of partsIn(source, { start: program.end + 4, end }, vorbisTextSizes)) {
    const comment = bytes.toString('utf8', text.start, text.end)
    const equals = comment.indexOf('=')
    if (isWorkflowKey(comment.slice(0, equals))) texts.push(...jsonIn(comment.slice(equals + 1)))
  }
  return texts
}

export const isOgg = (start: Buffer) => start.toString('latin1', 0, 4) === 'OggS'

/** Of an Ogg page, with 255 lengths. */
const maxPageHeadBytes = 27 + 255

/** The lengths of the pieces of packets in an Ogg page. */
const pieceLengths = (head: Buffer) => head.subarray(27, 27 + head.readUInt8(26))

function oggPageSizes(head: Buffer): PartSizes | null {
  const lengths = pieceLengths(head)
  const contentBytes = lengths.reduce((sum, length) => sum + length, 0)
  return isOgg(head) ? { headBytes: 27 + lengths.length, contentBytes } : null
}

/** The texts in the comments of Opus or Vorbis in Ogg: the second packet (RFC 3533, 6; RFC 7845, 5.2). */
export async function textsOfOgg(source: ByteSource): Promise<readonly string[]> {
  const pieces: Buffer[] = []
  let packet = 0
  const range = { start: 0, end: Math.min(source.sizeBytes, maxWorkflowBytes) }
  for await (const page of partsIn(source, range, oggPageSizes, maxPageHeadBytes)) {
    const content = await readRange(source, page)
    let start = 0
    for (const length of pieceLengths(page.head)) {
      if (packet === 1) pieces.push(content.subarray(start, start + length))
      start += length
      // A packet ends with a piece of less than 255 bytes.
      if (length < 255) packet += 1
      if (packet > 1) return textsOfComments(Buffer.concat(pieces))
    }
  }
  return []
}

async function textsOfComments(packet: Buffer): Promise<readonly string[]> {
  if (packet.toString('latin1', 0, 8) === 'OpusTags') return vorbisTexts(packet.subarray(8))
  return packet.toString('latin1', 0, 7) === '\x03vorbis' ? vorbisTexts(packet.subarray(7)) : []
}

export const isMp3 = (start: Buffer) => start.toString('latin1', 0, 3) === 'ID3'

/** The user-defined texts (TXXX) in an MP3's tag (ID3v2.3 and ID3v2.4, 4.2.6). */
export async function textsOfMp3(source: ByteSource): Promise<readonly string[]> {
  const head = await readPadded(source, 0, 10)
  const isSevenBits = head.readUInt8(3) >= 4
  const end = Math.min(source.sizeBytes, 10 + sevenBits(head, 6))
  const frameSizes = (frame: Buffer): PartSizes | null => {
    const contentBytes = isSevenBits ? sevenBits(frame, 4) : frame.readUInt32BE(4)
    // Padding follows.
    return contentBytes === 0 ? null : { headBytes: 10, contentBytes }
  }
  const texts: string[] = []
  for await (const frame of partsIn(source, { start: 10, end }, frameSizes)) {
    if (frame.head.toString('latin1', 0, 4) !== 'TXXX') continue
    const [key = '', ...rest] = userText(await readRange(source, frame)).split('\0')
    if (isWorkflowKey(key)) texts.push(...jsonIn(rest.join('')))
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
  segment: '18538067',
  tags: '1254c367',
  tag: '7373',
  simple: '67c8',
  name: '45a3',
  text: '4487',
}

/** The texts in the tags of a WebM or Matroska video. Skips pictures and sound. */
export async function textsOfMatroska(source: ByteSource): Promise<readonly string[]> {
  const texts: string[] = []
  let ranges: readonly Range[] = [{ start: 0, end: source.sizeBytes }]
  for (const id of [matroska.segment, matroska.tags, matroska.tag, matroska.simple]) {
    ranges = (await Promise.all(ranges.map((range) => elementsIn(source, range, id)))).flat()
  }
  for (const range of ranges.slice(0, maxParts)) {
    const [name] = await elementsIn(source, range, matroska.name)
    const [text] = await elementsIn(source, range, matroska.text)
    if (!name || !text) continue
    if (!isWorkflowKey(await keyAt(source, name))) continue
    texts.push(...jsonIn((await readRange(source, text)).toString('utf8')))
  }
  return texts
}

/** The elements with an identifier, directly inside a range. */
async function elementsIn(source: ByteSource, range: Range, id: string): Promise<readonly Range[]> {
  const elements: Range[] = []
  for await (const { head, start, end } of partsIn(source, range, elementSizes))
    // No identifier begins with another one.
    if (head.toString('hex', 0, 4).startsWith(id)) elements.push({ start, end })
  return elements
}

/** RFC 8794, 4 and 5: the zeros before the first one bit of a number tell its length. */
function elementSizes(head: Buffer): PartSizes | null {
  const idBytes = Math.clz32(head.readUInt8(0)) - 23
  const sizeBytes = Math.clz32(head.readUInt8(idBytes)) - 23
  if (idBytes > 4 || sizeBytes > 8) return null
  const size = head.subarray(idBytes, idBytes + sizeBytes)
  return { headBytes: idBytes + sizeBytes, contentBytes: elementBytes(size) }
}

/** An element without a known size, as in live streams, reaches up to the end. */
function elementBytes(size: Buffer): number | null {
  const marker = 0x80 >> (size.length - 1)
  const first = size.readUInt8(0) & (marker - 1)
  const isUnknown = first === marker - 1 && size.subarray(1).every((byte) => byte === 0xff)
  return isUnknown ? null : size.subarray(1).reduce((value, byte) => value * 256 + byte, first)
}

export const isGlb = (start: Buffer) => start.toString('latin1', 0, 4) === 'glTF'

const glbChunkSizes = (head: Buffer): PartSizes => ({ headBytes: 8, contentBytes: head.readUInt32LE(0) })

/** The texts in the extras of a binary glTF's asset, in its first chunk (glTF 2.0, 4.4). */
export async function textsOfGlb(source: ByteSource): Promise<readonly string[]> {
  const chunk = await firstPartIn(source, { start: 12, end: source.sizeBytes }, glbChunkSizes)
  if (chunk?.head.toString('latin1', 4, 8) !== 'JSON') return []
  const scene = parseJson(await readRange(source, chunk), maxWorkflowBytes)
  const asset = isJson(scene) ? scene['asset'] : null
  const extras = isJson(asset) ? asset['extras'] : null
  return isJson(extras) ? [textOfBoth(extras['workflow'], extras['prompt'])] : []
}

const textOfBoth = (workflow: unknown, prompt: unknown) => JSON.stringify({ workflow, prompt })

/** A safetensors header: its length, then JSON (huggingface/safetensors). ComfyUI saves latents like this. */
export const isSafetensors = (start: Buffer) => start[8] === 0x7b && start.readUInt16LE(6) === 0

/** The texts in the metadata of a latent or model that ComfyUI saved. */
export async function textsOfSafetensors(source: ByteSource): Promise<readonly string[]> {
  const length = parseHeaderLength(await source.read(0, lengthPrefixBytes), source.sizeBytes)
  if (!length.ok || length.value > maxWorkflowBytes) return []
  const header = parseSafetensors(await source.read(lengthPrefixBytes, length.value))
  if (!header.ok) return []
  const { metadata } = header.value
  return [textOfBoth(metadata.get('workflow'), metadata.get('prompt'))]
}

/** The JSON in the metadata element of an SVG. */
export function textsOfSvg(text: string): readonly string[] {
  const start = text.search(/<metadata>\s*<!\[CDATA\[/i)
  if (start < 0) return []
  const from = text.indexOf('[CDATA[', start) + '[CDATA['.length
  const end = text.indexOf(']]>', from)
  return end < 0 ? [] : [text.slice(from, end).trim()]
}
