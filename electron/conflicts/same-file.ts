import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { isStarted, type UploadRecord } from '../journal/upload-record.ts'
import type { Attempt } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import {
  diskTimeoutFailure,
  hasOtherCtime,
  identityAt,
  identityBySample,
  isUntouched,
  mayHaveSameBytes,
  sameFile,
  type FileIdentity,
} from '../platform/files/file-identity.ts'
import { hangingFolders } from '../platform/files/hanging-folders.ts'
import { realTimers } from '../platform/system-environment.ts'
import { hashWholeFile, type Hasher } from '../transfer/hasher.ts'

/** A disk that has not responded within this time counts as unresponsive, in ms. */
const responseLimitMs = 30_000

/**
 * The current identity of a queued file, before any of it is sent. Inodes and devices may get new numbers at
 * each mount, and some network file systems have no inodes: such a file is the same if its size, time and
 * samples of its bytes are, and what was sent before is compared again.
 */
export const findSameFile = (record: UploadRecord, signal: AbortSignal) =>
  withDiskTimeout(record.path, (responded) => currentIdentity(record, responded), signal)

/** @param responded called again and again while another process holds a lease on the file: its disk doesn't hang */
async function currentIdentity(
  { path, identity, state }: UploadRecord,
  responded: () => void,
): Promise<Result<FileIdentity>> {
  const now = await identityAt(path)
  if (!now.ok) return now
  const hasSameNumbers = sameFile(now.value, identity)
  if (hasSameNumbers && identity.inode !== 0n && (await hasNoLinks(path))) return success(identity)
  if (identity.sample === undefined) {
    // A record of an older version. Nothing shows that an unsent file with another number is the same.
    if (hasSameNumbers) return success(identity)
    if (!isStarted(state)) return failed(failure('file-changed'))
  }
  const found = await identityBySample(path, identity, responded)
  return found.ok && hasSameNumbers ? success(identity) : found
}

/** Whether the file may have been written to since it was inspected, although its size and time are the same. */
export const wasTouched = ({ path, identity }: UploadRecord, signal: AbortSignal) =>
  withDiskTimeout(
    path,
    async () => {
      const now = await identityAt(path)
      if (!now.ok) return now
      return success(mayHaveSameBytes(now.value, identity) && hasOtherCtime(now.value, identity))
    },
    signal,
  )

/**
 * Fails if the file at a path is not the one that a run sends. If it only has other numbers, its disk was mounted again
 * meanwhile, and if it only has another ctime, other bytes are possible: what was sent is kept, and the next run
 * inspects the file and compares it with what was sent.
 */
export const findChange = (record: UploadRecord, signal: AbortSignal) =>
  withDiskTimeout(record.path, (responded) => changeOf(record, responded), signal)

async function changeOf(record: UploadRecord, responded: () => void): Promise<Result<void>> {
  const { path, identity } = record
  const now = await identityAt(path)
  if (!now.ok) return now
  if (sameFile(now.value, identity))
    return isUntouched(now.value, identity) ? success(undefined) : failed(touchedFailure)
  const found = await currentIdentity(record, responded)
  if (!found.ok) return found
  return failed(found.value === identity ? failure('file-changed') : remountFailure)
}

/** Ends on abort, or after a time limit in real time, since a call on a network disk may never end. */
async function withDiskTimeout<T>(
  path: string,
  check: (responded: () => void) => Promise<Result<T>>,
  signal: AbortSignal,
): Promise<Attempt<T>> {
  const checking = hangingFolders.withFolderTimeout(dirname(path), check, realTimers, responseLimitMs)
  const checked = await raceAbort(checking, signal)
  return checked ?? failed(diskTimeoutFailure())
}

const touchedFailure = failure('hash-interrupted', {}, { detail: 'ctime' })
const remountFailure = failure('file-read-trouble', { problem: 'ESTALE' }, { detail: 'ESTALE' })

/**
 * Whether the path, which had no links when the file was queued, still has none. If that can't be found out, as on
 * some virtual disks of Windows, the samples decide.
 */
const hasNoLinks = async (path: string) => (await realpath(path).catch(() => null)) === path

/** Fails with `file-changed` if the file's bytes are not those that were sent. */
export async function verifySentFile(
  path: string,
  { sha256, identity }: { readonly sha256: string; readonly identity: FileIdentity },
  { hasher, signal }: { readonly hasher: Hasher; readonly signal: AbortSignal },
): Promise<Attempt<void>> {
  const hash = await hashWholeFile({ path, identity }, { hasher, signal })
  if (!hash.ok) return hash
  return hash.value === sha256 ? success(undefined) : failed(failure('file-changed'))
}
