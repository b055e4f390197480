import { ggufMagic } from './gguf.ts'
import { extensionOf, hasModelExtension } from '../file-names.ts'

/** What the first bytes of a file are, before anything is parsed. */
export type Look =
  | { readonly is: 'lfs-pointer'; readonly realBytes: number }
  | { readonly is: 'web-page' }
  | { readonly is: 'zeros' }
  | { readonly is: 'gguf' }
  | { readonly is: 'zip' }
  | { readonly is: 'pickle' }
  | { readonly is: 'unknown' }

/** Pointers are shorter than this (git-lfs, docs/spec.md). */
const longestPointer = 1024
const pointerStart = /^version https:\/\/(git-lfs|hawser)\.github\.com\/spec\/v1\n/
const webPageStart = /^\s*<(!doctype|html|head|body|\?xml|script|error)/i
const errorReplyStart = /^\s*(\{\s*"|\[\s*[{"])/

const zipStart = Buffer.from('PK\u0003\u0004', 'latin1')
/** "End of central directory", without which no zip can be opened (PKWARE APPNOTE, 4.3.16). */
const zipEnd = Buffer.from('PK\u0005\u0006', 'latin1')
/** The record and its longest comment. */
export const zipTailBytes = 22 + 65_535

/** Extensions whose files can never begin with text. */
const neverText = new Set(['.safetensors', '.sft', '.gguf'])

/** Says what a file's first bytes are. `start` holds the first few kilobytes at least, or the whole file. */
export function looksLike(start: Buffer, name: string, fileBytes: number): Look {
  if (start.length > 0 && isZero(start)) return { is: 'zeros' }
  if (start.subarray(0, 4).equals(ggufMagic)) return { is: 'gguf' }
  if (start.subarray(0, 4).equals(zipStart)) return { is: 'zip' }
  const text = start
    .subarray(0, longestPointer)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  if (fileBytes < longestPointer && pointerStart.test(text)) {
    const size = /^size (\d{1,16})$/m.exec(text)?.[1]
    if (size !== undefined) return { is: 'lfs-pointer', realBytes: Number(size) }
  }
  if (webPageStart.test(text) || isErrorReply(start, text, name)) return { is: 'web-page' }
  const protocol = start[1] ?? 0
  if (start[0] === 0x80 && protocol >= 2 && protocol <= 5) return { is: 'pickle' }
  return { is: 'unknown' }
}

/** A server's refusal saved under the model's name: JSON, or a plain sentence where only bytes can be. */
function isErrorReply(start: Buffer, text: string, name: string): boolean {
  // A safetensors header of 0x227b bytes begins with `{"` too; the zeros that follow tell it apart.
  if (!hasModelExtension(name) || start.length === 0 || !isText(start.subarray(0, longestPointer)))
    return false
  return neverText.has(extensionOf(name)) || errorReplyStart.test(text)
}

function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

export function isZero(bytes: Buffer): boolean {
  return (
    bytes.length === 0 || (bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0)
  )
}

/** Whether the end of a zip is there; `tail` holds its last `zipTailBytes`, or all of it. */
export function hasZipEnd(tail: Buffer): boolean {
  return tail.lastIndexOf(zipEnd) >= 0
}
