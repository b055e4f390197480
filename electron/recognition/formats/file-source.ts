import type { FileHandle } from 'node:fs/promises'
import type { ByteSource } from './byte-window.ts'
import { readAt } from './read-at.ts'

/** An open file as a source of bytes, of the size it had when it was looked at. */
export function fileSource(file: FileHandle, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    async read(position, length) {
      const count = Math.max(0, Math.min(length, sizeBytes - position))
      return count === 0 ? Buffer.alloc(0) : readAt(file, position, count)
    },
  }
}
