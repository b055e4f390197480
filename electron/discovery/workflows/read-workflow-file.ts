import { inflateSync } from 'node:zlib'
import { parseJson } from '../../platform/files/parse-json.ts'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { fileSource, type ByteSource } from '../../recognition/formats/byte-source.ts'
import type { NeededModel } from './needed-models.ts'
import { maxWorkflowBytes, mergeNeededModels, parseNeededModels } from './parse-workflow.ts'

/** Our own limits; real files have a few objects and, with 8 KiB of picture in each, some thousand chunks. */
const maxObjects = 1_000
const maxPngChunks = 20_000

/**
 * The models that the workflow in a JSON file, picture, video, sound or 3D model needs; null if the file
 * holds no workflow or can't be read. Looks for JSON objects in the file's bytes, because programs store workflows
 * uncompressed, except in PNG and Ogg. Never rejects.
 */
export async function readWorkflowFile(path: string): Promise<readonly NeededModel[] | null> {
  try {
    await using file = await openRegularFile(path)
    const { size } = await file.stat()
    const lists = textsOf(await readEnds(fileSource(file, size))).flatMap(workflowsIn)
    return lists.length === 0 ? null : mergeNeededModels(lists)
  } catch {
    return null
  }
}

/** A large video or sound has its metadata in front of or behind its content. */
async function readEnds(source: ByteSource): Promise<Buffer> {
  const endBytes = Math.max(0, Math.min(maxWorkflowBytes, source.sizeBytes - maxWorkflowBytes))
  return Buffer.concat([
    await source.read(0, maxWorkflowBytes),
    await source.read(source.sizeBytes - endBytes, endBytes),
  ])
}

/** A file's bytes and what is packed in them. */
function textsOf(bytes: Buffer): readonly Buffer[] {
  const start = bytes.toString('latin1', 0, 8)
  if (start === '\x89PNG\r\n\x1a\n') return [bytes, ...packedTextsOfPng(bytes)]
  if (start.startsWith('OggS')) return [withoutOggHeaders(bytes)]
  return start.startsWith('ID3') ? [bytes, ...utf16TextsIn(bytes)] : [bytes]
}

/** The models of all workflows in a text or in other bytes. Takes time in proportion to the number of bytes. */
function workflowsIn(bytes: Buffer): (readonly NeededModel[])[] {
  const lists: (readonly NeededModel[])[] = []
  const text = bytes.toString('latin1')
  const objectStart = /\{\s*"[^"\\]{0,200}"\s*:/g
  let objects = 0
  for (let match = objectStart.exec(text); match && objects < maxObjects; match = objectStart.exec(text)) {
    const { end, isClosed } = endOfObject(bytes, match.index)
    objectStart.lastIndex = end
    const object = bytes.subarray(match.index, end)
    if (!isClosed || !(object.includes('nodes') || object.includes('class_type'))) continue
    objects += 1
    const models = parseNeededModels(parseJson(object, maxWorkflowBytes))
    if (models) lists.push(models)
  }
  return lists
}

const [quote, backslash, space] = [0x22, 0x5c, 0x20]

/** The position behind an object, or behind the first byte that JSON doesn't allow. */
function endOfObject(bytes: Buffer, start: number): { readonly end: number; readonly isClosed: boolean } {
  let depth = 0
  let isInText = false
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < space && (isInText || !'\t\n\r'.includes(String.fromCharCode(byte))))
      return { end: at + 1, isClosed: false }
    if (byte === quote) isInText = !isInText
    else if (isInText) at += byte === backslash ? 1 : 0
    // The brackets and braces, of which the closing ones are 2 greater.
    else if (byte === 0x5b || byte === 0x7b) depth += 1
    else if (byte === 0x5d || byte === 0x7d) depth -= 1
    if (depth === 0) return { end: at + 1, isClosed: true }
  }
  return { end: bytes.length, isClosed: false }
}

/** The compressed texts of a PNG with ComfyUI's keywords (zTXt and iTXt, PNG specification 11.3.3). */
function packedTextsOfPng(bytes: Buffer): readonly Buffer[] {
  const texts: Buffer[] = []
  let remainingBytes = maxWorkflowBytes
  let at = 8
  for (let count = 0; count < maxPngChunks && at + 8 <= bytes.length; count += 1) {
    const end = at + 8 + bytes.readUInt32BE(at)
    const packed = packedText(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, end))
    const text = packed && inflate(packed, remainingBytes)
    if (text) texts.push(text)
    remainingBytes -= text?.length ?? 0
    // A checksum follows.
    at = end + 4
  }
  return texts
}

function packedText(kind: string, content: Buffer): Buffer | null {
  const end = content.indexOf(0)
  if (!/^(zTXt|iTXt)$/.test(kind) || !/^(workflow|prompt)$/i.test(content.toString('latin1', 0, end)))
    return null
  if (kind === 'zTXt') return content.subarray(end + 2)
  const languageEnd = content.indexOf(0, end + 3)
  return content[end + 1] === 1 ? content.subarray(content.indexOf(0, languageEnd + 1) + 1) : null
}

/** A small chunk may inflate to gigabytes, so the output is limited. */
function inflate(bytes: Buffer, maxBytes: number): Buffer | null {
  try {
    return inflateSync(bytes, { maxOutputLength: maxBytes })
  } catch {
    return null
  }
}

/** The packets of an Ogg file, which pages of up to 64 KiB interrupt (RFC 3533, 6). */
function withoutOggHeaders(bytes: Buffer): Buffer {
  const contents: Buffer[] = []
  let at = 0
  while (bytes.toString('latin1', at, at + 4) === 'OggS') {
    const start = at + 27 + (bytes[at + 26] ?? 0)
    at = bytes.subarray(at + 27, start).reduce((sum, length) => sum + length, start)
    contents.push(bytes.subarray(start, at))
  }
  return Buffer.concat(contents)
}

/** Both byte orders, from even and odd positions: ID3 2.3 has texts with other letters in UTF-16 (4.2). */
function utf16TextsIn(bytes: Buffer): readonly Buffer[] {
  return [0, 1].flatMap((start) => {
    const content = bytes.subarray(start, bytes.length - ((bytes.length - start) % 2))
    return [content, Buffer.from(content).swap16()].map((text) => Buffer.from(text.toString('utf16le')))
  })
}
