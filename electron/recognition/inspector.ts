import type { Worker } from 'node:worker_threads'
import { failure, type Failure } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { startWorker } from '../platform/threads/worker-file.ts'
import type { FileToInspect, Inspection } from './found-file.ts'
import { refusedInspection } from './inspect-file.ts'
import type { InspectRequest, InspectResponse } from './inspect-worker.ts'
import type { ModelDetails } from './metadata/read-details.ts'

/** Enough to keep a disk busy while one header is parsed; more would only wait inside the worker. */
const maxConcurrentFiles = 16
/** Heap of the worker: the most hostile file, a pickle of four million empty dicts, takes half of it. */
const heapMegabytes = 2048
/**
 * How long an idle thread is kept. It takes about 19 MiB, and starting one is faster than a user drops the next
 * files or opens the details of another one. After an inspection it ends sooner, because then the file is sent,
 * which takes memory too (test/bench/RESULTS.md).
 */
const defaultIdle = { afterInspectionMs: 20, otherwiseMs: 300 }
/**
 * Time limit for one file, which blocks all others: an endless header or a disk that has stopped responding.
 * The largest valid file takes seconds, even over a slow network.
 */
const maxFileMs = 120_000

type ThreadEnvironment = Pick<Environment, 'timers' | 'startThread'>

interface Job {
  readonly file: FileToInspect
  readonly output: InspectRequest['output']
  readonly complete: (result: InspectResponse['result']) => void
  readonly refuse: (reason: Failure) => void
  /** Workers that died while they had this job. */
  workerDeaths: number
  cancelTimeout: () => void
}

/**
 * Runs `inspectFile` and what reads more of a file on a worker thread, so that no header can block the
 * caller. A worker that dies or takes too long is replaced and its jobs are repeated once, each alone, so
 * that only the file that caused it is refused.
 */
export class Inspector {
  readonly #workerUrl: URL
  readonly #environment: ThreadEnvironment
  readonly #idle: typeof defaultIdle
  readonly #waiting: Job[] = []
  readonly #running = new Map<number, Job>()
  #worker: Worker | null = null
  #lastNumber = 0
  #isClosed = false
  #idleTimer: NodeJS.Timeout | undefined
  /** Whether the last job was the inspection of a file that is sent next. */
  #isFollowedBySending = false

  constructor(workerUrl: URL, environment: ThreadEnvironment, idle = defaultIdle) {
    this.#workerUrl = workerUrl
    this.#environment = environment
    this.#idle = idle
  }

  /** Inspects a file. Never rejects; after `close` every file is refused. */
  inspect(file: FileToInspect): Promise<Inspection> {
    return this.#run(file, 'inspection', (reason) => refusedInspection(file, reason))
  }

  /** Reads everything for the details pane, or null if the file can't be read. Never rejects. */
  readDetails(file: FileToInspect): Promise<ModelDetails | null> {
    return this.#run<ModelDetails | null>(file, 'details', () => null)
  }

  /** A text for reporting a wrong recognition, or null if the file can't be read. Never rejects. */
  report(file: FileToInspect): Promise<string | null> {
    return this.#run<string | null>(file, 'report', () => null)
  }

  #run<Result extends InspectResponse['result']>(
    file: FileToInspect,
    output: InspectRequest['output'],
    refusedResult: (reason: Failure) => Result,
  ): Promise<Result> {
    return new Promise((resolve) => {
      this.#add({
        file,
        output,
        complete: (result) => resolve(result as Result),
        refuse: (reason) => resolve(refusedResult(reason)),
        workerDeaths: 0,
        cancelTimeout: () => undefined,
      })
    })
  }

  /** Starts the thread before the first file, or keeps an idle one for it. */
  warm(): void {
    if (this.#isClosed || this.#running.size > 0) return
    this.#worker ??= this.#startWorker()
    this.#isFollowedBySending = false
    this.#endWhenIdle()
  }

  /** Ends the thread and refuses all unfinished files, which are inspected at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    const worker = this.#worker
    this.#worker = null
    const unfinished = [...this.#running.values(), ...this.#waiting.splice(0)]
    this.#running.clear()
    for (const job of unfinished) {
      job.cancelTimeout()
      job.refuse(failure('file-not-inspected'))
    }
    await worker?.terminate()
  }

  #add(job: Job): void {
    if (this.#isClosed) return job.refuse(failure('file-not-inspected'))
    this.#waiting.push(job)
    this.#runWaitingJobs()
  }

  #startWorker(): Worker {
    const { startThread = startWorker } = this.#environment
    const worker = startThread(this.#workerUrl, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } })
    worker.on('message', ({ number, result }: InspectResponse) => {
      const job = this.#running.get(number)
      this.#running.delete(number)
      job?.cancelTimeout()
      job?.complete(result)
      if (job) this.#isFollowedBySending = job.output === 'inspection' && !job.file.isHeaderOnly
      this.#runWaitingJobs()
    })
    // Node always ends a worker after its error; without a listener the error would be thrown here.
    let cause = ''
    worker.on('error', (error) => (cause = error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#replaceWorker(failure('unexpected', {}, { detail: cause }))
    })
    return worker
  }

  /** Abandons a worker whose file takes too long, whether it can still be stopped or not. */
  #abandonWorker(): void {
    const worker = this.#worker
    this.#replaceWorker(failure('file-look-late'))
    void worker?.terminate()
  }

  /** Repeats the jobs of a lost worker; those that already lost another one are refused. */
  #replaceWorker(reason: Failure): void {
    this.#worker = null
    const lost = [...this.#running.values()]
    this.#running.clear()
    for (const job of lost) {
      job.cancelTimeout()
      job.workerDeaths += 1
      if (job.workerDeaths > 1) job.refuse(reason)
    }
    this.#waiting.unshift(...lost.filter(({ workerDeaths }) => workerDeaths === 1))
    this.#runWaitingJobs()
  }

  #runWaitingJobs(): void {
    for (let job = this.#waiting[0]; job && this.#canRun(job); job = this.#waiting[0]) {
      this.#waiting.shift()
      this.#worker ??= this.#startWorker()
      this.#lastNumber += 1
      this.#running.set(this.#lastNumber, job)
      job.cancelTimeout = this.#environment.timers.after(maxFileMs, () => this.#abandonWorker())
      const file = cloneableFile(job.file)
      const request: InspectRequest = { number: this.#lastNumber, file, output: job.output }
      this.#worker.postMessage(request)
    }
    clearTimeout(this.#idleTimer)
    // An idle worker must not keep the command line from exiting.
    if (this.#running.size > 0) this.#worker?.ref()
    else this.#endWhenIdle()
  }

  #canRun(job: Job): boolean {
    if (this.#isClosed) return false
    if (job.workerDeaths > 0) return this.#running.size === 0
    const isSuspectRunning = [...this.#running.values()].some(({ workerDeaths }) => workerDeaths > 0)
    return this.#running.size < maxConcurrentFiles && !isSuspectRunning
  }

  #endWhenIdle(): void {
    this.#worker?.unref()
    clearTimeout(this.#idleTimer)
    const idleMs = this.#isFollowedBySending ? this.#idle.afterInspectionMs : this.#idle.otherwiseMs
    this.#idleTimer = setTimeout(() => {
      // A job that has started meanwhile would never be answered.
      if (this.#running.size > 0) return
      const worker = this.#worker
      this.#worker = null
      void worker?.terminate()
    }, idleMs).unref()
  }
}

/** Only what the worker needs: a caller's object may have properties that can't be cloned. */
function cloneableFile(file: FileToInspect): FileToInspect {
  const { path, name, folder, place, group, boundary, isHeaderOnly, failure: reason } = file
  return {
    path,
    folder,
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { place }),
    ...(group === undefined ? {} : { group }),
    ...(boundary === undefined ? {} : { boundary }),
    ...(isHeaderOnly ? { isHeaderOnly } : {}),
    ...(reason === undefined ? {} : { failure: reason }),
  }
}
