import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { Attempt } from '../platform/attempt.ts'
import { changeFailure, renumberedIdentity, type FileIdentity } from '../platform/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'

/**
 * The current identity of a queued file, before any of it is read. File systems without persistent inodes
 * (FAT, exFAT) assign new numbers at each mount: such a file is the same if its size and time are, and what
 * was sent before is compared again.
 */
export async function findSameFile({ path, identity }: UploadRecord): Promise<Result<FileIdentity>> {
  const changed = await changeFailure(path, identity)
  if (changed === null) return success(identity)
  const renumbered = changed.code === 'file-changed' ? await renumberedIdentity(path, identity) : null
  return renumbered ? success(renumbered) : failed(changed)
}

/** Fails with `file-changed` if the file's bytes are not those that were sent. */
export async function verifySentFile(
  path: string,
  { sha256, identity }: { readonly sha256: string; readonly identity: FileIdentity },
  { hasher, signal }: { readonly hasher: Hasher; readonly signal: AbortSignal },
): Promise<Attempt<void>> {
  const segmentBytes = Math.max(1, identity.sizeBytes)
  const hashing = hasher.hash({ path, identity, segmentBytes }, { signal, onProgress: () => {} })
  hashing.uploadReached(identity.sizeBytes)
  const hash = await hashing.result
  if (!hash.ok) return hash
  return hash.value.sha256 === sha256 ? success(undefined) : failed(failure('file-changed'))
}
