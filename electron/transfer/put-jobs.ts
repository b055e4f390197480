import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import { failure } from '../contract/failures.ts'
import type { AcknowledgedPart, PartOwner } from '../platform/acknowledged-part.ts'
import { proxyCodes } from '../platform/network/proxy-resolver.ts'
import { diskTimeoutFailure, openWithTimeout } from '../platform/files/file-identity.ts'
import { secretsIn, withoutSecrets } from '../platform/redact.ts'
import { openPut } from './put-request.ts'
import type { PutAnswer, PutWorkerJob, PutProgress } from './upload-worker-pool.ts'
import { sendingReadAhead } from './read-ahead.ts'
import { requestErrorCode, proxyHostOf, isProxyAuthRequired } from '../platform/network/proxied-request.ts'
import { containsOtherBytes, isWebPage } from './put-outcome.ts'
import { setSentBytes } from './sent-counter.ts'
import { sendBody, untilFlushed, type Put } from './put-body.ts'
import { createInlineHash, createThreadHash, type SentHash } from './sent-hash.ts'
import { createSentMd5Factory, type SentMd5Factory } from './sent-md5.ts'
import {
  trustsSystemCertificates,
  trustSystemCertificatesAfter,
} from '../platform/network/system-certificates.ts'
import { runJobs, type JobContext } from '../platform/threads/worker-thread-side.ts'

/** The page shows progress ten times a second. */
const progressIntervalMs = 100
/** The body is sent after this long without a response to `Expect: 100-continue` (RFC 9110, 10.1.1). */
const continueTimeoutMs = 1_000
const maxResponseCharacters = 16 * 1024
/** Time for the body of an acknowledgement, which storage leaves empty or short; never more than for a stall. */
const discardTimeoutMs = 5_000
/** Longer than any ETag, which is stored with its part. */
const maxEtagLength = 200
const abortedUnsent: PutAnswer = { kind: 'aborted', sha256: null, flushedBytes: 0 }

/** Writes an acknowledged part to the journal; returns whether it was written. */
export type RecordPart = (part: AcknowledgedPart & PartOwner) => boolean

/** Runs PUTs on this thread. Acknowledged parts are recorded before the answer is posted. */
export function runPutJobs(
  recordPart: RecordPart | null,
  md5Factory: SentMd5Factory = createSentMd5Factory(),
): void {
  runJobs(async (job: PutWorkerJob, context: JobContext<PutProgress>): Promise<PutAnswer> => {
    const answer = await send(job, md5Factory, context)
    if (recordPart === null || job.part === null || !isStored(job, answer)) return answer
    const { etag, checksum } = answer
    if (etag === null) return answer
    return { ...answer, isRecorded: recordPart({ ...job.part, etag, checksum }) }
  })
}

async function send(
  job: PutWorkerJob,
  md5Factory: SentMd5Factory,
  context: JobContext<PutProgress>,
): Promise<PutAnswer> {
  if (context.signal.aborted) return abortedUnsent
  const opened = await openWithTimeout(job, context.signal)
  if (opened === null) return abortedUnsent
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const hash = hashFor(job)
  try {
    const first = await attempt(job, { handle: opened.handle, hash, md5Factory }, context)
    const { answer } = shouldRetryAtOnce(first)
      ? await attempt(job, { handle: opened.handle, hash, md5Factory }, context)
      : first
    return await withHash(answer, job, hash)
  } finally {
    hash?.close()
    // Closing waits for a read that may never end, and nothing depends on it.
    void opened.handle.close().catch(() => {})
  }
}

function hashFor({ readAhead, hashPort }: PutWorkerJob): SentHash | null {
  if (readAhead !== null) return null
  return hashPort ? createThreadHash(hashPort) : createInlineHash()
}

/** Adds the hash of what was sent if storage may have all of it. */
async function withHash(answer: PutAnswer, job: PutWorkerJob, hash: SentHash | null): Promise<PutAnswer> {
  if (hash === null || answer.kind === 'refused' || answer.flushedBytes < job.end - job.start) return answer
  return { ...answer, sha256: await hash.hex() }
}

interface Source {
  readonly handle: FileHandle
  readonly md5Factory: SentMd5Factory
  readonly hash: SentHash | null
}

interface Attempt {
  readonly answer: PutAnswer
  /** Whether it used a connection that an earlier PUT had left open. */
  readonly usedKeptConnection: boolean
  /** Whether the system's certificate authorities were trusted already. */
  readonly trustedSystem: boolean
}

/** Whether nothing was sent, for a reason that does not apply to a second attempt. */
function shouldRetryAtOnce({ answer, usedKeptConnection, trustedSystem }: Attempt): boolean {
  if (answer.kind !== 'broken' || answer.flushedBytes > 0) return false
  // A server may close a kept connection just as it is used again.
  return usedKeptConnection || (!trustedSystem && trustSystemCertificatesAfter(answer.code))
}

async function attempt(
  job: PutWorkerJob,
  { handle, hash, md5Factory }: Source,
  context: JobContext<PutProgress>,
): Promise<Attempt> {
  const trustedSystem = trustsSystemCertificates()
  // It may have been aborted while the file was being opened, before a listener existed.
  if (context.signal.aborted) return { answer: abortedUnsent, usedKeptConnection: false, trustedSystem }
  let request: ClientRequest
  try {
    request = openPut({
      url: job.url,
      lengthBytes: job.end - job.start,
      signedHeaders: job.headers,
      allowsLocalAddress: job.allowsLocalAddress,
      expectsContinue: job.expectsContinue,
      proxy: job.proxy,
    })
  } catch (error) {
    return { answer: unopenedAnswer(error, job.proxy), usedKeptConnection: false, trustedSystem }
  }
  const readAhead = job.readAhead && sendingReadAhead(job.readAhead)
  hash?.restart()
  const md5 = md5Factory.start()
  const put: Put = {
    job,
    request,
    readAhead,
    md5,
    hash,
    flushedBytes: 0,
    checksum: 0,
    isWaitingLocally: false,
    isReadingDisk: false,
    answer: null,
    onFlushed: () => {},
  }
  setSentBytes(job.sentCounter, 0)
  let reportedBytes = 0
  const reportTimer = setInterval(() => {
    if (put.flushedBytes === reportedBytes) return
    reportedBytes = put.flushedBytes
    context.progress({ flushedBytes: reportedBytes })
  }, progressIntervalMs)
  const answer = await exchange(put, handle, context)
  clearInterval(reportTimer)
  md5.finish()
  if (!isStored(job, answer)) readAhead?.releaseBlocks()
  return { answer, usedKeptConnection: request.reusedSocket, trustedSystem }
}

/** Codes with which Node refuses a URL or a header (nodejs.org/api/errors.html). */
const invalidRequestCodes: ReadonlySet<string> = new Set([
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_UNESCAPED_CHARACTERS',
])

/** Node throws at once for an invalid request or proxy, which must not end this thread's other jobs. */
function unopenedAnswer(error: unknown, proxy: string | null): PutAnswer {
  const detail = requestErrorCode(error, proxy)
  if (invalidRequestCodes.has(detail)) {
    const reason = failure('upload-header-refused', { name: 'upload_headers' }, { detail })
    return { kind: 'refused', failure: reason }
  }
  const code = proxy === null ? detail : proxyCodes.trouble
  return { kind: 'broken', code, proxyHost: proxyHostOf(code, proxy), sha256: null, flushedBytes: 0 }
}

/** Whether these bytes need not be sent again. */
function isStored(job: PutWorkerJob, answer: PutAnswer): answer is PutAnswer & { kind: 'answered' } {
  if (answer.kind !== 'answered' || answer.status >= 300 || isWebPage(answer)) return false
  return answer.flushedBytes === job.end - job.start && !containsOtherBytes(answer, new URL(job.url).host)
}

/** Runs the request until a response, a failed or stalled connection, a failure of the file, or an abort. */
function exchange(put: Put, handle: FileHandle, context: JobContext<PutProgress>): Promise<PutAnswer> {
  const { job, request } = put
  const { signal } = context
  return new Promise((resolve) => {
    const end = (answer: PutAnswer) => {
      if (put.answer) return
      put.answer = answer
      clearInterval(watch)
      signal.removeEventListener('abort', onAbort)
      if (answer.kind !== 'answered' || put.flushedBytes < job.end - job.start) request.destroy()
      resolve(answer)
    }
    const broken = (code: string, flushedBytes = put.flushedBytes) =>
      end({
        kind: 'broken',
        code,
        proxyHost: proxyHostOf(code, job.proxy),
        sha256: null,
        flushedBytes,
      })
    const onAbort = () => end({ kind: 'aborted', sha256: null, flushedBytes: put.flushedBytes })
    const watch = watchForStall(put, () => {
      // While a read is pending, the disk has stalled and not the connection.
      if (put.isReadingDisk) end({ kind: 'refused', failure: diskTimeoutFailure() })
      else broken('ETIMEDOUT')
    })
    let hasResponse = false

    request.on('response', (response) => {
      hasResponse = true
      // From here on, `readAnswer` limits the time.
      clearInterval(watch)
      // The bytes that the proxy took did not reach storage.
      if (isProxyAuthRequired(response.statusCode, new URL(job.url), job.proxy))
        return broken(proxyCodes.signIn, 0)
      void readAnswer(put, response).then(end, (error: unknown) => broken(requestErrorCode(error, job.proxy)))
    })
    request.on('error', (error) => {
      // A reset after the response only means that the server has closed the connection.
      if (!hasResponse) broken(requestErrorCode(error, job.proxy))
    })
    // If storage switches to another protocol (101), Node reports nothing else.
    request.on('close', () => {
      if (!hasResponse) broken('ECONNRESET')
    })
    signal.addEventListener('abort', onAbort)
    request.flushHeaders()
    if (job.expectsContinue) reportContinueDelay(put, context)
    void readyForBody(request, job.expectsContinue).then(async () => {
      const fileTrouble = await sendBody(put, handle, context)
      if (fileTrouble) end({ kind: 'refused', failure: fileTrouble })
    })
  })
}

function watchForStall(put: Put, onStall: () => void): NodeJS.Timeout {
  const intervalMs = Math.min(1_000, put.job.stallMs / 4)
  const isStalled = createStallCheck(put, intervalMs)
  return setInterval(() => {
    if (isStalled()) onStall()
  }, intervalMs)
}

/**
 * Returns a function to be called once per interval: whether nothing was sent for too long; after the last byte
 * storage gets longer to respond. Counts intervals, because a clock also advances while the computer sleeps and
 * when it is set.
 */
export function createStallCheck(put: Put, intervalMs: number): () => boolean {
  let lastFlushedBytes = -1
  let idleMs = 0
  return () => {
    const isActive =
      put.flushedBytes !== lastFlushedBytes || put.isWaitingLocally || put.hash?.isBehind() === true
    lastFlushedBytes = put.flushedBytes
    idleMs = isActive ? 0 : idleMs + intervalMs
    const isBodySent = put.flushedBytes === put.job.end - put.job.start
    return idleMs >= (isBodySent ? put.job.answerMs : put.job.stallMs)
  }
}

/** Measures from when the request is sent on an open connection, so that neither DNS nor TLS counts. */
function reportContinueDelay(put: Put, context: JobContext<PutProgress>): void {
  let sentAtMs = 0
  whenConnected(put.request, () => (sentAtMs = performance.now()))
  put.request.once('continue', () => {
    context.progress({ flushedBytes: put.flushedBytes, continueDelayMs: performance.now() - sentAtMs })
  })
}

/** Calls `callback` once the connection is open, TLS included. */
function whenConnected(request: ClientRequest, callback: () => void): void {
  request.on('socket', (socket) => {
    if (socket.connecting) socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', callback)
    else callback()
  })
}

/** Resolves when the body may be sent: at once, on `100 Continue`, or after the timeout. */
function readyForBody(request: ClientRequest, expectsContinue: boolean): Promise<void> {
  if (!expectsContinue) return Promise.resolve()
  return new Promise((resolve) => {
    request.once('continue', resolve)
    whenConnected(request, () => setTimeout(resolve, continueTimeoutMs).unref())
  })
}

/**
 * Reads the response. The status counts even if the connection fails inside the body, which only holds the
 * reason of a refusal: an acknowledgement does not wait for it, so that a part is recorded at once.
 */
async function readAnswer(put: Put, response: IncomingMessage): Promise<PutAnswer> {
  const { headers, statusCode: status = 0 } = response
  let body = ''
  if (status < 300) {
    discardBody(response)
    await untilFlushed(put)
    limitDiscarding(response, Math.min(discardTimeoutMs, put.job.stallMs))
  } else {
    // Storage may repeat the signature or a key in its message.
    const { url, headers: signedHeaders } = put.job
    const secrets = secretsIn({ ...Object.fromEntries(new URL(url).searchParams), ...signedHeaders })
    body = withoutSecrets(await readReason(response, put.job.stallMs), secrets)
  }
  return {
    kind: 'answered',
    status,
    etag: etagOf(headers),
    contentType: headers['content-type'],
    md5: put.flushedBytes === put.job.end - put.job.start ? put.md5.hex() : null,
    isEncrypted: usesCustomKey(headers),
    retryAfter: headers['retry-after'] ?? null,
    date: headers.date,
    body,
    checksum: put.checksum,
    sha256: null,
    flushedBytes: put.flushedBytes,
  }
}

/** Counts as absent if it is too long. */
function etagOf({ etag }: IncomingHttpHeaders): string | null {
  return etag !== undefined && etag.length <= maxEtagLength ? etag : null
}

/** A body that is read to its end leaves the connection usable; one that is too long closes it. */
function discardBody(response: IncomingMessage): void {
  let lengthBytes = 0
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    lengthBytes += chunk.length
    if (lengthBytes > maxResponseCharacters) response.destroy()
  })
}

/** Only after the request: closing its connection before would break it. */
function limitDiscarding(response: IncomingMessage, limitMs: number): void {
  if (response.readableEnded || response.destroyed) return
  const timer = setTimeout(() => response.destroy(), limitMs)
  const cancel = () => clearTimeout(timer)
  response.on('end', cancel).on('close', cancel)
}

/** A body that doesn't end in time is cut, however often a byte of it arrives. */
async function readReason(response: IncomingMessage, limitMs: number): Promise<string> {
  const timer = setTimeout(() => response.destroy(), limitMs)
  let body = ''
  response.setEncoding('utf8')
  try {
    for await (const text of response) {
      body += text as string
      if (body.length > maxResponseCharacters) break
    }
  } catch {
    // A server that refuses early may close the connection before its response is complete.
  } finally {
    clearTimeout(timer)
  }
  return body.slice(0, maxResponseCharacters)
}

/** With KMS keys or customer keys the ETag is not an MD5 (Amazon S3 API reference, PutObject, ETag). */
function usesCustomKey(headers: IncomingHttpHeaders): boolean {
  const encryption = headers['x-amz-server-side-encryption']
  return (
    (typeof encryption === 'string' && encryption.startsWith('aws:kms')) ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  )
}
