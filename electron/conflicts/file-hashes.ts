import { success } from '../contract/failures.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import type { Attempt } from '../platform/aborted.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import { hashWholeFile, type Hasher } from '../transfer/hasher.ts'

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
      const sha256 = await hashWholeFile({ path, identity }, { hasher, signal, onProgress })
      if (sha256.ok) cache.remember(path, identity, sha256.value)
      return sha256
    },
  }
}
