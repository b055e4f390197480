import { failure, type Failure, type FailureExtras } from '../contract/failures.ts'
import { networkFailure, retryAfterMs } from '../platform/network/network-failures.ts'
import { redactText } from '../platform/redact.ts'
import type { PutFailure, PutAnswer } from './upload-worker-pool.ts'

/** The result of a PUT. */
export type PutOutcome =
  | {
      readonly kind: 'stored'
      readonly etag: string | null
      readonly checksum: number
      /** Null if the bytes were not hashed while they were sent. */
      readonly sha256: string | null
      /** The worker has written the part to the journal. */
      readonly isRecorded: boolean
    }
  /** 412: the key exists already. After a PUT of ours whose response was lost, that is our own object. */
  | { readonly kind: 'occupied' }
  /** Storage reports other bytes than were sent. Sending them again may help. */
  | { readonly kind: 'differs'; readonly failure: Failure }
  /** 403: the URL has expired, or a header differs. A second URL shows which. */
  | { readonly kind: 'forbidden'; readonly failure: Failure }
  /**
   * `unanswered`: all bytes were sent without a response of storage, so the object may be stored; with the hash
   * of the bytes, or null if a thread ended.
   */
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      readonly unanswered: { readonly sha256: string | null } | null
    }
  /** Aborted; `unanswered` as above. */
  | { readonly kind: 'aborted'; readonly unanswered: { readonly sha256: string | null } | null }

interface PutFacts {
  /** Size of the body. */
  readonly sizeBytes: number
  readonly host: string
  readonly nowMs: number
  /** By the counter that the worker shares; needed if it ended without an answer. */
  readonly sentBytes: number
}

/** Interprets what an upload worker returned. */
export function putOutcome(
  answer: PutAnswer | null,
  { sizeBytes, host, nowMs, sentBytes }: PutFacts,
): PutOutcome {
  if (answer === null)
    return {
      kind: 'failed',
      failure: failure('connection-lost', { host }, { detail: 'a worker thread ended' }),
      unanswered: sentBytes >= sizeBytes ? { sha256: null } : null,
    }
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
        : refusalOutcome(answer, { sizeBytes, nowMs })
  }
}

const unansweredOf = ({ flushedBytes, sha256 }: PutFailure, sizeBytes: number) =>
  flushedBytes >= sizeBytes ? { sha256 } : null

const notStored = (reason: Failure): PutOutcome => ({ kind: 'failed', failure: reason, unanswered: null })

type Answered = PutAnswer & { readonly kind: 'answered' }

function successOutcome(
  answer: Answered,
  { sizeBytes, host }: { readonly sizeBytes: number; readonly host: string },
): PutOutcome {
  // No S3 server reports success before the last byte was sent.
  if (answer.flushedBytes < sizeBytes) return notStored(failure('storage-trouble', { status: answer.status }))
  if (isWebPage(answer)) {
    const extras = { detail: 'text/html without an ETag' }
    return notStored(failure('storage-trouble', { status: answer.status }, extras))
  }
  if (!containsOtherBytes(answer, host))
    return {
      kind: 'stored',
      etag: answer.etag,
      checksum: answer.checksum,
      sha256: answer.sha256,
      isRecorded: answer.isRecorded ?? false,
    }
  const detail = `ETag ${answer.etag}, MD5 ${answer.md5}`
  return { kind: 'differs', failure: failure('storage-differs', {}, { detail }) }
}

/**
 * Statuses of a gateway that received no valid response of storage (RFC 9110, 15.6.3 and 15.6.5), or none in time
 * (520 and 524 of Cloudflare, developers.cloudflare.com, "Cloudflare 5xx errors"). Storage may still store the object.
 */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 504, 520, 524])

function refusalOutcome(
  answer: Answered,
  { sizeBytes, nowMs }: { readonly sizeBytes: number; readonly nowMs: number },
): PutOutcome {
  const { status, body, retryAfter, date } = answer
  const code = errorElement(body, 'Code')
  const extras = {
    detail: storageReason(body) ?? `HTTP ${status}`,
    retryAfterMs: retryAfterMs(retryAfter, date, nowMs),
  }
  switch (refusalKind(status, code)) {
    case 'occupied':
      return { kind: 'occupied' }
    case 'other-bytes':
      return { kind: 'differs', failure: failure('storage-differs', {}, extras) }
    case 'url':
      return { kind: 'forbidden', failure: rejection(status, body, extras) }
    case 'clock': {
      const minutes = skewMinutes(body)
      return { kind: 'forbidden', failure: failure('clock-wrong', { minutes }, extras) }
    }
    case 'upload-gone':
      return notStored(failure('not-found', {}, extras))
    case 'permanent':
      return notStored(rejection(status, body, extras))
    case 'busy':
      return notStored(failure('storage-busy', {}, extras))
    case 'trouble': {
      const isGateway = code === undefined && gatewayStatuses.has(status)
      const unanswered = isGateway ? unansweredOf(answer, sizeBytes) : null
      return { kind: 'failed', failure: failure('storage-trouble', { status }, extras), unanswered }
    }
  }
}

/** Storage's message is part of the sentence, so that the detail is only its code. */
function rejection(status: number, body: string, extras: FailureExtras): Failure {
  const { code, message } = storageError(body)
  return failure(
    'storage-refused',
    {},
    { ...extras, serverMessage: message, detail: code ?? `HTTP ${status}` },
  )
}

/**
 * Why storage refuses a PUT. `permanent`: the same request is refused again, so only the user or an
 * administrator can help. `url`: the URL has expired or its signature is refused, so that a new one shows
 * whether the refusal is permanent. `busy` and `trouble` are temporary.
 */
type RefusalKind =
  | 'permanent'
  | 'url'
  | 'clock'
  | 'busy'
  | 'trouble'
  | 'upload-gone'
  | 'other-bytes'
  | 'occupied'

/**
 * The meaning of S3's error codes for a PUT of an object or a part (Amazon S3 API reference, "Error
 * responses"; Ceph RGW, MinIO and OpenStack Swift use the same ones and add a few). The status alone does not
 * show it: RequestTimeout is a 400 and NotImplemented a 501.
 */
const refusalKinds: Readonly<Record<RefusalKind, readonly string[]>> = {
  permanent: [
    'AccountProblem',
    'AllAccessDisabled',
    'AuthorizationHeaderMalformed',
    'AuthorizationQueryParametersError',
    'EntityTooLarge',
    'EntityTooSmall',
    'IllegalLocationConstraintException',
    'InvalidArgument',
    'InvalidBucketName',
    'InvalidBucketState',
    'InvalidDigest',
    'InvalidEncryptionAlgorithmError',
    'InvalidLocationConstraint',
    'InvalidObjectState',
    'InvalidPayer',
    'InvalidRequest',
    'InvalidSecurity',
    'InvalidStorageClass',
    'InvalidTag',
    'InvalidURI',
    'KeyTooLongError',
    'MetadataTooLarge',
    'MethodNotAllowed',
    'MissingContentLength',
    'MissingSecurityHeader',
    'NoSuchBucket',
    'NotImplemented',
    'NotSignedUp',
    'PermanentRedirect',
    'QuotaExceeded',
    'UserSuspended',
    'XMinioAdminBucketQuotaExceeded',
    'XMinioStorageFull',
  ],
  url: [
    'AccessDenied',
    'ExpiredToken',
    'InvalidAccessKeyId',
    'InvalidToken',
    'RequestExpired',
    'SignatureDoesNotMatch',
    'TokenRefreshRequired',
  ],
  clock: ['RequestTimeTooSkewed'],
  busy: [
    'BandwidthLimitExceeded',
    'ConditionalRequestConflict',
    'OperationAborted',
    'RequestLimitExceeded',
    'ServerBusy',
    'ServiceUnavailable',
    'SlowDown',
    'Throttling',
    'ThrottlingException',
    'TooManyRequests',
  ],
  trouble: ['IncompleteBody', 'InternalError', 'InternalServerError', 'RequestTimeout', 'TemporaryRedirect'],
  'upload-gone': ['NoSuchUpload'],
  'other-bytes': ['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'],
  occupied: ['PreconditionFailed'],
}

const kindOfCode = new Map(
  Object.entries(refusalKinds).flatMap(([kind, codes]) =>
    codes.map((code): [string, RefusalKind] => [code, kind as RefusalKind]),
  ),
)

/** Without a known code the status decides: the response may come from a gateway in front of storage. */
function refusalKind(status: number, code: string | undefined): RefusalKind {
  const known = code === undefined ? undefined : kindOfCode.get(code)
  if (known) return known
  switch (status) {
    case 403:
      return 'url'
    case 404:
      return code === undefined ? 'trouble' : 'upload-gone'
    case 412:
      return 'occupied'
    case 409:
    case 429:
    case 503:
      return 'busy'
    case 400:
    case 405:
    case 411:
    case 413:
    case 501:
      return 'permanent'
    default:
      return 'trouble'
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
 * Whether a success comes from a captive portal or a proxy in place of storage. An ETag may be missing: some
 * storage sends none.
 */
export const isWebPage = ({ etag, contentType }: Answered): boolean =>
  etag === null && /^text\/html\b/i.test(contentType ?? '')

/**
 * Minutes between the clock that signed the URL and storage's clock, at least the 15 minutes that S3 accepts
 * (Amazon S3 error responses, RequestTimeTooSkewed).
 */
function skewMinutes(body: string): number {
  // Date.parse does not accept the basic format of X-Amz-Date (20260102T030405Z).
  const time = (name: string) =>
    Date.parse(
      (errorElement(body, name) ?? '').replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'),
    )
  const differenceMs = Math.abs(time('ServerTime') - time('RequestTime'))
  return Number.isNaN(differenceMs) ? 15 : Math.floor(differenceMs / 60_000)
}

/** Code and message of S3's XML error for display, without secrets. */
export function storageReason(body: string): string | undefined {
  const { code, message } = storageError(body)
  return code !== undefined && message !== undefined ? `${code}: ${message}` : code
}

interface StorageError {
  readonly code: string | undefined
  /** Absent if it only repeats the code. */
  readonly message: string | undefined
}

/** Both are undefined if the body is no XML error of S3. */
function storageError(body: string): StorageError {
  const code = errorElement(body, 'Code')
  if (!code) return { code: undefined, message: undefined }
  const message = errorElement(body, 'Message')
  const hasMessage = message !== undefined && message !== '' && message !== code
  return { code: redactText(code), message: hasMessage ? redactText(message) : undefined }
}

const xmlEntities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&amp;': '&',
}

/** The text of an element of S3's XML error. */
function errorElement(body: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(body)?.[1]?.trim()
  return text?.replace(/&(?:lt|gt|quot|apos|#39|amp);/g, (entity) => xmlEntities[entity] ?? entity)
}
