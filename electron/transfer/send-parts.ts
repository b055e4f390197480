import { failed, failure, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { PartMap } from '../contract/upload-details.ts'
import { aborted, isAborted, type Attempt } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import type { PauseRequest } from '../platform/pause-request.ts'
import type { UploadWorkerPool } from './upload-worker-pool.ts'
import type { ReadAhead } from './read-ahead.ts'
import { createPartUrls, type PartObserver, type PartUrls } from './part-urls.ts'
import { createPartsTracker, type PartsProgress, type PartsTracker } from './parts-tracker.ts'
import type { AcknowledgedPart, PartOwner } from '../platform/acknowledged-part.ts'
import { abortableDelay, raceAbort } from '../platform/delays.ts'
import { recheckDelayMs } from '../platform/retry.ts'
import type { StorageAddress } from '../platform/network/storage-address.ts'
import { putOutcome, type PutOutcome } from './put-outcome.ts'
import type { FileSlots, RequestSlot } from './request-slots.ts'
import { createPausablePut } from './pausable-put.ts'
import { sentBytesOf } from './sent-counter.ts'

/** What the runs of a multipart upload in this process have sent. */
export interface PartsHistory {
  /** Numbers of the parts whose bytes were sent more than once. */
  readonly repeated: Set<number>
  /** The last part that was begun, or 0. */
  lastBegun: number
}

export const createPartsHistory = (): PartsHistory => ({ repeated: new Set(), lastBegun: 0 })

interface PartsJob {
  readonly file: { readonly path: string; readonly identity: FileIdentity }
  readonly partSizeBytes: number
  /** Parts that storage acknowledged before: they are not sent again. */
  readonly done: readonly AcknowledgedPart[]
  readonly presign: (
    part: { readonly number: number; readonly sizeBytes: number },
    signal: AbortSignal,
  ) => Promise<Result<StorageAddress>>
  /** The multipart upload; null if the parts belong to no row. */
  readonly upload: PartOwner | null
  /**
   * Stores a part in the journal, or flushes one that the worker has stored. A part counts as sent only after
   * that.
   */
  readonly recordPart: (part: AcknowledgedPart, isRecorded: boolean) => Promise<Result<void>>
  /** Updated here. */
  readonly history: PartsHistory
  /** Receives a function that returns the current state of the parts. */
  readonly onPartMap: (map: () => PartMap) => void
  readonly onProgress: (progress: PartsProgress) => void
  readonly workerPool: UploadWorkerPool
  /** Shared with the hash of the same file. */
  readonly readAhead: ReadAhead
  readonly requestSlots: FileSlots
  readonly environment: Environment
  readonly signal: AbortSignal
  readonly pause: PauseRequest
}

/** Attempts of one part in a row before the whole upload is retried later. */
const maxTries = 4
/** A part keeps its slot during a delay up to this, in ms; a longer one would keep other files waiting. */
const maxDelayWithSlotMs = 1_000
/** If a server asks for more, the upload is retried later instead, and its row says why and when; in ms. */
const maxRetryAfterMs = 60_000
/** First delay before a retry of a part, doubled each time, with full jitter. */
const firstRetryDelayMs = 500

const partCountOf = (sizeBytes: number, partSizeBytes: number) => Math.ceil(sizeBytes / partSizeBytes)

/**
 * Sends the missing parts, as many at once as there are slots, and returns all parts ascending. After the
 * first failure that a retry here does not solve, no part is started any more, and running ones finish, since
 * their bytes would have to be sent again. Only a failure of the file aborts them. A pause also starts no
 * part, and aborts those that would take long; it ends in `aborted` once the others are sent.
 */
export async function sendParts(job: PartsJob): Promise<Attempt<readonly AcknowledgedPart[]>> {
  const { partSizeBytes, requestSlots, signal, pause } = job
  const { sizeBytes } = job.file.identity
  const count = partCountOf(sizeBytes, partSizeBytes)
  const done = new Map(job.done.map((part) => [part.number, part]))
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !done.has(number))
  const abortRunning = new AbortController()
  const stopStarting = new AbortController()
  const runSignal = AbortSignal.any([signal, abortRunning.signal])
  const startSignal = AbortSignal.any([runSignal, stopStarting.signal])
  const tracker = createPartsTracker({
    sizeBytes,
    partSizeBytes,
    done: done.keys(),
    repeated: job.history.repeated,
    onProgress: job.onProgress,
  })
  const urls = createPartUrls({
    missing,
    presign(number, until) {
      const { start, end } = rangeOf(job, number)
      return job.presign({ number, sizeBytes: end - start }, until)
    },
    environment: job.environment,
    signal: startSignal,
  })
  const running = new Set<Promise<void>>()
  /** Parts that are not running and not sent, ascending. */
  const pending = [...missing]
  let firstFailure: Failure | null = null
  let thrown: unknown = null
  /** Parts that wait for a long delay. Storage would refuse other parts of this file too. */
  let delayedCount = 0
  let wake = () => {}
  const change = () => new Promise<void>((resolve) => (wake = resolve))

  function end(number: number, part: Result<AcknowledgedPart> | null): void {
    if (part === null) pending.splice(pending.filter((other) => other < number).length, 0, number)
    else if (part.ok) done.set(number, part.value)
    else {
      firstFailure ??= part.failure
      if (isFileFailure(part.failure)) abortRunning.abort()
      else stopStarting.abort()
    }
  }

  function onDelay(isDelayed: boolean): void {
    delayedCount += isDelayed ? 1 : -1
    wake()
  }

  function start(number: number, slot: RequestSlot): void {
    const run: PartRun = { slot, urls, tracker, runSignal, startSignal, onDelay }
    const sending = sendPart(job, number, run)
      .then((part) => end(number, part))
      // A bug in one part must not leave the others running unobserved.
      .catch((error: unknown) => {
        thrown ??= error
        abortRunning.abort()
      })
      .finally(() => {
        run.slot.release()
        running.delete(sending)
        wake()
      })
    running.add(sending)
  }

  async function startNext(): Promise<void> {
    const [next = 1] = pending
    const { start: from, end: to } = rangeOf(job, next)
    // Pending parts are ascending, so the parts that an earlier run began come before those never begun.
    const put = { sizeBytes: to - from, isInterrupted: next <= job.history.lastBegun }
    const acquired = requestSlots.acquire(put, AbortSignal.any([startSignal, pause.signal]))
    const slot = await acquired.catch(() => null)
    const number = slot && !pause.isRequested && delayedCount === 0 ? pending.shift() : undefined
    job.history.lastBegun = Math.max(job.history.lastBegun, number ?? 0)
    if (slot && number !== undefined) start(number, slot)
    else slot?.release()
  }

  job.onPartMap(tracker.partMap)
  tracker.report()
  const stopListening = pause.onChange(() => wake())
  const isOver = () =>
    startSignal.aborted || (running.size === 0 && (pause.isRequested || pending.length === 0))
  while (!isOver()) {
    // A part that is stopped is pending again. While this waits a part runs, and its end is a change.
    if (pause.isRequested || pending.length === 0 || delayedCount > 0) await change()
    else await startNext()
  }
  stopListening()
  await Promise.all(running)
  if (thrown !== null) throw thrown as Error
  if (signal.aborted) return aborted
  if (firstFailure) return failed(firstFailure)
  return pending.length > 0 ? aborted : success([...done.values()].sort((a, b) => a.number - b.number))
}

interface PartRun {
  /** Another one after a long delay. */
  slot: RequestSlot
  readonly urls: PartUrls
  readonly tracker: PartsTracker
  /** Aborts a running PUT. */
  readonly runSignal: AbortSignal
  /** Aborted once no further PUT is to start. */
  readonly startSignal: AbortSignal
  /** Called at the beginning and at the end of a delay without a slot. */
  readonly onDelay: (isDelayed: boolean) => void
}

/** Reports the progress of a part to the slot, the tracker and the prefetching of URLs. */
function progressOf(number: number, { slot, tracker }: PartRun, observer: PartObserver) {
  tracker.markInFlight(number, 0)
  return (flushedBytes: number) => {
    observer.progressed(flushedBytes)
    slot.recordFlushed(flushedBytes)
    tracker.markInFlight(number, flushedBytes)
  }
}

/** The half-open range of a part in the file. */
function rangeOf({ partSizeBytes, file }: PartsJob, number: number) {
  const start = (number - 1) * partSizeBytes
  return { start, end: Math.min(start + partSizeBytes, file.identity.sizeBytes) }
}

/**
 * Sends one part, through resets and expired URLs. `null` when aborted, or when no PUT is to start any more:
 * then it is still missing.
 */
async function sendPart(
  job: PartsJob,
  number: number,
  run: PartRun,
): Promise<Result<AcknowledgedPart> | null> {
  const { tracker, startSignal } = run
  const retryDelayMs = createRetryPolicy(job.environment)
  const refusals = new Set<PutOutcome['kind']>()
  // The first refusal may be an expired URL, the first wrong or missing ETag an error on the way; the second
  // one is final.
  const isRepeatedAfter = (kind: PutOutcome['kind']) => {
    if (refusals.has(kind)) return false
    refusals.add(kind)
    tracker.markForRetry(number)
    return true
  }
  while (!startSignal.aborted && !job.pause.isRequested) {
    const mayStart = AbortSignal.any([startSignal, job.pause.signal])
    const outcome = await tryPart(job, number, run, mayStart)
    switch (outcome.kind) {
      case 'aborted':
        return null
      case 'stored':
        if (outcome.etag !== null)
          return recordStoredPart(job, number, run, { ...outcome, etag: outcome.etag })
        if (!isRepeatedAfter('stored')) return failed(failure('storage-refused', {}, { detail: 'no ETag' }))
        break
      case 'occupied':
        // A part has no key of its own that could exist already: here storage refuses a header.
        return failed(failure('storage-refused', {}, { detail: 'HTTP 412' }))
      case 'forbidden':
      case 'differs':
        if (!isRepeatedAfter(outcome.kind)) return failed(outcome.failure)
        break
      case 'failed': {
        tracker.markForRetry(number)
        const delayMs = retryDelayMs(outcome.failure)
        if (delayMs === null) return failed(outcome.failure)
        if (!(await delayRetry(job, number, run, { delayMs, mayStart }))) return null
      }
    }
  }
  return null
}

/**
 * Waits before a retry, during a long delay without the slot, so that other files can use it. Returns whether the
 * part has a slot.
 */
async function delayRetry(
  job: PartsJob,
  number: number,
  run: PartRun,
  { delayMs, mayStart }: { readonly delayMs: number; readonly mayStart: AbortSignal },
): Promise<boolean> {
  const isLong = delayMs > maxDelayWithSlotMs
  if (isLong) {
    run.slot.release()
    run.onDelay(true)
  }
  await abortableDelay(job.environment.timers, delayMs, mayStart)
  if (!isLong) return true
  const { start, end } = rangeOf(job, number)
  const slot = await job.requestSlots
    .acquire({ sizeBytes: end - start, isInterrupted: true }, mayStart)
    .catch(() => null)
  if (slot) run.slot = slot
  run.onDelay(false)
  return slot !== null
}

/** Requests a URL and sends the part once. `mayStart` aborts only the wait for the URL. */
async function tryPart(
  job: PartsJob,
  number: number,
  run: PartRun,
  mayStart: AbortSignal,
): Promise<PutOutcome> {
  run.tracker.markAwaitingUrl(number)
  const url = await raceAbort(run.urls.get(number), mayStart)
  if (url === null || isAborted(url)) {
    if (!run.runSignal.aborted) run.tracker.markForRetry(number)
    return { kind: 'aborted', unanswered: null }
  }
  if (!url.ok) return { kind: 'failed', failure: url.failure, unanswered: null }
  const outcome = await putPart(job, number, run, url.value)
  if (outcome.kind === 'failed' && isTemporary(outcome.failure)) run.slot.reportCongestion()
  return outcome
}

/**
 * For one part: returns the delay before the next try after each failure, or null when it is not to be
 * retried here.
 */
function createRetryPolicy(environment: Environment): (reason: Failure) => number | null {
  let tries = 0
  let hasRechecked = false
  return (reason) => {
    tries += 1
    if (reason.code === 'not-found' && !hasRechecked) {
      hasRechecked = true
      return recheckDelayMs
    }
    if (tries >= maxTries || !isRetriedHere(reason) || (reason.retryAfterMs ?? 0) > maxRetryAfterMs)
      return null
    return (reason.retryAfterMs ?? 0) + environment.random() * firstRetryDelayMs * 2 ** (tries - 1)
  }
}

async function putPart(
  job: PartsJob,
  number: number,
  run: PartRun,
  address: StorageAddress,
): Promise<PutOutcome> {
  const { start, end } = rangeOf(job, number)
  const observer = run.urls.partStarted(end - start)
  const onProgress = progressOf(number, run, observer)
  const { file, workerPool, readAhead, environment, pause } = job
  const { host } = new URL(address.url)
  const part = job.upload && { ...job.upload, number }
  const put = createPausablePut({
    sizeBytes: end - start,
    pause,
    signal: run.runSignal,
    onStopped: () => run.tracker.markForRetry(number),
  })
  const answer = await workerPool
    .send(
      { ...address, ...file, start, end, readAhead, part, sentCounter: put.sentCounter },
      {
        signal: put.signal,
        onProgress(flushedBytes) {
          if (put.signal.aborted) return
          onProgress(flushedBytes)
        },
        onContinueDelay: (delayMs) => run.slot.recordLatency(host, delayMs),
      },
    )
    .finally(put.ended)
  // The exact number of bytes is known only now: the last report is up to a tenth of a second old.
  if (answer && 'flushedBytes' in answer && answer.kind !== 'aborted') onProgress(answer.flushedBytes)
  const sentBytes = sentBytesOf(put.sentCounter)
  const outcome = putOutcome(answer, { sizeBytes: end - start, host, nowMs: environment.now(), sentBytes })
  if (outcome.kind === 'stored') {
    onProgress(end - start)
    observer.finished()
  }
  return outcome
}

async function recordStoredPart(
  job: PartsJob,
  number: number,
  { tracker }: PartRun,
  { etag, checksum, isRecorded }: PutOutcome & { kind: 'stored'; etag: string },
): Promise<Result<AcknowledgedPart>> {
  const { start, end } = rangeOf(job, number)
  const part: AcknowledgedPart = { number, etag, checksum }
  const recorded = await job.recordPart(part, isRecorded)
  if (!recorded.ok) return recorded
  tracker.markSent(number, end - start)
  return success(part)
}

const isTemporary = (reason: Failure) => retryClassOf(reason) === 'later'
const isFileFailure = (reason: Failure) => reason.code.startsWith('file-')

/**
 * Whether the part alone is retried soon: a rate limit affects all uploads to the server, a failure of the file the whole
 * file.
 */
function isRetriedHere(reason: Failure): boolean {
  if (reason.code === 'rate-limited' || isFileFailure(reason)) return false
  const retryClass = retryClassOf(reason)
  return retryClass === 'later' || retryClass === 'now'
}
