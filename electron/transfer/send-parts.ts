import { failed, failure, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { PartMap } from '../contract/upload-details.ts'
import { aborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { UploadWorkerPool } from './upload-worker-pool.ts'
import type { ReadRate } from './read-rate.ts'
import { createPartUrls, type Follower, type PartUrl, type PartUrls } from './part-urls.ts'
import { createTally, type PartsProgress, type PartsTally } from './parts-progress.ts'
import { abortableDelay, recheckDelayMs } from '../platform/delays.ts'
import { putOutcome, type PutOutcome } from './put-outcome.ts'
import type { FileSlots, RequestSlot } from './request-slots.ts'

/** A part that storage has acknowledged. */
export interface SentPart {
  /** From 1 to 10,000. */
  readonly number: number
  /** Exactly as storage gave it, quotes included. */
  readonly etag: string
  /** Checksum of what was sent (see blocks.ts). */
  readonly checksum: number
}

export interface PartsJob {
  readonly path: string
  readonly identity: FileIdentity
  readonly partSizeBytes: number
  /** Parts that storage acknowledged before: they are not sent again. */
  readonly done: readonly SentPart[]
  readonly presign: (partNumber: number, signal: AbortSignal) => Promise<Result<PartUrl>>
  /** Writes a part down. Only then does it count. */
  readonly acknowledge: (part: SentPart) => Result<void>
  /** Numbers of the parts whose bytes have gone out more than once, over all runs; added to here. */
  readonly repeated: Set<number>
  /** How the parts stand, to be asked at any time. */
  readonly onMap: (map: () => PartMap) => void
  readonly onProgress: (progress: PartsProgress) => void
  readonly workerPool: UploadWorkerPool
  /** Of the file's hash. */
  readonly pace: ReadRate
  readonly requestSlots: FileSlots
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** A part is tried this often in a row here before the whole upload takes a longer breath. */
const triesHere = 4
/** First wait of a part, doubled each time, with full jitter, in ms. */
const firstWaitMs = 500
export const partCountOf = (sizeBytes: number, partSizeBytes: number) => Math.ceil(sizeBytes / partSizeBytes)

/**
 * Sends the parts that are missing, as many at once as the streams allow, and answers all of them ascending. After the first
 * failure that waiting here does not mend no part is begun any more, and those that are on their way come to their end: their
 * bytes would have to go again. Only a bad file cuts them.
 */
export async function sendParts(job: PartsJob): Promise<Attempt<readonly SentPart[]>> {
  const { identity, partSizeBytes, requestSlots, signal } = job
  const count = partCountOf(identity.sizeBytes, partSizeBytes)
  const done = new Map(job.done.map((part) => [part.number, part]))
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !done.has(number))
  const cut = new AbortController()
  const enough = new AbortController()
  const goOn = AbortSignal.any([signal, cut.signal])
  const begin = AbortSignal.any([goOn, enough.signal])
  const tally = createTally({
    sizeBytes: identity.sizeBytes,
    partSizeBytes,
    done: done.keys(),
    repeated: job.repeated,
    onProgress: job.onProgress,
  })
  const urls = createPartUrls({
    missing,
    presign: job.presign,
    environment: job.environment,
    signal: begin,
  })
  const running = new Set<Promise<void>>()
  let trouble: Failure | null = null

  job.onMap(tally.map)
  tally.tell()
  for (const number of missing) {
    const stream = await requestSlots.acquire(begin).catch(() => null)
    if (stream === null) break
    const sending = sendPart(job, number, { stream, urls, tally, goOn, begin }).then((part) => {
      if (part === null) return
      if (part.ok) done.set(number, part.value)
      else {
        trouble ??= part.failure
        const isOfFile = part.failure.code.startsWith('file-')
        if (isOfFile) cut.abort()
        else enough.abort()
      }
    })
    // A bug in one part must not leave the others running behind everybody's back.
    sending.catch(() => cut.abort())
    running.add(sending.finally(() => stream.release()))
  }
  const ends = await Promise.allSettled(running)
  const thrown = ends.find((end) => end.status === 'rejected')
  if (thrown) throw thrown.reason
  if (signal.aborted) return aborted
  if (trouble) return failed(trouble)
  return success([...done.values()].sort((a, b) => a.number - b.number))
}

interface PartRun {
  readonly stream: RequestSlot
  readonly urls: PartUrls
  readonly tally: PartsTally
  /** Aborts what is on its way. */
  readonly goOn: AbortSignal
  /** Aborted once no bytes are to be sent any more that are not on their way. */
  readonly begin: AbortSignal
}

/** Tells everybody who wants to know how far a part has come. */
function progressOf(number: number, { stream, tally }: PartRun, follower: Follower) {
  let before = 0
  tally.inFlight(number, 0)
  return (flushedBytes: number) => {
    follower.moved(flushedBytes)
    stream.moved(flushedBytes - before)
    before = flushedBytes
    tally.inFlight(number, flushedBytes)
  }
}

/** Where a part lies in the file, half-open. */
function rangeOf({ partSizeBytes, identity }: PartsJob, number: number) {
  const start = (number - 1) * partSizeBytes
  return { start, end: Math.min(start + partSizeBytes, identity.sizeBytes) }
}

/** Brings one part to storage, through resets and expired URLs. `null` when aborted, or when it would have to begin again. */
async function sendPart(job: PartsJob, number: number, run: PartRun): Promise<Result<SentPart> | null> {
  const { stream, urls, tally, begin } = run
  const met = { forbidden: 0, differs: 0, unknown: 0 }
  for (let tries = 1; ; tries += 1) {
    if (begin.aborted) return null
    tally.asking(number)
    const url = await urls.take(number)
    if (url === null) return null
    const outcome = url.ok ? await putPart(job, number, run, url.value) : refused(url.failure)
    switch (outcome.kind) {
      case 'aborted':
        return null
      case 'stored':
        return stored(job, number, run, outcome)
      case 'occupied':
        // A part has no key of its own to be occupied: 412 here is storage refusing a header.
        return failed(failure('storage-refused', {}, { detail: 'HTTP 412' }))
      case 'forbidden':
      case 'differs':
        // The first refusal may be an expired URL, the first wrong ETag a slip; the second is storage's mind.
        if (++met[outcome.kind] > 1) return failed(outcome.failure)
        tries -= 1
        tally.again(number)
        break
      case 'failed': {
        if (url.ok && isTrouble(outcome.failure)) stream.troubled()
        tally.again(number)
        const isUnknown = outcome.failure.code === 'not-found' && ++met.unknown === 1
        if (!isUnknown && (tries >= triesHere || !isMendedHere(outcome.failure)))
          return failed(outcome.failure)
        await abortableDelay(
          job.environment.timers,
          isUnknown ? recheckDelayMs : waitMs(job, tries, outcome.failure),
          begin,
        )
      }
    }
  }
}

async function putPart(job: PartsJob, number: number, run: PartRun, granted: PartUrl): Promise<PutOutcome> {
  const { start, end } = rangeOf(job, number)
  const follower = run.urls.follow(end - start)
  const onProgress = progressOf(number, run, follower)
  const { path, identity, workerPool, pace, environment } = job
  const order = { path, identity, start, end, ...granted, pace }
  const { host } = new URL(granted.url)
  const onHeard = (tookMs: number) => run.stream.heard(host, tookMs)
  const answer = await workerPool.send(order, { signal: run.goOn, onProgress, onHeard })
  // How far it came is known exactly only now: it was last told up to a tenth of a second ago.
  if (answer && 'flushedBytes' in answer && answer.kind !== 'aborted') onProgress(answer.flushedBytes)
  const outcome = putOutcome(answer, { sizeBytes: end - start, host, nowMs: environment.now() })
  if (outcome.kind === 'stored') {
    onProgress(end - start)
    follower.ended()
  }
  return outcome
}

/** A part counts once it is written down. */
function stored(
  job: PartsJob,
  number: number,
  { tally }: PartRun,
  { etag, checksum }: PutOutcome & { kind: 'stored' },
): Result<SentPart> {
  if (etag === null) return failed(failure('storage-trouble', { status: 200 }, { detail: 'no ETag' }))
  const { start, end } = rangeOf(job, number)
  const part: SentPart = { number, etag, checksum }
  const written = job.acknowledge(part)
  if (!written.ok) return written
  tally.sent(number, end - start)
  return success(part)
}

const refused = (met: Failure): PutOutcome => ({ kind: 'failed', failure: met, unanswered: null })
const isTrouble = (met: Failure) => retryClassOf(met) === 'later'

/** Whether it may pass by itself, and for this part alone: a rate limit is for all of us, a file's trouble for all of it. */
function isMendedHere(met: Failure): boolean {
  if (met.code === 'rate-limited' || met.code.startsWith('file-')) return false
  const retry = retryClassOf(met)
  return retry === 'later' || retry === 'now'
}

/** Full jitter, on top of what the server asked for. */
const waitMs = ({ environment }: PartsJob, tries: number, met: Failure) =>
  (met.retryAfterMs ?? 0) + environment.random() * firstWaitMs * 2 ** (tries - 1)
