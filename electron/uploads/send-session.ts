import type { Access } from '../accounts/accounts.ts'
import type { PresignedUpload } from '../cloud/models.ts'
import { failed, success, type Failure, type Result } from '../contract/failures.ts'
import type { PartMap } from '../contract/upload-details.ts'
import { aborted, isAborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import { changeFailure } from '../platform/file-identity.ts'
import type { FileHash, Hasher, HashTask } from '../transfer/hasher.ts'
import type { UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import { raceAbort } from '../platform/delays.ts'
import type { SentPart } from '../transfer/send-parts.ts'
import type { FileSlots } from '../transfer/request-slots.ts'
import type { Multipart, UploadRecord } from '../journal/upload-record.ts'

/** A PUT of ours whose answer never came: the object may be there. */
export interface UnansweredPut {
  readonly grant: PresignedUpload
  readonly checksum: number
}

/** A whole file that storage acknowledged. */
export interface Acknowledged {
  readonly storageKey: string
  readonly checksum: number
}

/**
 * What a file's upload keeps between attempts, in memory only: a presigned URL, and what storage or the server acknowledged
 * while the journal could not take it. That is written down before anything else is asked or sent, or it would go again.
 */
export interface SendMemory {
  unanswered: UnansweredPut | null
  /** The whole file, of which the hash was not there yet. */
  acknowledged: Acknowledged | null
  readonly unwrittenParts: Map<number, SentPart>
  /** All of it, hash included. */
  stored: StoredObject | null
  /** The model that it became. */
  modelId: string | null
  /** Numbers of the parts whose bytes went out more than once. */
  readonly repeatedParts: Set<number>
  /** The server gave it up once and it began anew; a second time is for the person to see. */
  begunAnew: boolean
}

export const createSendMemory = (): SendMemory => ({
  ...{ unanswered: null, acknowledged: null, unwrittenParts: new Map<number, SentPart>(), stored: null },
  ...{ modelId: null, repeatedParts: new Set<number>(), begunAnew: false },
})

/** What storage has is of no use any more: the next try begins at the first byte. */
export function forgetSent(memory: SendMemory): void {
  Object.assign(memory, { unanswered: null, acknowledged: null, stored: null, modelId: null })
  memory.unwrittenParts.clear()
}

/** What sending tells of itself. A step that can't be written down ends the run. */
export interface SendReport {
  /** Parts are begun, or joined, under this name: written down before the server is asked to. */
  opened(multipart: Multipart): Result<void>
  acknowledged(part: SentPart): Result<void>
  /** The parts that storage acknowledged in earlier runs. */
  acknowledgedBefore(): readonly SentPart[]
  /** How the parts stand: `map` may be asked at any time from now on. */
  parts(map: () => PartMap): void
  /**
   * Bytes go out from now on. What has to survive of that is in `opened`: of a single PUT nothing does, and flushing the disk
   * for it would cost a small file as much as sending it.
   */
  sending(): void
  /** All bytes are out. Like that they go out, nothing of it has to survive. */
  finishing(): void
  progress(progress: { sentBytes?: number; inFlightBytes?: number; hashedBytes?: number }): void
}

export interface StoredObject {
  readonly storageKey: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
  /** The server no longer knew the upload when it was to be joined: registering tells whether it had been. */
  readonly isUnsure?: boolean
}

/** One file on its way, with all that sending it needs. */
export interface SendSession {
  readonly record: UploadRecord
  readonly access: Access
  readonly workerPool: UploadWorkerPool
  readonly hasher: Hasher
  readonly requestSlots: FileSlots
  readonly environment: Environment
  readonly memory: SendMemory
  readonly report: SendReport
  readonly signal: AbortSignal
}

/**
 * Runs `send` with the file's hash beside it: either side's trouble stops the other, an abort stops both. Ends well only if
 * both did and the file is still the one that was queued.
 */
export async function sendWhileHashing<Sent>(
  sending: SendSession,
  segmentBytes: number,
  send: (signal: AbortSignal, hashing: HashTask) => Promise<Attempt<Sent>>,
): Promise<Attempt<{ readonly sent: Sent; readonly hash: FileHash }>> {
  const { record, hasher, report, signal } = sending
  const trouble = new AbortController()
  const both = AbortSignal.any([signal, trouble.signal])
  const hashing = hasher.hash(
    { path: record.path, identity: record.identity, segmentBytes },
    { signal: both, onProgress: (hashedBytes) => report.progress({ hashedBytes }) },
  )
  void hashing.result.then((hash) => {
    if (!hash.ok && !isAborted(hash)) trouble.abort()
  })
  let sent: Attempt<Sent> = aborted
  let thrown: unknown = null
  try {
    sent = await send(both, hashing)
  } catch (error) {
    thrown = error
  }
  if (!sent.ok) trouble.abort()
  hashing.uploadReached(record.identity.sizeBytes)
  const hash = await hashing.result
  if (signal.aborted) return aborted
  // The hash's trouble aborts what sending waits for: then it is the reason, not the abort.
  if (!hash.ok && !isAborted(hash)) return hash
  if (thrown !== null) throw thrown as Error
  if (!sent.ok) return sent
  if (!hash.ok) return hash
  const changed = await raceAbort(changeFailure(record.path, record.identity).then(toResult), signal)
  if (signal.aborted) return aborted
  return changed.ok ? success({ sent: sent.value, hash: hash.value }) : changed
}

const toResult = (met: Failure | null): Result<void> => (met ? failed(met) : success(undefined))
