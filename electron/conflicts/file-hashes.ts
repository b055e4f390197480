import { success } from '../contract/failures.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import type { Attempt } from '../platform/attempt.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'

/** SHA-256 of files: from the cache while the file is unchanged, else computed on the hash worker. */
export interface FileHashes {
  /** Fails when the file can't be read or has changed. */
  sha256Of(
    file: { readonly path: string; readonly identity: FileIdentity },
    options: { readonly signal: AbortSignal; readonly onProgress: (hashedBytes: number) => void },
  ): Promise<Attempt<string>>
}

export function createFileHashes(options: {
  readonly hasher: Pick<Hasher, 'hash'>
  readonly cache: HashCache
}): FileHashes {
  const { hasher, cache } = options
  return {
    async sha256Of({ path, identity }, { signal, onProgress }) {
      const cached = cache.find(path, identity)
      if (cached !== null) return success(cached)
      const segmentBytes = Math.max(1, identity.sizeBytes)
      const hashing = hasher.hash({ path, identity, segmentBytes }, { signal, onProgress })
      // No upload reads this file meanwhile, so the hash need not keep pace with one.
      hashing.uploadReached(identity.sizeBytes)
      const hash = await hashing.result
      if (!hash.ok) return hash
      cache.remember(path, identity, hash.value.sha256)
      return success(hash.value.sha256)
    },
  }
}
