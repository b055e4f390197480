import { createFileHashes } from '../../../electron/conflicts/file-hashes.ts'
import type { HashCache } from '../../../electron/journal/hash-cache.ts'
import { failed, failure } from '../../../electron/contract/failures.ts'
import type { FileHash, Hasher } from '../../../electron/transfer/hasher.ts'
import { type Attempt, aborted } from '../../../electron/platform/aborted.ts'
import { test, expect } from 'vitest'

const identity = { sizeBytes: 5_000, mtimeNs: 1n, inode: 7n }

const file = { path: '/models/a.safetensors', identity }

/** Hashes of files that a thread computes with this result. */
function setup(result: Attempt<FileHash>) {
  const cached = new Map<string, string>()
  const jobs: { readonly path: string; readonly segmentBytes: number }[] = []
  const readUpTo: number[] = []
  const hasher: Pick<Hasher, 'hash'> = {
    hash(job, { onProgress }) {
      jobs.push(job)
      onProgress(1_000)
      return {
        result: Promise.resolve(result),
        uploadReached: (bytes: number) => void readUpTo.push(bytes),
      } as never
    },
  }
  const cache: Pick<HashCache, 'find' | 'remember'> = {
    find: (path) => cached.get(path) ?? null,
    remember: (path, _identity, hash) => void cached.set(path, hash),
  }
  const hashes = createFileHashes({ hasher, cache: cache as HashCache })
  const progress: number[] = []
  const hash = () =>
    hashes.sha256Of(file, {
      signal: new AbortController().signal,
      onProgress: (bytes) => progress.push(bytes),
    })
  return { hash, cached }
}

test.for<[string, Attempt<FileHash>]>([
  ['cannot be read', failed(failure('file-unreadable'))],
  ['is not needed any more', aborted],
])('remembers no hash of a file that %s', async ([, result]) => {
  const { hash, cached } = setup(result)
  expect(await hash()).toEqual(result)
  expect(cached.size).toBe(0)
})
