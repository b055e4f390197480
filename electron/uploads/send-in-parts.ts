import { completeMultipart, initiateMultipart, presignPart } from '../cloud/multipart.ts'
import { presignModel } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/errors.ts'
import type { Hashing } from '../transfer/hasher.ts'
import { bytesOfParts } from '../transfer/parts-tally.ts'
import { partsFailure } from '../transfer/plan.ts'
import { sendParts, type SentPart } from '../transfer/send-parts.ts'
import type { Multipart } from './record.ts'
import { answerMs, sendBesideHash, stallMs, type Sending, type Stored } from './sending.ts'

/**
 * Sends a file in parts, several at once, and hashes it meanwhile; goes on where an earlier run ended. Parts that were sent
 * before are checked against the file as it is hashed now, so that two versions are never glued together. `null` when
 * aborted.
 */
export async function sendInParts(sending: Sending): Promise<Result<Stored> | null> {
  const { report } = sending
  const multipart = await openedMultipart(sending)
  if (!multipart.ok) return multipart
  // Known before sending begins: what earlier runs sent is no speed of this one.
  const before = report.acknowledgedBefore().map(({ number }) => number)
  const { partSizeBytes } = multipart.value
  const { sizeBytes } = sending.record.identity
  report.progress({ sentBytes: bytesOfParts(before, { sizeBytes, partSizeBytes }) })
  const begun = report.sending()
  if (!begun.ok) return begun
  const done = await sendBesideHash(sending, partSizeBytes, (signal, hashing) =>
    sendMissing({ ...sending, signal }, multipart.value, hashing),
  )
  if (!done?.ok) return done
  const { sent: parts, hash } = done.value
  const differs = parts.find(({ number, checksum }) => hash.segmentChecksums[number - 1] !== checksum)
  if (differs) return failed(failure(before.includes(differs.number) ? 'file-changed' : 'bytes-differ'))
  const finishing = report.finishing()
  if (!finishing.ok) return finishing
  const completed = await complete(sending, multipart.value, parts)
  if (!completed.ok) return completed
  return success({ storageKey: multipart.value.storageKey, sha256: hash.sha256 })
}

/** The multipart upload of an earlier run, or a new one; its name is written down before anything is sent under it. */
async function openedMultipart(sending: Sending): Promise<Result<Multipart>> {
  const { record, access, memory, report, signal } = sending
  if (record.multipart) return success(record.multipart)
  memory.repeatedParts.clear()
  const { fileName, identity, target } = record
  const { client, signer } = access
  const { sizeBytes } = identity
  const grant = await presignModel(client, signer, { fileName, sizeBytes, target }, signal)
  if (!grant.ok) return grant
  const opened = await initiateMultipart(
    client,
    signer,
    { storageKey: grant.value.storageKey, sizeBytes },
    signal,
  )
  if (!opened.ok) return opened
  const { uploadId, storageKey, partSizeBytes } = opened.value
  const multipart = { uploadId, storageKey, partSizeBytes }
  const written = report.opened(multipart)
  if (!written.ok) return written
  const unfit = partsFailure(sizeBytes, opened.value)
  return unfit ? failed(unfit) : success(multipart)
}

function sendMissing(
  { record, access, lanes, streams, ports, memory, report, signal }: Sending,
  multipart: Multipart,
  { follow, pace }: Hashing,
): Promise<Result<readonly SentPart[]> | null> {
  return sendParts({
    path: record.path,
    identity: record.identity,
    partSizeBytes: multipart.partSizeBytes,
    done: report.acknowledgedBefore(),
    repeated: memory.repeatedParts,
    onMap: (map) => report.parts(map),
    presign: (partNumber, until) => presignPart(access.client, access.signer, multipart, partNumber, until),
    acknowledge: (part) => report.acknowledged(part),
    onProgress({ reachedByte, ...progress }) {
      follow(reachedByte)
      report.progress(progress)
    },
    lanes,
    pace,
    streams,
    ports,
    stallMs,
    answerMs,
    signal,
  })
}

/**
 * Joins the parts. A lost answer is asked for once more; an upload that is unknown by then has been joined already, which
 * registering will tell (openapi.yaml, completeMultipart).
 */
async function complete(
  { access, signal }: Sending,
  multipart: Multipart,
  parts: readonly SentPart[],
): Promise<Result<void>> {
  const { client, signer } = access
  const first = await completeMultipart(client, signer, multipart, parts, signal)
  if (first.ok || retryClassOf(first.failure) !== 'later') return first.ok ? first : ended(first)
  return ended(await completeMultipart(client, signer, multipart, parts, signal))
}

function ended(answer: Result<void>): Result<void> {
  return !answer.ok && answer.failure.code === 'not-found' ? success(undefined) : answer
}
