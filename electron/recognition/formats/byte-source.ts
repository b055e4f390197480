import type { ReadableFile } from '../../platform/files/regular-file.ts'

/** Random access to bytes: a file, or an unpacked part of one. */
export interface ByteSource {
  readonly sizeBytes: number
  /** Returns fewer bytes than requested only at the end. */
  read(position: number, length: number): Promise<Buffer>
}

/** An open file, limited to the size that it had when it was opened. */
export function fileSource(file: Pick<ReadableFile, 'read'>, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    async read(position, length) {
      const count = Math.max(0, Math.min(length, sizeBytes - position))
      return count === 0 ? Buffer.alloc(0) : readAt(file, position, count)
    },
  }
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  }
}

/** The bytes of a source from `start` to before `end`. */
export function sliceSource(source: ByteSource, start: number, end: number): ByteSource {
  return {
    sizeBytes: end - start,
    read: (position, length) =>
      source.read(start + position, Math.max(0, Math.min(length, end - start - position))),
  }
}

/** A source whose first bytes were read before and are not read again. */
export function withHead(source: ByteSource, head: Buffer): ByteSource {
  return {
    sizeBytes: source.sizeBytes,
    async read(position, length) {
      const end = Math.min(position + length, source.sizeBytes)
      return end <= head.length ? head.subarray(position, end) : source.read(position, length)
    },
  }
}

/** Reads from `position` until `length` bytes or the end of the file. */
export async function readAt(
  file: Pick<ReadableFile, 'read'>,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Whether all bytes have this value. Compares natively, without a loop over the bytes. */
export function isFilledWith(bytes: Buffer, value: number): boolean {
  if (bytes.length === 0) return true
  return bytes[0] === value && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0
}
