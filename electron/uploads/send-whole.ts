import { presignModel, type PresignedUpload } from '../cloud/models.ts'
import { findChange, verifySentFile } from '../conflicts/same-file.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import { aborted, isAborted, type Attempt } from '../platform/aborted.ts'
import { mayHaveSameBytes, isUntouched } from '../platform/files/file-identity.ts'
import { hashWholeFile } from '../transfer/hasher.ts'
import { createPausablePut } from '../transfer/pausable-put.ts'
import { urlExpiryMs } from '../transfer/presigned-url.ts'
import { putOutcome, type PutOutcome } from '../transfer/put-outcome.ts'
import type { RequestSlot } from '../transfer/request-slots.ts'
import { sentBytesOf } from '../transfer/sent-counter.ts'
import { stoppedByPause, type SendSession, type StoredObject } from './send-session.ts'

/**
 * Sends a file as one PUT and hashes the bytes as they are sent. Succeeds only if storage acknowledged every
 * byte and the file has not changed since it was queued.
 */
export async function sendWhole(session: SendSession): Promise<Attempt<StoredObject>> {
  const { record, memory, signal } = session
  const stored = await sendFile(session)
  if (!stored.ok) return stored
  const unchanged = await findChange(record, signal)
  if (unchanged.ok) return stored
  if (!isAborted(unchanged) && unchanged.failure.code === 'file-changed') memory.stored = null
  return unchanged
}

async function sendFile(session: SendSession): Promise<Attempt<StoredObject>> {
  const { record, memory, report } = session
  const { sizeBytes } = record.identity
  if (memory.unhashed && isUntouched(memory.unhashed.identity, record.identity)) {
    report.sending()
    return acknowledge(session, memory.unhashed.storageKey, null)
  }
  memory.unhashed = null
  const preparing = stoppedByPause(session)
  const grant = await firstGrant(preparing)
  if (!grant.ok) return grant
  report.sending()
  const slot = await session.requestSlots.acquire({ sizeBytes }, preparing.signal)
  try {
    // The file may have waited for its turn for longer than the URL is valid.
    const fresh = isExpired(grant.value, session) ? await firstGrant(preparing) : grant
    return fresh.ok ? await putUntilStored(session, fresh.value, slot) : fresh
  } finally {
    slot.release()
  }
}

/**
 * Reuses the URL of an unanswered PUT until it expires: only that URL can show whether the object was stored.
 */
async function firstGrant(session: SendSession): Promise<Result<PresignedUpload>> {
  const { memory, record } = session
  if (memory.unanswered) {
    const { grant, identity } = memory.unanswered
    if (!isExpired(grant, session) && mayHaveSameBytes(identity, record.identity)) return success(grant)
    memory.unanswered = null
  }
  return requestGrant(session)
}

/** The server, whose time the URL has, may have another clock than this computer. */
function isExpired({ url }: PresignedUpload, { access, environment }: SendSession): boolean {
  const expiry = urlExpiryMs(url)
  return expiry !== null && expiry <= environment.now() - access.client.clockAheadMs()
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
  slot: RequestSlot,
): Promise<Attempt<StoredObject>> {
  const { memory, report } = session
  let grant = firstGrant
  let mismatches = 0
  for (let renewals = 0; ; renewals += 1) {
    if (session.pause.isRequested) return aborted
    const outcome = await putOnce(session, grant, slot)
    rememberUnanswered(session, grant, outcome)
    switch (outcome.kind) {
      case 'aborted':
        return aborted
      case 'stored':
        return acknowledge(session, grant.storageKey, outcome.sha256)
      case 'failed':
        if (retryClassOf(outcome.failure) === 'later') slot.reportCongestion()
        return failed(outcome.failure)
      case 'occupied': {
        const acknowledged = await acknowledgeUnanswered(session, grant)
        if (acknowledged !== null) return acknowledged
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
function rememberUnanswered(
  { memory, record }: SendSession,
  grant: PresignedUpload,
  outcome: PutOutcome,
): void {
  if ('unanswered' in outcome && outcome.unanswered)
    memory.unanswered = { grant, identity: record.identity, ...outcome.unanswered }
}

/**
 * Acknowledges the object that occupies the key if the unanswered PUT stored it and the file still has its
 * bytes; else null.
 */
async function acknowledgeUnanswered(
  session: SendSession,
  grant: PresignedUpload,
): Promise<Attempt<StoredObject> | null> {
  const { record, memory } = session
  const { unanswered } = memory
  if (unanswered?.grant.storageKey !== grant.storageKey) return null
  const { sha256 } = unanswered
  if (!isUntouched(unanswered.identity, record.identity)) {
    if (sha256 === null) return null
    // Only samples of the file have been compared.
    const expected = { sha256, identity: record.identity }
    const verified = await verifySentFile(record.path, expected, session)
    if (isAborted(verified)) return aborted
    if (!verified.ok && verified.failure.code === 'file-changed') return null
    if (!verified.ok) return verified
  }
  return acknowledge(session, grant.storageKey, sha256)
}

/**
 * Kept in memory until the journal has it, so that the bytes are not sent again if the run ends before. If
 * the hash thread ended (`sentHash` is null), the file is read again: these are the bytes that were sent, since
 * its identity is compared before, during and after both.
 */
async function acknowledge(
  session: SendSession,
  storageKey: string,
  sentHash: string | null,
): Promise<Attempt<StoredObject>> {
  const { memory, report, record } = session
  memory.unanswered = null
  memory.unhashed = { storageKey, identity: record.identity }
  const sha256 = sentHash === null ? await hashWholeFile(record, session) : success(sentHash)
  if (!sha256.ok) return sha256
  memory.unhashed = null
  memory.stored = { storageKey, sha256: sha256.value }
  memory.sentIdentity = record.identity
  report.progress({ sentBytes: record.identity.sizeBytes, inFlightBytes: 0, inFlightParts: 0 })
  report.finishing()
  return success(memory.stored)
}

async function putOnce(session: SendSession, grant: PresignedUpload, slot: RequestSlot): Promise<PutOutcome> {
  const { record, workerPool, environment, report, signal, pause } = session
  const { sizeBytes } = record.identity
  const { host } = new URL(grant.url)
  const put = createPausablePut({
    sizeBytes,
    pause,
    signal,
    onStopped: () => report.progress({ inFlightBytes: 0, inFlightParts: 0 }),
  })
  const onProgress = (flushedBytes: number) => {
    if (put.signal.aborted) return
    slot.recordFlushed(flushedBytes)
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
    readAhead: null,
    sentCounter: put.sentCounter,
    part: null,
  }
  const onContinueDelay = (tookMs: number) => slot.recordLatency(host, tookMs)
  const answer = await workerPool
    .send(job, { signal: put.signal, onProgress, onContinueDelay })
    .finally(put.ended)
  const sentBytes = sentBytesOf(put.sentCounter)
  return putOutcome(answer, { sizeBytes, host, nowMs: environment.now(), sentBytes })
}
