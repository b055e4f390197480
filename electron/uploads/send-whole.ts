import { presignModel, type PresignedUpload } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import { aborted, type Attempt } from '../platform/attempt.ts'
import type { HashTask } from '../transfer/hasher.ts'
import { createPausablePut } from '../transfer/pausable-put.ts'
import { urlExpiryMs } from '../transfer/presigned-url.ts'
import { putOutcome, type PutOutcome } from '../transfer/put-outcome.ts'
import type { RequestSlot } from '../transfer/request-slots.ts'
import {
  sendWhileHashing,
  stoppedByPause,
  type AcknowledgedFile,
  type SendMemory,
  type SendSession,
  type StoredObject,
} from './send-session.ts'

/**
 * Sends a file as one PUT and hashes it meanwhile. Succeeds only if storage acknowledged every byte, the
 * bytes sent are the bytes hashed, and the file has not changed since it was queued.
 */
export async function sendWhole(session: SendSession): Promise<Attempt<StoredObject>> {
  // Hashing starts before the URL is requested, so that a small file is hashed by the time it is sent.
  const { identity } = session.record
  const done = await sendWhileHashing(session, identity.sizeBytes, async (signal, hashing) => {
    const { acknowledged: sentBefore } = session.memory
    if (sentBefore) {
      hashing.uploadReached(identity.sizeBytes)
      return success(sentBefore)
    }
    const sending = { ...session, signal }
    const preparing = stoppedByPause(sending)
    const grant = await firstGrant(preparing)
    if (!grant.ok) return grant
    session.report.sending()
    const slot = await session.requestSlots.acquire({ sizeBytes: identity.sizeBytes }, preparing.signal)
    try {
      // The file may have waited for its turn for longer than the URL is valid.
      const fresh = isExpired(grant.value, session) ? await firstGrant(preparing) : grant
      if (!fresh.ok) return fresh
      return await putUntilStored(sending, fresh.value, { hashing, slot })
    } finally {
      slot.release()
    }
  })
  if (!done.ok) return done
  const { sent, hash } = done.value
  if (hash.segmentChecksums[0] !== sent.checksum) return failed(failure('bytes-differ'))
  return success({ storageKey: sent.storageKey, sha256: hash.sha256 })
}

interface PutResources {
  readonly hashing: HashTask
  readonly slot: RequestSlot
}

/**
 * Reuses the URL of an unanswered PUT until it expires: only that URL can show whether the object was stored.
 */
async function firstGrant(session: SendSession): Promise<Result<PresignedUpload>> {
  const { memory } = session
  if (memory.unanswered) {
    if (!isExpired(memory.unanswered.grant, session)) return success(memory.unanswered.grant)
    memory.unanswered = null
  }
  return requestGrant(session)
}

function isExpired({ url }: PresignedUpload, { environment }: SendSession): boolean {
  const expiry = urlExpiryMs(url)
  return expiry !== null && expiry <= environment.now()
}

function requestGrant({ record, access, signal }: SendSession): Promise<Result<PresignedUpload>> {
  const { fileName, identity, target } = record
  const file = { fileName, sizeBytes: identity.sizeBytes, target }
  return presignModel(access.client, access.signer, file, signal)
}

/**
 * Repeats the PUT with a new URL once if the URL is refused, its key is occupied or the bytes differ; other
 * failures end it.
 */
async function putUntilStored(
  session: SendSession,
  firstGrant: PresignedUpload,
  resources: PutResources,
): Promise<Attempt<AcknowledgedFile>> {
  const { memory, report } = session
  let grant = firstGrant
  let mismatches = 0
  for (let renewals = 0; ; renewals += 1) {
    if (session.pause.isRequested) return aborted
    const outcome = await putOnce(session, grant, resources)
    rememberUnanswered(memory, grant, outcome)
    switch (outcome.kind) {
      case 'aborted':
        return aborted
      case 'stored':
        return acknowledge(session, grant, outcome.checksum)
      case 'failed':
        if (retryClassOf(outcome.failure) === 'later') resources.slot.reportCongestion()
        return failed(outcome.failure)
      case 'occupied': {
        const checksum = ownChecksum(memory, grant)
        if (checksum !== null) return acknowledge(session, grant, checksum)
        if (renewals > 0) return failed(failure('storage-occupied'))
        break
      }
      case 'differs':
        // The key now has the wrong object, so the bytes are sent once more to another key.
        if (++mismatches > 1) return failed(outcome.failure)
        break
      case 'forbidden':
        if (renewals > 0) return failed(outcome.failure)
    }
    memory.unanswered = null
    report.progress({ inFlightBytes: 0, inFlightParts: 0 })
    const renewed = await requestGrant(stoppedByPause(session))
    if (!renewed.ok) return renewed
    grant = renewed.value
    report.sending()
  }
}

/**
 * If only the response was lost, the next run checks whether the object was stored before it sends a byte.
 */
function rememberUnanswered(memory: SendMemory, grant: PresignedUpload, outcome: PutOutcome): void {
  if ('unanswered' in outcome && outcome.unanswered) memory.unanswered = { grant, ...outcome.unanswered }
}

/** The checksum of the unanswered PUT if it was the one that occupied the key. */
function ownChecksum({ unanswered }: SendMemory, grant: PresignedUpload): number | null {
  return unanswered?.grant.storageKey === grant.storageKey ? unanswered.checksum : null
}

/** Kept in memory until the journal has it, so that the bytes are not sent again if the run ends before. */
function acknowledge(
  { memory, report, record }: SendSession,
  { storageKey }: PresignedUpload,
  checksum: number,
): Result<AcknowledgedFile> {
  memory.unanswered = null
  memory.acknowledged = { storageKey, checksum }
  report.progress({ sentBytes: record.identity.sizeBytes, inFlightBytes: 0, inFlightParts: 0 })
  report.finishing()
  return success(memory.acknowledged)
}

async function putOnce(
  session: SendSession,
  grant: PresignedUpload,
  { hashing, slot }: PutResources,
): Promise<PutOutcome> {
  const { record, workerPool, environment, report, signal, pause } = session
  const { sizeBytes } = record.identity
  const { host } = new URL(grant.url)
  const put = createPausablePut({
    sizeBytes,
    pause,
    signal,
    environment,
    onStopped: () => report.progress({ inFlightBytes: 0, inFlightParts: 0 }),
  })
  const onProgress = (flushedBytes: number) => {
    if (put.signal.aborted) return
    slot.recordFlushed(flushedBytes)
    hashing.uploadReached(flushedBytes)
    report.progress({ inFlightBytes: flushedBytes, inFlightParts: 1 })
    if (flushedBytes === sizeBytes) report.finishing()
  }
  const job = {
    path: record.path,
    identity: record.identity,
    start: 0,
    end: sizeBytes,
    url: grant.url,
    headers: grant.headers,
    allowsLocalAddress: grant.allowsLocalAddress,
    readAhead: hashing.readAhead,
    sentCounter: put.sentCounter,
    part: null,
  }
  const onContinueDelay = (tookMs: number) => slot.recordLatency(host, tookMs)
  const answer = await workerPool
    .send(job, { signal: put.signal, onProgress, onContinueDelay })
    .finally(put.ended)
  hashing.uploadReached(sizeBytes)
  return putOutcome(answer, { sizeBytes, host, nowMs: environment.now() })
}
