import type { Access } from '../accounts/accounts.ts'
import type { PresignedUpload } from '../cloud/models.ts'
import { findChange } from '../conflicts/same-file.ts'
import { retryClassOf, success, type Failure, type FailureCode, type Result } from '../contract/failures.ts'
import type { PartMap } from '../contract/upload-details.ts'
import type { Multipart, UploadRecord } from '../journal/upload-record.ts'
import { aborted, isAborted, type Attempt } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import { sameFile, type FileIdentity } from '../platform/files/file-identity.ts'
import type { PauseRequest } from '../platform/pause-request.ts'
import type { FileHash, Hasher, HashTask } from '../transfer/hasher.ts'
import { createReadAhead, hashingReadAhead } from '../transfer/read-ahead.ts'
import type { FileSlots } from '../transfer/request-slots.ts'
import type { AcknowledgedPart } from '../platform/acknowledged-part.ts'
import { createPartsHistory, type PartsHistory } from '../transfer/send-parts.ts'
import type { UploadWorkerPool } from '../transfer/upload-worker-pool.ts'

/** A PUT whose response was lost: the object may be in storage. */
export interface UnansweredPut {
  readonly grant: PresignedUpload
  /** Of the sent bytes; null if a thread ended before they were hashed. */
  readonly sha256: string | null
  /** Of the file when it was sent. */
  readonly identity: FileIdentity
}

/**
 * What is kept of an upload between its runs, in memory only: presigned URLs, and what was acknowledged but
 * could not be written to the journal. That is written before anything else is requested or sent, so that
 * nothing is sent twice.
 */
export interface SendMemory {
  unanswered: UnansweredPut | null
  /** Storage has acknowledged the whole file, but its hash is not known. */
  unhashed: { readonly storageKey: string; readonly identity: FileIdentity } | null
  readonly unwrittenParts: Map<number, AcknowledgedPart>
  /** The hash of a file whose parts are all sent, so that repeating the completion does not read it again. */
  hashed: {
    readonly identity: FileIdentity
    readonly segmentBytes: number
    readonly hash: FileHash
  } | null
  /** The whole file is in storage and its hash is known. */
  stored: StoredObject | null
  /** The file as it was inspected when `stored` was sent; null if that was not in this process. */
  sentIdentity: FileIdentity | null
  /** The id of the registered model. */
  modelId: string | null
  /** The storage key of an object that this process has stored and that no request can have registered. */
  unregisteredKey: string | null
  readonly parts: PartsHistory
  /** The server has ended the upload once and it was restarted. A second time is reported to the user. */
  hasRestarted: boolean
}

export function createSendMemory(): SendMemory {
  return {
    unanswered: null,
    unhashed: null,
    unwrittenParts: new Map(),
    hashed: null,
    stored: null,
    sentIdentity: null,
    modelId: null,
    unregisteredKey: null,
    parts: createPartsHistory(),
    hasRestarted: false,
  }
}

/** What storage holds is of no use any more: the next run restarts at byte 0. */
export function forgetSent(memory: SendMemory): void {
  const forgotten = {
    unanswered: null,
    unhashed: null,
    hashed: null,
    stored: null,
    sentIdentity: null,
    modelId: null,
    unregisteredKey: null,
  }
  Object.assign(memory, forgotten)
  memory.unwrittenParts.clear()
  memory.parts.lastBegun = 0
}

interface Progress {
  readonly sentBytes?: number
  readonly inFlightBytes?: number
  /** A single PUT counts as one part. */
  readonly inFlightParts?: number
  readonly hashedBytes?: number
}

/** Reports the progress of sending. A step that can't be written to the journal ends the run. */
export interface SendReport {
  /** A multipart upload is open, or about to be completed. */
  opened(multipart: Multipart): Result<void>
  /** Writes a part, or flushes one that an upload worker has written. */
  acknowledged(part: AcknowledgedPart, isWritten: boolean): Promise<Result<void>>
  /** The parts that storage acknowledged in earlier runs. */
  acknowledgedBefore(): readonly AcknowledgedPart[]
  /** `map` returns the current state of the parts and may be called at any time from now on. */
  parts(map: () => PartMap): void
  /**
   * Bytes are being sent. This is not written at once: `opened` has written what a restart needs, and for a
   * single PUT a flush would cost a small file as much time as sending it.
   */
  sending(): void
  /** All bytes were sent. Not written at once either. */
  finishing(): void
  progress(progress: Progress): void
}

export interface StoredObject {
  readonly storageKey: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
  /**
   * The server did not have the upload when it was to be completed. Registering shows whether it was
   * completed before.
   */
  readonly isUnsure?: boolean
}

/** One upload with everything that sending it needs. */
export interface SendSession {
  readonly record: UploadRecord
  readonly access: Access
  readonly workerPool: UploadWorkerPool
  readonly hasher: Hasher
  readonly requestSlots: FileSlots
  readonly environment: Environment
  readonly memory: SendMemory
  readonly report: SendReport
  /** Stops everything at once. */
  readonly signal: AbortSignal
  readonly pause: PauseRequest
}

/** The session as steps use it that a pause stops at once, because nothing would be sent again. */
export function stoppedByPause(session: SendSession): SendSession {
  return { ...session, signal: AbortSignal.any([session.signal, session.pause.signal]) }
}

/**
 * Sends and hashes the file at the same time. A failure of one stops the other, except if only the hash thread
 * ended: what is sent need not be sent again. Succeeds only if both do and the file has not changed since it was
 * queued.
 */
export async function sendWhileHashing<Sent>(
  session: SendSession,
  segmentBytes: number,
  send: (signal: AbortSignal, hashing: HashTask) => Promise<Attempt<Sent>>,
): Promise<Attempt<{ readonly sent: Sent; readonly hash: FileHash }>> {
  const { record, signal } = session
  const failing = new AbortController()
  const bothSignal = AbortSignal.any([signal, failing.signal])
  const hashing = knownHash(session, segmentBytes) ?? startHashing(session, segmentBytes, bothSignal)
  void hashing.result.then((hash) => {
    if (stopsSending(hash)) failing.abort()
  })
  let sent: Attempt<Sent> = aborted
  let thrown: unknown = null
  try {
    sent = await send(bothSignal, hashing)
  } catch (error) {
    thrown = error
  }
  if (!sent.ok) failing.abort()
  hashing.uploadReached(record.identity.sizeBytes)
  const hash = await hashing.result
  if (signal.aborted) return aborted
  if (!hash.ok && stopsSending(hash)) return hash
  if (thrown !== null) throw thrown as Error
  if (!sent.ok) return sent
  if (!hash.ok) return hash
  const unchanged = await findChange(record, signal)
  if (signal.aborted) return aborted
  return unchanged.ok ? success({ sent: sent.value, hash: hash.value }) : unchanged
}

function startHashing(
  { record, hasher, report }: SendSession,
  segmentBytes: number,
  signal: AbortSignal,
): HashTask {
  return hasher.hash(
    { path: record.path, identity: record.identity, segmentBytes },
    { signal, onProgress: (hashedBytes) => report.progress({ hashedBytes }) },
  )
}

/** The hash that an earlier run has computed of the same file, or null. */
function knownHash({ memory: { hashed }, record }: SendSession, segmentBytes: number): HashTask | null {
  if (hashed?.segmentBytes !== segmentBytes || !sameFile(hashed.identity, record.identity)) return null
  const readAhead = createReadAhead()
  hashingReadAhead(readAhead).ended()
  return { result: Promise.resolve(success(hashed.hash)), uploadReached() {}, readAhead }
}

/** Whether the hash is the reason why an upload ends, rather than a consequence or an ended thread. */
const stopsSending = (hash: Attempt<FileHash>): boolean =>
  !hash.ok && !isAborted(hash) && hash.failure.code !== 'hash-interrupted'

/** Temporary failures of a request that the server has not received, or has not performed. */
const notPerformedCodes: ReadonlySet<FailureCode> = new Set([
  'name-not-found',
  'server-unreachable',
  'proxy-unreachable',
  'rate-limited',
])

/** Whether the server may have performed a request that failed: its response was lost or unusable. */
export function mayBePerformed(met: Failure): boolean {
  if (notPerformedCodes.has(met.code)) return false
  return retryClassOf(met) === 'later' || met.code === 'response-too-long'
}
