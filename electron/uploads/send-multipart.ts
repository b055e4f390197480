import { presignModel } from '../cloud/models.ts'
import { abortMultipart, completeMultipart, initiateMultipart, presignPart } from '../cloud/multipart.ts'
import { paths } from '../cloud/wire.ts'
import {
  failed,
  failure,
  mustWait,
  retryClassOf,
  success,
  type Failure,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import type { Multipart, UploadRecord } from '../journal/upload-record.ts'
import { isAborted, type Attempt } from '../platform/aborted.ts'
import { abortableDelay, withGracePeriod } from '../platform/delays.ts'
import { recheckDelayMs } from '../platform/retry.ts'
import type { HashTask } from '../transfer/hasher.ts'
import { bytesOfParts } from '../transfer/parts-tracker.ts'
import type { AcknowledgedPart } from '../platform/acknowledged-part.ts'
import { sendParts } from '../transfer/send-parts.ts'
import { partsFailure } from '../transfer/upload-plan.ts'
import {
  mayBePerformed,
  sendWhileHashing,
  stoppedByPause,
  type SendSession,
  type StoredObject,
} from './send-session.ts'

/** How long a pause or the end of the app waits for the id of an upload that is being opened, in ms. */
const openGraceMs = 3_000

/**
 * Sends a file in parallel parts and hashes it meanwhile; continues where an earlier run ended. Parts that
 * were sent before are compared with the file as it is hashed now, so that two versions are never combined.
 */
export async function sendInParts(session: SendSession): Promise<Attempt<StoredObject>> {
  const { report } = session
  const multipart = await openMultipart(stoppedByPause(session))
  if (!multipart.ok) return multipart
  const written = await writeUnwrittenParts(session)
  if (!written.ok) return written
  // Reported before sending starts, so that parts of earlier runs do not count as speed.
  const sentBefore = report.acknowledgedBefore().map(({ number }) => number)
  const { partSizeBytes } = multipart.value
  const { sizeBytes } = session.record.identity
  report.progress({ sentBytes: bytesOfParts(sentBefore, { sizeBytes, partSizeBytes }) })
  report.sending()
  const done = await sendWhileHashing(session, partSizeBytes, (signal, hashing) =>
    sendMissingParts({ ...session, signal }, multipart.value, hashing),
  )
  if (isAborted(done)) return done
  if (!done.ok)
    return isEndedByServer(session, multipart.value, done.failure) ? uploadEnded(done.failure) : done
  const { sent: parts, hash } = done.value
  const differing = parts.find(({ number, checksum }) => hash.segmentChecksums[number - 1] !== checksum)
  if (differing)
    return failed(failure(sentBefore.includes(differing.number) ? 'file-changed' : 'bytes-differ'))
  session.memory.hashed = { identity: session.record.identity, segmentBytes: partSizeBytes, hash }
  report.finishing()
  const completed = await complete(session, multipart.value, parts)
  if (!completed.ok) return completed
  return success({ storageKey: multipart.value.storageKey, sha256: hash.sha256, ...completed.value })
}

/**
 * Whether the server has ended this upload, for its age or by mistake. A 404 for the first part of a new
 * upload means that the server lacks the call, whose path is inferred, so a restart would not help.
 */
function isEndedByServer({ record, report }: SendSession, { uploadId }: Multipart, met: Failure): boolean {
  if (met.code !== 'not-found') return false
  const isNew = multipartBefore(record)?.uploadId !== uploadId && report.acknowledgedBefore().length === 0
  return !isNew || (met.detail ?? '').startsWith('NoSuch')
}

const uploadEnded = ({ serverMessage, detail }: Failure) =>
  failed(failure('upload-ended', {}, { serverMessage, detail }))

/** The multipart upload that an earlier run opened. */
const multipartBefore = ({ state }: UploadRecord): Multipart | null =>
  state.kind === 'multipart-open' ? state.multipart : null

/**
 * Writes parts that storage acknowledged while the journal could not be written, before more bytes are sent.
 */
async function writeUnwrittenParts({ memory, report }: SendSession): Promise<Result<void>> {
  for (const part of [...memory.unwrittenParts.values()]) {
    const written = await report.acknowledged(part, false)
    if (!written.ok) return written
    memory.unwrittenParts.delete(part.number)
  }
  return success(undefined)
}

/**
 * The multipart upload of an earlier run, or a new one, whose id is written to the journal before parts are
 * sent.
 */
async function openMultipart(session: SendSession): Promise<Result<Multipart>> {
  const { record, access, memory, environment, report, signal } = session
  const { fileName, identity, target } = record
  const { sizeBytes } = identity
  const openedBefore = multipartBefore(record)
  if (openedBefore) {
    // The run that opened it may have ended before it compared them.
    const partCount = Math.ceil(sizeBytes / openedBefore.partSizeBytes)
    const invalid = partsFailure(sizeBytes, { ...openedBefore, partCount })
    return invalid ? failed(invalid) : success(openedBefore)
  }
  memory.parts.repeated.clear()
  memory.unwrittenParts.clear()
  memory.parts.lastBegun = 0
  const { client, signer } = access
  const grant = await presignModel(client, signer, { fileName, sizeBytes, target }, signal)
  if (!grant.ok) return grant
  // Not aborted at once: without the response the open upload could not be aborted later.
  const grace = withGracePeriod(signal, environment.timers, openGraceMs)
  try {
    const request = { storageKey: grant.value.storageKey, sizeBytes }
    const opened = await initiateMultipart(client, signer, request, grace.signal)
    if (!opened.ok) return opened
    const { uploadId, storageKey, partSizeBytes } = opened.value
    const multipart = { uploadId, storageKey, partSizeBytes }
    const written = report.opened(multipart)
    if (!written.ok) {
      // Its id is not in the journal, so it has to be aborted now.
      await abortMultipart(client, signer, multipart, grace.signal)
      return written
    }
    const invalid = partsFailure(sizeBytes, opened.value)
    return invalid ? failed(invalid) : success(multipart)
  } finally {
    grace.over()
  }
}

function sendMissingParts(
  session: SendSession,
  multipart: Multipart,
  { uploadReached: follow, readAhead: pace }: HashTask,
): Promise<Attempt<readonly AcknowledgedPart[]>> {
  const { record, access, workerPool, requestSlots, environment, memory, report, signal, pause } = session
  const done = report.acknowledgedBefore()
  // The process before this one began at least the part after the last one that storage has.
  if (multipartBefore(record)) {
    const lastDone = done.reduce((last, { number }) => Math.max(last, number), 0)
    memory.parts.lastBegun = Math.max(memory.parts.lastBegun, lastDone + 1)
  }
  return sendParts({
    file: { path: record.path, identity: record.identity },
    partSizeBytes: multipart.partSizeBytes,
    done,
    history: memory.parts,
    onPartMap: (map) => report.parts(map),
    presign: (part, until) => presignPart(access.client, access.signer, { ...multipart, part }, until),
    upload: { rowId: record.id, multipartId: multipart.uploadId },
    async recordPart(part, isRecorded) {
      const written = await report.acknowledged(part, isRecorded)
      if (!written.ok) memory.unwrittenParts.set(part.number, part)
      return written
    },
    onProgress({ reachedByte, ...progress }) {
      follow(reachedByte)
      report.progress(progress)
    },
    workerPool,
    readAhead: pace,
    requestSlots,
    environment,
    signal,
    pause,
  })
}

/**
 * Completes the upload. If the server refuses although an earlier request may have completed it, registering
 * shows whether it did. A refusal without such a request is checked once more. If it is then a 404, the server has
 * ended the upload; after any other refusal the user's retry repeats only the completion.
 */
async function complete(
  session: SendSession,
  multipart: Multipart,
  parts: readonly AcknowledgedPart[],
): Promise<Result<Pick<StoredObject, 'isUnsure'>>> {
  const { record, environment, signal } = session
  const wasRequested = multipartBefore(record)?.completing === true
  const first = await requestCompletion(session, { multipart, parts, wasRequested })
  if (!first.ok) return first
  if (first.value === null) return success({})
  const isRefused = refusalCodes.has(first.value.code)
  if (mustWait(first.value) && !isRefused) return failed(first.value)
  if (isRefused && !wasRequested) {
    await abortableDelay(environment.timers, recheckDelayMs, signal)
    // Otherwise the journal would say that completing was requested.
    signal.throwIfAborted()
  } else if (retryClassOf(first.value) !== 'later') return afterFailedCompletion(first.value, wasRequested)
  const mayBeComplete = wasRequested || mayBePerformed(first.value)
  const second = await requestCompletion(session, { multipart, parts, wasRequested: mayBeComplete })
  if (!second.ok) return second
  return second.value === null ? success({}) : afterFailedCompletion(second.value, mayBeComplete)
}

/**
 * Requests the completion once. The request is written to the journal first, since its response may be lost, and
 * removed from it if the response shows that it was not performed. Returns the failure of the request, or null;
 * fails if the journal can't be written.
 */
async function requestCompletion(
  { access, report, signal }: SendSession,
  request: {
    readonly multipart: Multipart
    readonly parts: readonly AcknowledgedPart[]
    /** An earlier request may have been performed. */
    readonly wasRequested: boolean
  },
): Promise<Result<Failure | null>> {
  const { uploadId, storageKey, partSizeBytes } = request.multipart
  const multipart = { uploadId, storageKey, partSizeBytes }
  const written = report.opened({ ...multipart, completing: true })
  if (!written.ok) return written
  const { parts, wasRequested } = request
  const answer = await completeMultipart(access.client, access.signer, { ...multipart, parts }, signal)
  if (answer.ok) return success(null)
  if (wasRequested || mayBePerformed(answer.failure)) return success(answer.failure)
  const removed = report.opened(multipart)
  return removed.ok ? success(answer.failure) : removed
}

/** How a server may refuse an upload that it has completed or ended; no code for it is documented. */
const refusalCodes: ReadonlySet<FailureCode> = new Set(['not-found', 'bad-request', 'conflict'])

function afterFailedCompletion(met: Failure, wasRequested: boolean): Result<Pick<StoredObject, 'isUnsure'>> {
  if (!refusalCodes.has(met.code)) return failed(met)
  if (wasRequested) return success({ isUnsure: true })
  const { code, serverMessage, detail = `${paths.completeMultipart}: ${code}` } = met
  return code === 'not-found'
    ? uploadEnded(met)
    : failed(failure('storage-refused', {}, { serverMessage, detail }))
}
