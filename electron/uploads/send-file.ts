import type { Access } from '../accounts/accounts.ts'
import { presignModel, type Grant } from '../cloud/models.ts'
import { failed, failure, success, type Result } from '../contract/errors.ts'
import type { Ports } from '../contract/ports.ts'
import { whyChanged } from '../transfer/file-identity.ts'
import type { Hasher, Hashing } from '../transfer/hasher.ts'
import type { Lanes } from '../transfer/lanes.ts'
import { expiryOf } from '../transfer/presigned-url.ts'
import { putOutcome, type PutOutcome } from '../transfer/put-outcome.ts'
import type { UploadRecord } from './record.ts'

/** A PUT of ours whose answer never came: the object may be there. Kept in memory until it is known. */
export interface Unanswered {
  readonly grant: Grant
  readonly checksum: number
}

/** What a file's upload keeps between attempts, in memory only, since it holds a presigned URL. */
export interface Memory {
  unanswered: Unanswered | null
}

export interface SendReport {
  sending(): Result<void>
  finishing(): Result<void>
  progress(progress: { sentBytes?: number; inFlightBytes?: number; hashedBytes?: number }): void
}

export interface Stored {
  readonly storageKey: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

interface Sending {
  readonly record: UploadRecord
  readonly access: Access
  readonly lanes: Lanes
  readonly hasher: Hasher
  readonly ports: Ports
  readonly memory: Memory
  readonly report: SendReport
  readonly signal: AbortSignal
}

/** No byte for 30 s is a dead line (engine-facts.md, 3.3); after the last byte storage may take minutes to check. */
const stallMs = 30_000
const answerMs = 300_000

/**
 * Sends a file as one PUT and hashes it meanwhile. `null` when it was aborted. Ends well only if storage acknowledged
 * every byte, what was sent is what was hashed, and the file is still the one that was queued.
 */
export async function sendWhole(sending: Sending): Promise<Result<Stored> | null> {
  const { record, hasher, report, signal } = sending
  const grant = await firstGrant(sending)
  if (!grant.ok) return grant
  const begun = report.sending()
  if (!begun.ok) return begun
  // Either side's trouble stops the other; the person's pause stops both.
  const trouble = new AbortController()
  const both = AbortSignal.any([signal, trouble.signal])
  const hashing = hasher.hash(
    { path: record.path, identity: record.identity, segmentBytes: record.identity.sizeBytes },
    { signal: both, onProgress: (hashedBytes) => report.progress({ hashedBytes }) },
  )
  void hashing.result.then((hash) => {
    if (hash && !hash.ok) trouble.abort()
  })
  const put = await putUntilStored({ ...sending, signal: both }, grant.value, hashing)
  if (put === null || !put.ok) trouble.abort()
  const hash = await hashing.result
  if (signal.aborted) return null
  if (hash && !hash.ok) return hash
  if (put === null || !put.ok) return put
  if (hash === null) return null
  if (hash.value.segmentChecksums[0] !== put.value.checksum) return failed(failure('bytes-differ'))
  const changed = await whyChanged(record.path, record.identity)
  if (changed) return failed(changed)
  return success({ storageKey: put.value.storageKey, sha256: hash.value.sha256 })
}

/** The grant of an unanswered PUT while it lives, since only it can tell whether that PUT landed; else a new one. */
async function firstGrant(sending: Sending): Promise<Result<Grant>> {
  const { memory, ports } = sending
  if (memory.unanswered) {
    const expiry = expiryOf(memory.unanswered.grant.url)
    if (expiry === null || expiry > ports.now()) return success(memory.unanswered.grant)
    memory.unanswered = null
  }
  return newGrant(sending)
}

function newGrant({ record, access, signal }: Sending): Promise<Result<Grant>> {
  const { fileName, identity, target } = record
  return presignModel(
    access.client,
    access.signer,
    { fileName, sizeBytes: identity.sizeBytes, target },
    signal,
  )
}

interface Acknowledged {
  readonly storageKey: string
  readonly checksum: number
}

/**
 * PUTs until storage has the object. A refused URL is asked for anew once, an occupied key likewise; whatever else goes
 * wrong is the retry policy's business.
 */
async function putUntilStored(
  sending: Sending,
  firstGrant: Grant,
  hashing: Hashing,
): Promise<Result<Acknowledged> | null> {
  let grant = firstGrant
  for (let renewals = 0; ; renewals += 1) {
    const outcome = await putOnce(sending, grant, hashing)
    switch (outcome.kind) {
      case 'aborted':
        return null
      case 'stored':
        return acknowledged(sending, grant, outcome.checksum)
      case 'failed':
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
      case 'forbidden':
        if (renewals > 0) return failed(outcome.failure)
    }
    sending.memory.unanswered = null
    sending.report.progress({ inFlightBytes: 0 })
    const renewed = await newGrant(sending)
    if (!renewed.ok) return renewed
    grant = renewed.value
    const again = sending.report.sending()
    if (!again.ok) return again
  }
}

function acknowledged(
  { memory, report, record }: Sending,
  grant: Grant,
  checksum: number,
): Result<Acknowledged> {
  memory.unanswered = null
  report.progress({ sentBytes: record.identity.sizeBytes, inFlightBytes: 0 })
  const written = report.finishing()
  return written.ok ? success({ storageKey: grant.storageKey, checksum }) : written
}

async function putOnce(sending: Sending, grant: Grant, hashing: Hashing): Promise<PutOutcome> {
  const { record, lanes, ports, report, signal } = sending
  const { sizeBytes } = record.identity
  const onProgress = (flushedBytes: number) => {
    hashing.follow(flushedBytes)
    report.progress({ inFlightBytes: flushedBytes })
    if (flushedBytes === sizeBytes) report.finishing()
  }
  const answer = await lanes.send(
    {
      path: record.path,
      identity: record.identity,
      start: 0,
      end: sizeBytes,
      url: grant.url,
      headers: grant.headers,
      stallMs,
      answerMs,
    },
    { signal, onProgress },
  )
  hashing.follow(sizeBytes)
  return putOutcome(answer, { sizeBytes, host: new URL(grant.url).host, nowMs: ports.now() })
}
