import { open, type FileHandle } from 'node:fs/promises'
import { readFull } from '../transfer/file-identity.ts'

/** Read of each file at each place: two models that differ at all differ here, but for a patched byte or two. */
const sampleBytes = 64 * 1024

/**
 * Whether two files of one size may hold the same bytes, by a look at three places: files of one training often have one
 * size, and hashing all of them to find out would read the whole disk. A file that can't be read is not the same.
 */
export async function mayBeTwins(one: string, other: string, sizeBytes: number): Promise<boolean> {
  const files: FileHandle[] = []
  try {
    for (const path of [one, other]) files.push(await open(path, 'r'))
    const [first, second] = files as [FileHandle, FileHandle]
    const middle = Math.floor(sizeBytes / 2)
    // The header of two models of one kind is the same more often than not; their weights are not.
    for (const start of new Set([sizeBytes - sampleBytes, middle, 0].map((at) => Math.max(0, at)))) {
      const [a, b] = await Promise.all([sampleAt(first, start), sampleAt(second, start)])
      if (!a.equals(b)) return false
    }
    return true
  } catch {
    return false
  } finally {
    for (const file of files) await file.close()
  }
}

async function sampleAt(file: FileHandle, start: number): Promise<Buffer> {
  const bytes = Buffer.alloc(sampleBytes)
  return bytes.subarray(0, await readFull(file, bytes, sampleBytes, start))
}
