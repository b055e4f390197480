import { presignModel, type PresignedUpload } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import { aborted, type Attempt } from '../platform/attempt.ts'
import type { HashTask } from '../transfer/hasher.ts'
import { urlExpiryMs } from '../transfer/presigned-url.ts'
import { putOutcome, type PutOutcome } from '../transfer/put-outcome.ts'
import type { RequestSlot } from '../transfer/request-slots.ts'
import { sendWhileHashing, type Acknowledged, type SendSession, type StoredObject } from './send-session.ts'

/**
 * Sends a file as one PUT and hashes it meanwhile. Ends well only if storage acknowledged
 * every byte, what was sent is what was hashed, and the file is still the one that was queued.
 */
export async function sendWhole(sending: SendSession): Promise<Attempt<StoredObject>> {
  // The hash begins while the grant is asked for: a small file is hashed by the time it may go.
  const { identity } = sending.record
  const done = await sendWhileHashing(sending, identity.sizeBytes, async (signal, hashing) => {
    const { acknowledged } = sending.memory
    if (acknowledged) {
      hashing.uploadReached(identity.sizeBytes)
      return success(acknowledged)
    }
    const grant = await firstGrant({ ...sending, signal })
    if (!grant.ok) return grant
    sending.report.sending()
    const stream = await sending.requestSlots.acquire(signal)
    try {
      return await putUntilStored({ ...sending, signal }, grant.value, { hashing, stream })
    } finally {
      stream.release()
    }
  })
  if (!done.ok) return done
  const { sent, hash } = done.value
  if (hash.segmentChecksums[0] !== sent.checksum) return failed(failure('bytes-differ'))
  return success({ storageKey: sent.storageKey, sha256: hash.sha256 })
}

interface Beside {
  readonly hashing: HashTask
  readonly stream: RequestSlot
}

/** The grant of an unanswered PUT while it lives, since only it can tell whether that PUT landed; else a new one. */
async function firstGrant(sending: SendSession): Promise<Result<PresignedUpload>> {
  const { memory, environment } = sending
  if (memory.unanswered) {
    const expiry = urlExpiryMs(memory.unanswered.grant.url)
    if (expiry === null || expiry > environment.now()) return success(memory.unanswered.grant)
    memory.unanswered = null
  }
  return newGrant(sending)
}

function newGrant({ record, access, signal }: SendSession): Promise<Result<PresignedUpload>> {
  const { fileName, identity, target } = record
  return presignModel(
    access.client,
    access.signer,
    { fileName, sizeBytes: identity.sizeBytes, target },
    signal,
  )
}

/**
 * PUTs until storage has the object. A refused URL is asked for anew once, an occupied key likewise; whatever else goes
 * wrong is the retry policy's business.
 */
async function putUntilStored(
  sending: SendSession,
  firstGrant: PresignedUpload,
  beside: Beside,
): Promise<Attempt<Acknowledged>> {
  let grant = firstGrant
  let mismatches = 0
  for (let renewals = 0; ; renewals += 1) {
    const outcome = await putOnce(sending, grant, beside)
    switch (outcome.kind) {
      case 'aborted':
        // Only the answer was missing: the next try asks whether it landed before it sends a byte.
        if (outcome.unanswered) sending.memory.unanswered = { grant, ...outcome.unanswered }
        return aborted
      case 'stored':
        return acknowledged(sending, grant, outcome.checksum)
      case 'failed':
        if (retryClassOf(outcome.failure) === 'later') beside.stream.reportCongestion()
        if (outcome.unanswered) sending.memory.unanswered = { grant, ...outcome.unanswered }
        return failed(outcome.failure)
      case 'occupied': {
        const { unanswered } = sending.memory
        if (unanswered?.grant.storageKey === grant.storageKey) {
          return acknowledged(sending, grant, unanswered.checksum)
        }
        if (renewals > 0) return failed(failure('storage-occupied'))
        break
      }
      case 'differs':
        // What lies there now can't be mended, since its key is taken: the bytes go out once more under another.
        if (++mismatches > 1) return failed(outcome.failure)
        break
      case 'forbidden':
        if (renewals > 0) return failed(outcome.failure)
    }
    sending.memory.unanswered = null
    sending.report.progress({ inFlightBytes: 0 })
    const renewed = await newGrant(sending)
    if (!renewed.ok) return renewed
    grant = renewed.value
    sending.report.sending()
  }
}

/** Kept until the journal has it: whatever ends the run before, these bytes don't go again. */
function acknowledged(
  { memory, report, record }: SendSession,
  { storageKey }: PresignedUpload,
  checksum: number,
): Result<Acknowledged> {
  memory.unanswered = null
  memory.acknowledged = { storageKey, checksum }
  report.progress({ sentBytes: record.identity.sizeBytes, inFlightBytes: 0 })
  report.finishing()
  return success(memory.acknowledged)
}

async function putOnce(
  sending: SendSession,
  grant: PresignedUpload,
  { hashing, stream }: Beside,
): Promise<PutOutcome> {
  const { record, workerPool, environment, report, signal } = sending
  const { sizeBytes } = record.identity
  const { host } = new URL(grant.url)
  let before = 0
  const onProgress = (flushedBytes: number) => {
    stream.recordBytes(flushedBytes - before)
    before = flushedBytes
    hashing.uploadReached(flushedBytes)
    report.progress({ inFlightBytes: flushedBytes })
    if (flushedBytes === sizeBytes) report.finishing()
  }
  const answer = await workerPool.send(
    {
      path: record.path,
      identity: record.identity,
      start: 0,
      end: sizeBytes,
      url: grant.url,
      headers: grant.headers,
      readAhead: hashing.readAhead,
    },
    { signal, onProgress, onContinueDelay: (tookMs) => stream.recordLatency(host, tookMs) },
  )
  hashing.uploadReached(sizeBytes)
  return putOutcome(answer, { sizeBytes, host, nowMs: environment.now() })
}
