import type { ByteSource } from '../../recognition/formats/byte-source.ts'
import { maxWorkflowBytes } from './parse-workflow.ts'

/** A range of bytes in a file. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A chunk, box, segment, block, page, frame or element. The range is its content's. */
export interface MediaPart extends Range {
  /** Its header and some bytes behind it; zeros behind the end of the file. */
  readonly head: Buffer
}

export interface PartSizes {
  readonly headBytes: number
  /** Null if the part reaches to the end of its range. */
  readonly contentBytes: number | null
  /** A checksum or padding behind the content, which may be missing at the end. */
  readonly trailingBytes?: number
}

/** Reads the sizes of a part from its header; null if it ends the parts. */
export type ReadSizes = (head: Buffer) => PartSizes | null

/** Files have far fewer parts; the limit stops hostile files with very many. */
export const maxParts = 20_000

/** Enough for the header of a chunk, box, segment, block, frame or element. */
const usualHeadBytes = 16

/**
 * The parts that follow each other in a range, up to the first one that is damaged or not complete. `headBytes` are
 * read of each.
 */
export async function* partsIn(
  source: ByteSource,
  { start, end }: Range,
  readSizes: ReadSizes,
  headBytes = usualHeadBytes,
): AsyncGenerator<MediaPart> {
  let at = start
  for (let count = 0; count < maxParts && at < end; count += 1) {
    const head = await readPadded(source, at, headBytes)
    const sizes = readSizes(head)
    if (!sizes) return
    const contentStart = at + sizes.headBytes
    const contentEnd = sizes.contentBytes === null ? end : contentStart + sizes.contentBytes
    if (contentEnd < contentStart || contentEnd > end) return
    yield { head, start: contentStart, end: contentEnd }
    at = contentEnd + (sizes.trailingBytes ?? 0)
  }
}

/** The first part of a range; null if it is damaged or not complete. */
export async function firstPartIn(
  source: ByteSource,
  range: Range,
  readSizes: ReadSizes,
): Promise<MediaPart | null> {
  for await (const part of partsIn(source, range, readSizes)) return part
  return null
}

/** So many bytes of a source, with zeros behind its end. */
export async function readPadded(source: ByteSource, position: number, length: number): Promise<Buffer> {
  return Buffer.concat([await source.read(position, length)], length)
}

/** The bytes of a range; none if they are more than a workflow may have. */
export async function readRange(source: ByteSource, { start, end }: Range): Promise<Buffer> {
  return end - start > maxWorkflowBytes ? Buffer.alloc(0) : source.read(start, end - start)
}
