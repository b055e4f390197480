import { failure, type Failure } from '../contract/failures.ts'
import { networkFailure, retryAfterMs } from '../platform/network-failures.ts'
import type { PutFailure, PutAnswer } from './upload-worker-pool.ts'

/** What a PUT came to. */
export type PutOutcome =
  | { readonly kind: 'stored'; readonly etag: string | null; readonly checksum: number }
  /** 412: something is at the key already. After a PUT of ours whose answer was lost, that is our own object. */
  | { readonly kind: 'occupied' }
  /** Storage says that it holds other bytes than were sent. Sending them once more may mend it. */
  | { readonly kind: 'differs'; readonly failure: Failure }
  /** 403: expired, or a header differs. Asking for a new URL once tells which. */
  | { readonly kind: 'forbidden'; readonly failure: Failure }
  /** `unanswered`: every byte went out and no answer came back, so it may be stored; with the checksum of what went. */
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      readonly unanswered: { readonly checksum: number } | null
    }
  /** Called off; `unanswered` as above. */
  | { readonly kind: 'aborted'; readonly unanswered: { readonly checksum: number } | null }

/** Reads what a lane brought back. `sizeBytes` is what it was to carry. */
export function putOutcome(
  answer: PutAnswer | null,
  { sizeBytes, host, nowMs }: { readonly sizeBytes: number; readonly host: string; readonly nowMs: number },
): PutOutcome {
  if (answer === null)
    return notStored(failure('connection-lost', { host }, { detail: 'a sending thread ended' }))
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
      return answered(answer, { sizeBytes, host, nowMs })
  }
}

const unansweredOf = ({ flushedBytes, checksum }: PutFailure, sizeBytes: number) =>
  flushedBytes >= sizeBytes ? { checksum } : null

const notStored = (reason: Failure): PutOutcome => ({ kind: 'failed', failure: reason, unanswered: null })

function answered(
  answer: PutAnswer & { kind: 'answered' },
  { sizeBytes, host, nowMs }: { readonly sizeBytes: number; readonly host: string; readonly nowMs: number },
): PutOutcome {
  const { status } = answer
  if (status >= 200 && status < 300) {
    // A success before the last byte went out is no S3 server's answer.
    if (answer.flushedBytes < sizeBytes) return notStored(failure('storage-trouble', { status }))
    if (containsOtherBytes(answer, host)) {
      return {
        kind: 'differs',
        failure: failure('storage-differs', {}, { detail: `ETag ${answer.etag}, MD5 ${answer.md5}` }),
      }
    }
    return { kind: 'stored', etag: answer.etag, checksum: answer.checksum }
  }
  const extras = {
    detail: storageReason(answer.body) ?? `HTTP ${status}`,
    retryAfterMs: retryAfterMs(answer.retryAfter, nowMs),
  }
  if (status === 403) {
    const minutes = skewMinutes(answer.body)
    const why =
      minutes === null ? failure('storage-refused', {}, extras) : failure('clock-wrong', { minutes }, extras)
    return { kind: 'forbidden', failure: why }
  }
  // NoSuchUpload or NoSuchBucket: what was begun has ended. Whatever else says 404 is not storage but something before it.
  if (status === 404 && storageReason(answer.body) !== undefined)
    return notStored(failure('not-found', {}, extras))
  if (status === 412) return { kind: 'occupied' }
  if (status === 409 || status === 429 || status === 503)
    return notStored(failure('storage-busy', {}, extras))
  if (status === 400 || status === 413 || status === 411)
    return notStored(failure('storage-refused', {}, extras))
  return notStored(failure('storage-trouble', { status }, extras))
}

/**
 * Whether the ETag is an MD5, and of other bytes. It is one where it is 32 hex digits in quotes, unless storage encrypts with
 * certain keys or is a directory bucket (Amazon S3 user guide, "Checking object integrity", and PutObject).
 */
export function containsOtherBytes(
  { etag, md5, sealed }: PutAnswer & { kind: 'answered' },
  host: string,
): boolean {
  const held = /^"([0-9a-f]{32})"$/i.exec(etag ?? '')?.[1]
  if (!held || md5 === null || sealed || host.includes('.s3express-')) return false
  return held.toLowerCase() !== md5
}

/**
 * Minutes between the clock that signed the URL and storage's own, when that is why storage refuses; null when it is not. S3
 * takes a quarter of an hour of difference (Amazon S3 error responses, RequestTimeTooSkewed).
 */
function skewMinutes(body: string): number | null {
  if (!body.includes('<Code>RequestTimeTooSkewed</Code>')) return null
  const time = (name: string) => {
    const text = new RegExp(`<${name}>([^<]{1,40})</${name}>`).exec(body)?.[1] ?? ''
    // The basic format of X-Amz-Date (20260102T030405Z) is none that Date reads.
    return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
  }
  const apartMs = Math.abs(time('ServerTime') - time('RequestTime'))
  return Number.isNaN(apartMs) ? 15 : Math.floor(apartMs / 60_000)
}

/** Code and message of S3's XML error, for showing only: decisions go by status. */
export function storageReason(body: string): string | undefined {
  const part = (name: string) => new RegExp(`<${name}>([^<]{1,200})</${name}>`).exec(body)?.[1]
  const code = part('Code')
  const message = part('Message')
  if (!code) return undefined
  return message && message !== code ? `${code}: ${message}` : code
}
