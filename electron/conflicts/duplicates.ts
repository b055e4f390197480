import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Timers } from '../platform/environment.ts'
import { openSameFile, readFull, sameFile } from '../platform/file-identity.ts'
import { withTimeout } from '../platform/delays.ts'
import type { HashedFile } from '../journal/hash-cache.ts'

/** Read of a file at each place: two models that differ at all differ here, but for a patched byte or two. */
const sampleBytes = 64 * 1024
/** A disk that has not answered by then says nothing, in ms: files on other disks don't wait for it. */
const withinMs = 5_000
/** Files whose samples are remembered, some 300 bytes each. */
const mostRemembered = 4_000

/**
 * Whether two files of one size may hold the same bytes, by a look at three places: files of one training often have one
 * size, and hashing all of them to find out would read the whole disk.
 */
export interface Duplicates {
  /** `null` where one of them is not there as it was, so that nobody can tell. */
  mayBeEqual(one: HashedFile, other: HashedFile): Promise<boolean | null>
}

/** Each file is read once, however many it is held against: a folder of a hundred epochs of one LoRA is five thousand pairs. */
export function createDuplicates(timers: Timers): Duplicates {
  const remembered = new Map<string, { readonly file: HashedFile; readonly sample: Promise<string | null> }>()

  function sampleOf(file: HashedFile): Promise<string | null> {
    const known = remembered.get(file.path)
    if (known && sameFile(known.file.identity, file.identity)) return known.sample
    const sample = withTimeout(readSample(file), timers, withinMs)
    remembered.delete(file.path)
    remembered.set(file.path, { file, sample })
    // What can't be read now may be readable when it is asked for again.
    void sample.then((digest) => {
      if (digest === null && remembered.get(file.path)?.sample === sample) remembered.delete(file.path)
    })
    const [oldest] = remembered.keys()
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest)
    return sample
  }

  return {
    async mayBeEqual(one, other) {
      const [ours, theirs] = await Promise.all([sampleOf(one), sampleOf(other)])
      return ours === null || theirs === null ? null : ours === theirs
    },
  }
}

/** A digest of what lies at the three places, or null if the file is not there as it was. */
async function readSample({ path, identity }: HashedFile): Promise<string | null> {
  const opened = await openSameFile(path, identity)
  if (!opened.ok) return null
  const { handle } = opened
  try {
    const digest = createHash('sha256')
    const middle = Math.floor(identity.sizeBytes / 2)
    // The header of two models of one kind is the same more often than not; their weights are not.
    for (const start of new Set([0, middle, identity.sizeBytes - sampleBytes].map((at) => Math.max(0, at))))
      digest.update(await sampleAt(handle, start))
    return digest.digest('base64')
  } catch {
    return null
  } finally {
    await handle.close()
  }
}

async function sampleAt(file: FileHandle, start: number): Promise<Buffer> {
  const bytes = Buffer.alloc(sampleBytes)
  return bytes.subarray(0, await readFull(file, bytes, sampleBytes, start))
}
