import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Attempt } from '../platform/attempt.ts'
import { renumberedIdentity, changeFailure, type FileIdentity } from '../platform/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { UploadRecord } from '../journal/upload-record.ts'

/**
 * The identity under which a queued file is found again, before any of it is read. File systems without inodes of their own
 * (FAT, exFAT) number their files anew whenever the disk is plugged in: such a file is the same as long as size and time are,
 * and what was sent of it before is held against its bytes once more.
 */
export async function findSameFile({ path, identity }: UploadRecord): Promise<Result<FileIdentity>> {
  const changed = await changeFailure(path, identity)
  if (changed === null) return success(identity)
  const anew = changed.code === 'file-changed' ? await renumberedIdentity(path, identity) : null
  return anew ? success(anew) : failed(changed)
}

/** Whether the file's bytes are still those that were sent. */
export async function sentFileFailure(
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
