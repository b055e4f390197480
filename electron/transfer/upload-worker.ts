import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'
import { proxyCodes } from '../platform/proxy-resolver.ts'
import { diskTimeoutFailure, openWithTimeout } from '../platform/file-identity.ts'
import { openPut } from './put-request.ts'
import type { PutAnswer, PutOrder, PutProgress } from './upload-worker-pool.ts'
import { sendingEnd } from './read-rate.ts'
import { requestErrorCode, proxyHostOf, isProxyAuthRequired } from '../platform/proxied-request.ts'
import { containsOtherBytes } from './put-outcome.ts'
import { sendBody, type Put } from './put-body.ts'
import { createSentMd5s } from './sent-md5.ts'
import { trustsSystemCertificates, trustSystemCertificatesAfter } from '../platform/system-certificates.ts'
import { runJobs, type JobContext } from '../platform/worker-thread-side.ts'

/** Ten times a second is what the page shows. */
const tellEveryMs = 100
/** A server that neither answers nor says 100 is sent the body after this long (RFC 9110, 10.1.1). */
const continueWaitMs = 1_000
/** After a success that is read early, the body may go this long without a byte being flushed; then it was no success. */
const lateFlushMs = 5_000
const longestBody = 16 * 1024
const sentMd5s = createSentMd5s()
const abortedUnsent: PutAnswer = { kind: 'aborted', checksum: 0, flushedBytes: 0 }

async function send(job: PutOrder, context: JobContext<PutProgress>): Promise<PutAnswer> {
  if (context.signal.aborted) return abortedUnsent
  const opened = await openWithTimeout(job, context.signal)
  if (opened === null) return abortedUnsent
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  try {
    const first = await attempt(job, opened.handle, context)
    return mayEndBetter(first) ? (await attempt(job, opened.handle, context)).answer : first.answer
  } finally {
    // Closing waits for a read that may never end, and nobody else needs the file closed.
    void opened.handle.close().catch(() => {})
  }
}

interface Attempt {
  readonly answer: PutAnswer
  /** It went by a connection that an earlier PUT had left open. */
  readonly reused: boolean
  /** The system's authorities were trusted already. */
  readonly trusting: boolean
}

/** Whether nothing went out, for a reason that another try at once does not meet. */
function mayEndBetter({ answer, reused, trusting }: Attempt): boolean {
  if (answer.kind !== 'broken' || answer.flushedBytes > 0) return false
  // The server had closed a kept connection just as we took it up again: that is no trouble of the line.
  return reused || (!trusting && trustSystemCertificatesAfter(answer.code))
}

async function attempt(
  job: PutOrder,
  handle: FileHandle,
  context: JobContext<PutProgress>,
): Promise<Attempt> {
  const trusting = trustsSystemCertificates()
  // It may have been aborted while the file was being opened, when nobody listened.
  if (context.signal.aborted) return { answer: abortedUnsent, reused: false, trusting }
  const request = openPut(job.url, job.end - job.start, job.headers, job.announced, job.proxy)
  const pace = sendingEnd(job.pace)
  const md5 = sentMd5s.begin()
  const put: Put = {
    job,
    request,
    pace,
    md5,
    flushedBytes: 0,
    checksum: 0,
    held: false,
    reads: false,
    over: null,
  }
  let told = 0
  const teller = setInterval(() => {
    if (put.flushedBytes === told) return
    told = put.flushedBytes
    context.progress({ flushedBytes: told })
  }, tellEveryMs)
  const answer = await exchange(put, job.announced, handle, context)
  clearInterval(teller)
  md5.end()
  if (!isStored(put, answer)) pace.giveBack()
  return { answer, reused: request.reusedSocket, trusting }
}

/** Whether these bytes need not go again. */
function isStored({ job }: Put, answer: PutAnswer): boolean {
  if (answer.kind !== 'answered' || answer.status >= 300) return false
  return answer.flushedBytes === job.end - job.start && !containsOtherBytes(answer, new URL(job.url).host)
}

/** Runs the request to whichever end comes first: an answer, a broken line, a stalled line, a bad file, an abort. */
function exchange(
  put: Put,
  announced: boolean,
  handle: FileHandle,
  context: JobContext<PutProgress>,
): Promise<PutAnswer> {
  const { job, request } = put
  const { signal } = context
  return new Promise((resolve) => {
    const end = (answer: PutAnswer) => {
      if (put.over) return
      put.over = answer
      clearInterval(watch)
      signal.removeEventListener('abort', onAbort)
      if (answer.kind !== 'answered' || put.flushedBytes < job.end - job.start) request.destroy()
      resolve(answer)
    }
    const broken = (code: string, flushedBytes = put.flushedBytes) =>
      end({
        ...{ kind: 'broken', code, proxyHost: proxyHostOf(code, job.proxy) },
        ...{ checksum: put.checksum, flushedBytes },
      })
    const onAbort = () => end({ kind: 'aborted', checksum: put.checksum, flushedBytes: put.flushedBytes })
    const watch = watchForStall(put, () => {
      // Where the disk brings nothing it is not the line that stands still.
      if (put.reads) end({ kind: 'refused', failure: diskTimeoutFailure() })
      else broken('ETIMEDOUT')
    })
    let answering = false

    request.on('response', (response) => {
      answering = true
      // Whatever the proxy took of the body went no further.
      if (isProxyAuthRequired(response.statusCode, new URL(job.url), job.proxy))
        return broken(proxyCodes.signIn, 0)
      void readAnswer(put, response).then(end, (error: unknown) => broken(requestErrorCode(error, job.proxy)))
    })
    request.on('error', (error) => {
      // Told by 'response' meanwhile? Then that is the truth; a reset after it is only the server hanging up.
      if (!answering) broken(requestErrorCode(error, job.proxy))
    })
    signal.addEventListener('abort', onAbort)
    request.flushHeaders()
    if (announced) tellWhenHeard(put, context)
    void whenToSend(request, announced).then(async () => {
      const trouble = await sendBody(put, handle, context)
      if (trouble) end({ kind: 'refused', failure: trouble })
    })
  })
}

/** Cuts a line on which nothing moves; once the body is out, storage gets longer to answer. */
function watchForStall(put: Put, stalled: () => void): NodeJS.Timeout {
  let seen = -1
  let since = Date.now()
  return setInterval(
    () => {
      if (put.flushedBytes !== seen || put.held) {
        seen = put.flushedBytes
        since = Date.now()
      }
      const whole = put.flushedBytes === put.job.end - put.job.start
      if (Date.now() - since > (whole ? put.job.answerMs : put.job.stallMs)) stalled()
    },
    Math.min(1_000, put.job.stallMs / 4),
  )
}

/** Measures from when the request goes out on an open connection, so that neither name servers nor TLS count. */
function tellWhenHeard(put: Put, context: JobContext<PutProgress>): void {
  let askedMs = 0
  whenOpen(put.request, () => (askedMs = performance.now()))
  put.request.on('continue', () => {
    context.progress({ flushedBytes: put.flushedBytes, heardAfterMs: performance.now() - askedMs })
  })
}

/** Calls `then` once the request has a connection that is open, TLS included. */
function whenOpen(request: ClientRequest, then: () => void): void {
  request.on('socket', (socket) => {
    if (socket.connecting) socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', then)
    else then()
  })
}

/** Resolves when the body may go: at once, on `100 Continue`, or when a silent server has had its second. */
function whenToSend(request: ClientRequest, announced: boolean): Promise<void> {
  if (!announced) return Promise.resolve()
  return new Promise((resolve) => {
    request.on('continue', resolve)
    whenOpen(request, () => setTimeout(resolve, continueWaitMs).unref())
  })
}

/** What storage says. Its status stands even if the line is cut inside the body, which only gives the reason. */
async function readAnswer(put: Put, response: IncomingMessage): Promise<PutAnswer> {
  let body = ''
  response.setEncoding('utf8')
  try {
    for await (const text of response) if (body.length < longestBody) body += text as string
  } catch {
    // A server that refuses early hangs up on the rest of what we send.
  }
  const { headers, statusCode: status = 0 } = response
  if (status < 300) await flushedWhole(put)
  return {
    kind: 'answered',
    status,
    etag: headers.etag ?? null,
    md5: put.flushedBytes === put.job.end - put.job.start ? put.md5.hex() : null,
    sealed: isSealed(headers),
    retryAfter: headers['retry-after'] ?? null,
    body: body.slice(0, longestBody),
    checksum: put.checksum,
    flushedBytes: put.flushedBytes,
  }
}

/** On a fast connection the answer may be read before the callbacks of the last writes have run. */
async function flushedWhole(put: Put): Promise<void> {
  let { flushedBytes } = put
  let flushedAtMs = performance.now()
  while (put.flushedBytes < put.job.end - put.job.start && !put.request.destroyed) {
    const nowMs = performance.now()
    if (put.flushedBytes > flushedBytes) {
      ;({ flushedBytes } = put)
      flushedAtMs = nowMs
    }
    if (nowMs - flushedAtMs > lateFlushMs) return
    await after(1)
  }
}

/** With keys of KMS or of the customer the ETag is no MD5 (Amazon S3 API reference, PutObject, ETag). */
function isSealed(headers: IncomingHttpHeaders): boolean {
  const by = headers['x-amz-server-side-encryption']
  return (
    (typeof by === 'string' && by.startsWith('aws:kms')) ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  )
}

runJobs(send)
