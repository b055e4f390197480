import { success, type Result } from '../contract/failures.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { HashCache } from '../journal/hash-cache.ts'

/** The SHA-256 of a file: from memory where the file is as it was, else read on the hashing thread. */
export interface FileHashes {
  /** `null` when aborted; a failure when the file can't be read or has changed. */
  of(
    file: { readonly path: string; readonly identity: FileIdentity },
    watch: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
  ): Promise<Result<string> | null>
}

export function createFileHashes(options: {
  readonly hasher: Pick<Hasher, 'hash'>
  readonly cache: HashCache
}): FileHashes {
  const { hasher, cache } = options
  return {
    async of({ path, identity }, { signal, onProgress }) {
      const known = cache.find(path, identity)
      if (known !== null) return success(known)
      const segmentBytes = Math.max(1, identity.sizeBytes)
      const hashing = hasher.hash({ path, identity, segmentBytes }, { signal, onProgress })
      // Nothing is sent meanwhile: there is nobody whose pages it should stay near.
      hashing.follow(identity.sizeBytes)
      const hash = await hashing.result
      if (hash === null || !hash.ok) return hash
      cache.remember(path, identity, hash.value.sha256)
      return success(hash.value.sha256)
    },
  }
}
