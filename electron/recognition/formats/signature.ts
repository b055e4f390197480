import { isFilledWith } from './byte-source.ts'
import { ggufMagic } from './gguf.ts'
import { extensionOf, hasModelExtension } from '../file-names.ts'

/** What a file's first bytes show before anything is parsed. */
export type Signature =
  | { readonly type: 'lfs-pointer'; readonly realBytes: number }
  | { readonly type: 'web-page' }
  | { readonly type: 'zeros' }
  | { readonly type: 'gguf' }
  | { readonly type: 'zip' }
  | { readonly type: 'pickle' }
  | { readonly type: 'unknown' }

/** Pointers are shorter than this (git-lfs, docs/spec.md). */
const maxPointerBytes = 1024
const pointerStart = /^version https:\/\/(git-lfs|hawser)\.github\.com\/spec\/v1\n/
const webPageStart = /^\s*<(!doctype|html|head|body|\?xml|script|error)/i
const errorReplyStart = /^\s*(\{\s*"|\[\s*[{"])/

const zipStart = Buffer.from('PK\u0003\u0004', 'latin1')
/** "End of central directory", which every zip needs (PKWARE APPNOTE, 4.3.16). */
const zipEnd = Buffer.from('PK\u0005\u0006', 'latin1')
/** Size of that record with the longest possible comment. */
export const zipTailBytes = 22 + 65_535

/** Whether bytes begin a zip, with a member or with the end record of an empty one. */
export function isZipStart(start: Buffer): boolean {
  return beginsWithMember(start) || start.subarray(0, 4).equals(zipEnd)
}

/** Whether bytes begin a zip for `torch.load` (torch/serialization.py, `_is_zipfile`). */
export function beginsWithMember(start: Buffer): boolean {
  return start.subarray(0, 4).equals(zipStart)
}

/** PROTO and its version, with which every pickle from protocol 2 on begins (pickletools.py). */
function isPickleStart(bytes: Buffer): boolean {
  const protocol = bytes[1] ?? 0
  return bytes[0] === 0x80 && protocol >= 2 && protocol <= 5
}

/** Extensions whose files can never begin with text. */
const binaryExtensions = new Set(['.safetensors', '.sft', '.gguf'])

/**
 * Detects a file's type by its first bytes. `start` holds at least the first few kilobytes, or the whole
 * file.
 */
export function detectSignature(start: Buffer, name: string, fileBytes: number): Signature {
  if (start.length > 0 && isAllZeros(start)) return { type: 'zeros' }
  if (start.subarray(0, 4).equals(ggufMagic)) return { type: 'gguf' }
  if (isZipStart(start)) return { type: 'zip' }
  const text = start
    .subarray(0, maxPointerBytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  if (fileBytes < maxPointerBytes && pointerStart.test(text)) {
    const size = /^size (\d{1,16})$/m.exec(text)?.[1]
    if (size !== undefined) return { type: 'lfs-pointer', realBytes: Number(size) }
  }
  if (webPageStart.test(text) || isErrorReply(start, text, name)) return { type: 'web-page' }
  if (isPickleStart(start)) return { type: 'pickle' }
  return { type: 'unknown' }
}

/** A server's error saved under the model's name: JSON, or plain text in a format that is always binary. */
function isErrorReply(start: Buffer, text: string, name: string): boolean {
  // A safetensors header of 0x227b bytes begins with `{"` too, but zeros follow.
  if (!hasModelExtension(name) || start.length === 0 || !isText(start.subarray(0, maxPointerBytes)))
    return false
  return binaryExtensions.has(extensionOf(name)) || errorReplyStart.test(text)
}

function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

export function isAllZeros(bytes: Buffer): boolean {
  return isFilledWith(bytes, 0)
}

/** Whether a zip has its end record. `tail` holds its last `zipTailBytes`, or all of it. */
export function hasZipEnd(tail: Buffer): boolean {
  return tail.lastIndexOf(zipEnd) >= 0
}
