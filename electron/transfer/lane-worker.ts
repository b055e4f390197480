import type { ClientRequest, IncomingMessage } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import { failure, type Failure } from '../contract/errors.ts'
import { networkCodeOf } from '../contract/line-failure.ts'
import { blockBytes, createBlocks } from './blocks.ts'
import { fileFailure, openSameFile, readFull } from './file-identity.ts'
import { openPut } from './http.ts'
import type { LaneAnswer, LaneJob, LaneProgress } from './lanes.ts'
import { sendingEnd, type SendingEnd } from './pace.ts'
import { serveJobs, type JobContext } from './thread-side.ts'

/** The fastest way measured: three blocks, each filled again once the socket has taken it. */
const blockCount = 3
/** Ten times a second is what the page shows. */
const tellEveryMs = 100
/** A server that neither answers nor says 100 is sent the body after this long (RFC 9110, 10.1.1). */
const continueWaitMs = 1_000
/** A server that hangs up while we send may have answered just before: its answer is looked for this long. */
const lastWordsMs = 250
const longestBody = 16 * 1024
const blocks = createBlocks()

interface Put {
  readonly job: LaneJob
  readonly request: ClientRequest
  flushedBytes: number
  checksum: number
  readonly pace: SendingEnd
  /** The next bytes wait for something here and not for the line. */
  held: boolean
  /** Set once the exchange is over, by whichever end came first. */
  over: LaneAnswer | null
}

async function send(job: LaneJob, context: JobContext<LaneProgress>): Promise<LaneAnswer> {
  if (context.signal.aborted) return { kind: 'aborted' }
  const opened = await openSameFile(job.path, job.identity)
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  try {
    const first = await attempt(job, opened.handle, context)
    // The server had closed a kept connection just as we took it up again: that is no trouble of the line.
    const again = first.reused && first.answer.kind === 'broken' && first.answer.flushedBytes === 0
    return again ? (await attempt(job, opened.handle, context)).answer : first.answer
  } finally {
    await opened.handle.close()
  }
}

async function attempt(
  job: LaneJob,
  handle: FileHandle,
  context: JobContext<LaneProgress>,
): Promise<{ readonly answer: LaneAnswer; readonly reused: boolean }> {
  const { request, expects } = openPut(job.url, job.end - job.start, job.headers)
  const pace = sendingEnd(job.pace)
  const put: Put = { job, request, pace, flushedBytes: 0, checksum: 0, held: false, over: null }
  const teller = setInterval(() => context.progress({ flushedBytes: put.flushedBytes }), tellEveryMs)
  const answer = await exchange(put, expects, handle, context.signal)
  clearInterval(teller)
  if (answer.kind !== 'answered' || answer.status >= 300) pace.giveBack()
  return { answer, reused: request.reusedSocket }
}

/** Runs the request to whichever end comes first: an answer, a broken line, a stalled line, a bad file, an abort. */
function exchange(put: Put, expects: boolean, handle: FileHandle, signal: AbortSignal): Promise<LaneAnswer> {
  const { job, request } = put
  return new Promise((resolve) => {
    const end = (answer: LaneAnswer) => {
      if (put.over) return
      put.over = answer
      clearInterval(watch)
      signal.removeEventListener('abort', onAbort)
      if (answer.kind !== 'answered' || put.flushedBytes < job.end - job.start) request.destroy()
      resolve(answer)
    }
    const broken = (code: string) =>
      end({ kind: 'broken', code, checksum: put.checksum, flushedBytes: put.flushedBytes })
    const onAbort = () => end({ kind: 'aborted' })
    const watch = watchForStall(put, () => broken('ETIMEDOUT'))
    let answering = false

    request.on('response', (response) => {
      answering = true
      void readAnswer(put, response).then(end, (error: unknown) => broken(networkCodeOf(error)))
    })
    request.on('error', (error) => {
      // Told by 'response' meanwhile? Then that is the truth; a reset after it is only the server hanging up.
      if (answering) return
      setTimeout(() => answering || broken(networkCodeOf(error)), lastWordsMs)
    })
    signal.addEventListener('abort', onAbort)
    request.flushHeaders()
    void whenToSend(request, expects).then(async () => {
      const trouble = await sendBody(put, handle)
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

/** Resolves when the body may go: at once, on `100 Continue`, or when a silent server has had its second. */
function whenToSend(request: ClientRequest, expects: boolean): Promise<void> {
  if (!expects) return Promise.resolve()
  return new Promise((resolve) => {
    request.on('continue', resolve)
    request.on('socket', (socket) => {
      const wait = () => setTimeout(resolve, continueWaitMs).unref()
      if (socket.connecting) socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', wait)
      else wait()
    })
  })
}

/** Reads and writes in step with the socket. Answers what is wrong with the file, or null. */
async function sendBody(put: Put, handle: FileHandle): Promise<Failure | null> {
  const { job, request } = put
  const free = Array.from(
    { length: Math.min(blockCount, Math.ceil((job.end - job.start) / blockBytes)) },
    () => blocks.take(),
  )
  const isOver = () => put.over !== null || request.destroyed
  let wake = () => {}
  for (let position = job.start; position < job.end && !isOver();) {
    const block = free.pop()
    if (!block) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      continue
    }
    put.held = true
    await put.pace.take(isOver)
    put.held = false
    let length: number
    try {
      length = await readFull(handle, block.bytes, Math.min(blockBytes, job.end - position), position)
    } catch (error) {
      return fileFailure(error)
    }
    if (length === 0) return failure('file-changed')
    if (isOver()) return null
    put.checksum = block.fold(put.checksum, length)
    position += length
    request.write(block.bytes.subarray(0, length), (error) => {
      if (!error) {
        put.flushedBytes += length
        // A block of a broken line is left to the garbage collector: the system may still hold it.
        if (position < job.end) free.push(block)
        else blocks.give(block)
      }
      wake()
    })
  }
  free.forEach(blocks.give)
  if (!isOver()) request.end()
  return null
}

async function readAnswer(put: Put, response: IncomingMessage): Promise<LaneAnswer> {
  let body = ''
  response.setEncoding('utf8')
  for await (const text of response) if (body.length < longestBody) body += text as string
  const { etag, 'retry-after': retryAfter } = response.headers
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    etag: etag ?? null,
    retryAfter: retryAfter ?? null,
    body: body.slice(0, longestBody),
    checksum: put.checksum,
    flushedBytes: put.flushedBytes,
  }
}

serveJobs(send)
