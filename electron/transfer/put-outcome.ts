import { failure, type Failure } from '../contract/failures.ts'
import { networkFailure, retryAfterMs } from '../platform/network-failures.ts'
import type { PutFailure, PutAnswer } from './upload-worker-pool.ts'

/** The result of a PUT. */
export type PutOutcome =
  | { readonly kind: 'stored'; readonly etag: string | null; readonly checksum: number }
  /** 412: the key exists already. After a PUT of ours whose response was lost, that is our own object. */
  | { readonly kind: 'occupied' }
  /** Storage reports other bytes than were sent. Sending them again may help. */
  | { readonly kind: 'differs'; readonly failure: Failure }
  /** 403: the URL has expired, or a header differs. A second URL shows which. */
  | { readonly kind: 'forbidden'; readonly failure: Failure }
  /**
   * `unanswered`: all bytes were sent without a response, so the object may be stored; with the checksum of
   * the bytes.
   */
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      readonly unanswered: { readonly checksum: number } | null
    }
  /** Aborted; `unanswered` as above. */
  | { readonly kind: 'aborted'; readonly unanswered: { readonly checksum: number } | null }

/** Interprets what an upload worker returned. `sizeBytes` is the size of the body. */
export function putOutcome(
  answer: PutAnswer | null,
  { sizeBytes, host, nowMs }: { readonly sizeBytes: number; readonly host: string; readonly nowMs: number },
): PutOutcome {
  if (answer === null)
    return notStored(failure('connection-lost', { host }, { detail: 'an upload worker ended' }))
  switch (answer.kind) {
    case 'aborted':
      return { kind: 'aborted', unanswered: unansweredOf(answer, sizeBytes) }
    case 'refused':
      return notStored(answer.failure)
    case 'broken':
      return {
        kind: 'failed',
        failure: networkFailure(answer.code, host, answer.proxyHost),
        unanswered: unansweredOf(answer, sizeBytes),
      }
    case 'answered':
      return answer.status >= 200 && answer.status < 300
        ? successOutcome(answer, { sizeBytes, host })
        : refusalOutcome(answer, nowMs)
  }
}

const unansweredOf = ({ flushedBytes, checksum }: PutFailure, sizeBytes: number) =>
  flushedBytes >= sizeBytes ? { checksum } : null

const notStored = (reason: Failure): PutOutcome => ({ kind: 'failed', failure: reason, unanswered: null })

type Answered = PutAnswer & { readonly kind: 'answered' }

function successOutcome(
  answer: Answered,
  { sizeBytes, host }: { readonly sizeBytes: number; readonly host: string },
): PutOutcome {
  // No S3 server reports success before the last byte was sent.
  if (answer.flushedBytes < sizeBytes) return notStored(failure('storage-trouble', { status: answer.status }))
  if (!containsOtherBytes(answer, host))
    return { kind: 'stored', etag: answer.etag, checksum: answer.checksum }
  const detail = `ETag ${answer.etag}, MD5 ${answer.md5}`
  return { kind: 'differs', failure: failure('storage-differs', {}, { detail }) }
}

function refusalOutcome({ status, body, retryAfter }: Answered, nowMs: number): PutOutcome {
  const reason = storageReason(body)
  const extras = { detail: reason ?? `HTTP ${status}`, retryAfterMs: retryAfterMs(retryAfter, nowMs) }
  switch (status) {
    case 403: {
      const minutes = skewMinutes(body)
      const why =
        minutes === null
          ? failure('storage-refused', {}, extras)
          : failure('clock-wrong', { minutes }, extras)
      return { kind: 'forbidden', failure: why }
    }
    case 404:
      // NoSuchUpload or NoSuchBucket. A 404 without S3's error comes from a gateway in front of storage.
      return notStored(
        reason === undefined
          ? failure('storage-trouble', { status }, extras)
          : failure('not-found', {}, extras),
      )
    case 412:
      return { kind: 'occupied' }
    case 409:
    case 429:
    case 503:
      return notStored(failure('storage-busy', {}, extras))
    case 400:
    case 411:
    case 413:
      return notStored(failure('storage-refused', {}, extras))
    default:
      return notStored(failure('storage-trouble', { status }, extras))
  }
}

/**
 * Whether the ETag is the MD5 of other bytes. It is an MD5 if it is 32 hex digits in quotes, unless storage
 * encrypts with certain keys or is a directory bucket (Amazon S3 user guide, "Checking object integrity", and
 * PutObject).
 */
export function containsOtherBytes({ etag, md5, isEncrypted }: Answered, host: string): boolean {
  const storedMd5 = /^"([0-9a-f]{32})"$/i.exec(etag ?? '')?.[1]
  if (!storedMd5 || md5 === null || isEncrypted || host.includes('.s3express-')) return false
  return storedMd5.toLowerCase() !== md5
}

/**
 * Minutes between the clock that signed the URL and storage's clock if that is why storage refuses, else
 * null. S3 accepts a difference of 15 minutes (Amazon S3 error responses, RequestTimeTooSkewed).
 */
function skewMinutes(body: string): number | null {
  if (!body.includes('<Code>RequestTimeTooSkewed</Code>')) return null
  const time = (name: string) => {
    const text = new RegExp(`<${name}>([^<]{1,40})</${name}>`).exec(body)?.[1] ?? ''
    // Date.parse does not accept the basic format of X-Amz-Date (20260102T030405Z).
    return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
  }
  const differenceMs = Math.abs(time('ServerTime') - time('RequestTime'))
  return Number.isNaN(differenceMs) ? 15 : Math.floor(differenceMs / 60_000)
}

/** Code and message of S3's XML error, for display only: decisions are made by status. */
export function storageReason(body: string): string | undefined {
  const part = (name: string) => new RegExp(`<${name}>([^<]{1,200})</${name}>`).exec(body)?.[1]
  const code = part('Code')
  const message = part('Message')
  if (!code) return undefined
  return message && message !== code ? `${code}: ${message}` : code
}
