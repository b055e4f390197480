import { lstat } from 'node:fs/promises'
import type { HashedFile } from '../journal/hash-cache.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Timers } from '../platform/environment.ts'
import {
  identityOf,
  mayHaveSameBytes,
  openSameFile,
  readSample,
  isUntouched,
} from '../platform/files/file-identity.ts'

/**
 * A disk that has not answered after this time, in ms, is skipped so that it does not delay files on other
 * disks.
 */
const readTimeoutMs = 5_000
/** Cached samples, about 300 bytes each. */
const maxCachedSamples = 4_000

/**
 * Compares two files of one size at three positions. Files of one training run often have the same size, and
 * hashing all of them would read the whole disk.
 */
export interface FileSamples {
  /** Null where one of the files could not be read or has changed. */
  mayBeEqual(one: HashedFile, other: HashedFile): Promise<boolean | null>
}

/**
 * Each file is read once and cached: a folder with a hundred epochs of one LoRA makes about five thousand
 * pairs.
 */
export function createFileSamples(timers: Timers): FileSamples {
  const cache = new Map<string, { readonly file: HashedFile; readonly sample: Promise<string | null> }>()

  function sampleOf(file: HashedFile): Promise<string | null> {
    const cached = cache.get(file.path)
    if (cached && isUntouched(cached.file.identity, file.identity)) return cached.sample
    const sample = withTimeout(sampleAt(file), timers, readTimeoutMs)
    cache.delete(file.path)
    cache.set(file.path, { file, sample })
    // A file that could not be read may be readable next time.
    void sample.then((digest) => {
      if (digest === null && cache.get(file.path)?.sample === sample) cache.delete(file.path)
    })
    const [oldest] = cache.keys()
    if (cache.size > maxCachedSamples && oldest !== undefined) cache.delete(oldest)
    return sample
  }

  return {
    async mayBeEqual(one, other) {
      const [sample, otherSample] = await Promise.all([sampleOf(one), sampleOf(other)])
      return sample === null || otherSample === null ? null : sample === otherSample
    },
  }
}

/**
 * The file's sample, or null if the file is missing or has changed. One that was taken before is valid also if
 * inode or device have got new numbers since.
 */
async function sampleAt({ path, identity }: HashedFile): Promise<string | null> {
  if (identity.sample !== undefined) {
    const found = await lstat(path, { bigint: true }).then(identityOf, () => null)
    return found && mayHaveSameBytes(found, identity) ? identity.sample : null
  }
  const opened = await openSameFile(path, identity)
  if (!opened.ok) return null
  const { handle } = opened
  try {
    return await readSample(handle, identity.sizeBytes)
  } catch {
    return null
  } finally {
    await handle.close()
  }
}
