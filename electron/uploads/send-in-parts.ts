import { abortMultipart, completeMultipart, initiateMultipart, presignPart } from '../cloud/multipart.ts'
import { presignModel } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import { isAborted, type Attempt } from '../platform/attempt.ts'
import type { HashTask } from '../transfer/hasher.ts'
import { bytesOfParts } from '../transfer/parts-tracker.ts'
import { partsFailure } from '../transfer/upload-plan.ts'
import { sendParts, type SentPart } from '../transfer/send-parts.ts'
import { withGracePeriod, abortableDelay, recheckDelayMs } from '../platform/delays.ts'
import type { Multipart, UploadRecord } from '../journal/upload-record.ts'
import { sendWhileHashing, type SendSession, type StoredObject } from './send-session.ts'

/** A pause or the app's end waits this long at most for the name of an upload that was asked for, in ms. */
const lastWaitMs = 3_000

/**
 * Sends a file in parts, several at once, and hashes it meanwhile; goes on where an earlier run ended. Parts that were sent
 * before are checked against the file as it is hashed now, so that two versions are never glued together.
 */
export async function sendInParts(sending: SendSession): Promise<Attempt<StoredObject>> {
  const { report } = sending
  const multipart = await openedMultipart(sending)
  if (!multipart.ok) return multipart
  const caughtUp = writeUnwritten(sending)
  if (!caughtUp.ok) return caughtUp
  // Known before sending begins: what earlier runs sent is no speed of this one.
  const before = report.acknowledgedBefore().map(({ number }) => number)
  const { partSizeBytes } = multipart.value
  const { sizeBytes } = sending.record.identity
  report.progress({ sentBytes: bytesOfParts(before, { sizeBytes, partSizeBytes }) })
  report.sending()
  const done = await sendWhileHashing(sending, partSizeBytes, (signal, hashing) =>
    sendMissing({ ...sending, signal }, multipart.value, hashing),
  )
  if (!done.ok && !isAborted(done) && isGivenUp(sending, multipart.value, done.failure))
    return givenUp(done.failure)
  if (!done.ok) return done
  const { sent: parts, hash } = done.value
  const differs = parts.find(({ number, checksum }) => hash.segmentChecksums[number - 1] !== checksum)
  if (differs) return failed(failure(before.includes(differs.number) ? 'file-changed' : 'bytes-differ'))
  report.finishing()
  const completed = await complete(sending, multipart.value, parts)
  if (!completed.ok) return completed
  return success({ storageKey: multipart.value.storageKey, sha256: hash.sha256, ...completed.value })
}

/**
 * Whether the server gave this upload up, by its age or by mistake. A 404 to presigning the first part of a new upload means
 * that the server has no such call, and beginning anew would meet it again (NOTES.md, Uncertain).
 */
function isGivenUp({ record, report }: SendSession, { uploadId }: Multipart, met: Failure): boolean {
  if (met.code !== 'not-found') return false
  const isNew = openMultipart(record)?.uploadId !== uploadId && report.acknowledgedBefore().length === 0
  return !isNew || (met.detail ?? '').startsWith('NoSuch')
}

/** The multipart upload of an earlier run. */
const openMultipart = ({ state }: UploadRecord) => (state.kind === 'multipart-open' ? state.multipart : null)

const givenUp = ({ detail }: Failure) => failed(failure('upload-ended', {}, { detail }))

/** Parts that storage acknowledged and the journal could not take come first: until they are in it, no other byte goes. */
function writeUnwritten({ memory, report }: SendSession): Result<void> {
  for (const part of memory.unwrittenParts.values()) {
    const written = report.acknowledged(part)
    if (!written.ok) return written
    memory.unwrittenParts.delete(part.number)
  }
  return success(undefined)
}

/** The multipart upload of an earlier run, or a new one; its name is written down before anything is sent under it. */
async function openedMultipart(sending: SendSession): Promise<Result<Multipart>> {
  const { record, access, memory, environment, report, signal } = sending
  const open = openMultipart(record)
  if (open) return success(open)
  memory.repeatedParts.clear()
  memory.unwrittenParts.clear()
  const { fileName, identity, target } = record
  const { client, signer } = access
  const { sizeBytes } = identity
  const grant = await presignModel(client, signer, { fileName, sizeBytes, target }, signal)
  if (!grant.ok) return grant
  // Not called off midway: an answer that nobody hears would leave an upload open under a name that nobody knows.
  const late = withGracePeriod(signal, environment.timers, lastWaitMs)
  try {
    const asked = { storageKey: grant.value.storageKey, sizeBytes }
    const opened = await initiateMultipart(client, signer, asked, late.signal)
    if (!opened.ok) return opened
    const { uploadId, storageKey, partSizeBytes } = opened.value
    const multipart = { uploadId, storageKey, partSizeBytes }
    const written = report.opened(multipart)
    if (!written.ok) {
      // Nobody will know its name later: now is the only time to give it back.
      await abortMultipart(client, signer, multipart, late.signal)
      return written
    }
    const unfit = partsFailure(sizeBytes, opened.value)
    return unfit ? failed(unfit) : success(multipart)
  } finally {
    late.over()
  }
}

function sendMissing(
  { record, access, workerPool, requestSlots, environment, memory, report, signal }: SendSession,
  multipart: Multipart,
  { uploadReached: follow, readAhead: pace }: HashTask,
): Promise<Attempt<readonly SentPart[]>> {
  return sendParts({
    path: record.path,
    identity: record.identity,
    partSizeBytes: multipart.partSizeBytes,
    done: report.acknowledgedBefore(),
    repeated: memory.repeatedParts,
    onPartMap: (map) => report.parts(map),
    presign: (partNumber, until) => presignPart(access.client, access.signer, multipart, partNumber, until),
    recordPart(part) {
      const written = report.acknowledged(part)
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
  })
}

/**
 * Joins the parts. That it is asked for is written down first: a server that no longer knows the upload afterwards may have
 * joined it and lost the answer, which registering will tell (openapi.yaml, completeMultipart). One that never was asked
 * has given it up.
 */
async function complete(
  { record, access, environment, report, signal }: SendSession,
  multipart: Multipart,
  parts: readonly SentPart[],
): Promise<Result<Pick<StoredObject, 'isUnsure'>>> {
  const { client, signer } = access
  const askedBefore = openMultipart(record)?.completing === true
  const written = report.opened({ ...multipart, completing: true })
  if (!written.ok) return written
  const first = await completeMultipart(client, signer, multipart, parts, signal)
  if (first.ok) return success({})
  if (first.failure.code === 'not-found' && !askedBefore) {
    await abortableDelay(environment.timers, recheckDelayMs, signal)
    const again = await completeMultipart(client, signer, multipart, parts, signal)
    return again.ok ? success({}) : joined(again.failure, false)
  }
  if (retryClassOf(first.failure) !== 'later') return joined(first.failure, askedBefore)
  const second = await completeMultipart(client, signer, multipart, parts, signal)
  return second.ok ? success({}) : joined(second.failure, true)
}

function joined(met: Failure, askedBefore: boolean): Result<Pick<StoredObject, 'isUnsure'>> {
  if (met.code !== 'not-found') return failed(met)
  return askedBefore ? success({ isUnsure: true }) : givenUp(met)
}
