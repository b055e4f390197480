import type { Worker } from 'node:worker_threads'
import { failed, failure, type Failure, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { endThreads } from '../platform/threads/end-threads.ts'
import { startWorker } from '../platform/threads/worker-file.ts'
import type { FileToInspect, Inspection } from './found-file.ts'
import { refusedInspection } from './inspect-file.ts'
import type { InspectRequest, InspectResponse } from './inspect-worker.ts'
import type { ModelDetails } from './metadata/read-details.ts'

/** Enough to keep a disk busy while one header is parsed; more would only wait inside the worker. */
const maxFilesPerThread = 16
/** A third thread would mostly compete with the main thread on two cores. */
const maxThreads = 2
/** Waiting files for which a second thread is started. Starting it takes as long as inspecting them. */
const filesForSecondThread = 100
/** So many files are inspected before, without a pause: for fewer a second thread isn't worth its 30 MiB. */
const filesBeforeSecondThread = 300
/** Heap of a worker: the most hostile file, a pickle of four million empty dicts, takes half of it. */
const heapMegabytes = 2048
/** V8 would let the young generation grow to three times as much, which makes no file faster. */
const maxYoungGenerationSizeMb = 4
/**
 * How long idle threads are kept. One takes about 19 MiB, and starting one is faster than a user drops the next
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

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, Job>
}

/**
 * Runs `inspectFile` and what reads more of a file on worker threads, one or, for many files, two, so that no
 * header can block the caller. A worker that dies or takes too long is replaced and its jobs are repeated once,
 * each alone in its thread, so that only the file that caused it is refused.
 */
export class Inspector {
  readonly #workerUrl: URL
  readonly #environment: ThreadEnvironment
  readonly #idle: typeof defaultIdle
  readonly #waiting: Job[] = []
  readonly #threads = new Set<Thread>()
  #lastNumber = 0
  /** Files that were inspected since the threads were idle. */
  #countSinceIdle = 0
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

  /** A text for reporting a wrong recognition. Never rejects. */
  report(file: FileToInspect): Promise<Result<string>> {
    return this.#run<Result<string>>(file, 'report', failed)
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
    if (this.#isClosed || this.#isBusy()) return
    if (this.#threads.size === 0) this.#tryStartThread()
    this.#isFollowedBySending = false
    this.#endWhenIdle()
  }

  /** Ends the threads, except those that hang, and refuses unfinished files: the next start inspects them. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    const threads = [...this.#threads]
    this.#threads.clear()
    const unfinished = [...threads.flatMap(({ jobs }) => [...jobs.values()]), ...this.#waiting.splice(0)]
    for (const job of unfinished) {
      job.cancelTimeout()
      job.refuse(failure('file-not-inspected'))
    }
    const workers = threads.map(({ worker }) => worker)
    await endThreads(workers, this.#environment.timers)
  }

  #add(job: Job): void {
    if (this.#isClosed) return job.refuse(failure('file-not-inspected'))
    this.#waiting.push(job)
    this.#runWaitingJobs()
  }

  #isBusy(): boolean {
    return [...this.#threads].some(({ jobs }) => jobs.size > 0)
  }

  #startThread(): Thread {
    const { startThread = startWorker } = this.#environment
    const worker = startThread(this.#workerUrl, {
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb },
    })
    const thread: Thread = { worker, jobs: new Map() }
    worker.on('message', ({ number, result }: InspectResponse) => {
      const job = thread.jobs.get(number)
      thread.jobs.delete(number)
      job?.cancelTimeout()
      job?.complete(result)
      if (job) this.#isFollowedBySending = job.output === 'inspection' && !job.file.isHeaderOnly
      this.#runWaitingJobs()
    })
    // Node always ends a worker after its error; without a listener the error would be thrown here.
    let cause = ''
    worker.on('error', (error) => (cause = error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => this.#replaceThread(thread, failure('unexpected', {}, { detail: cause })))
    this.#threads.add(thread)
    return thread
  }

  /** Abandons a thread whose file takes too long, whether it can still be stopped or not. */
  #abandonThread(thread: Thread): void {
    this.#replaceThread(thread, failure('file-look-late'))
    void thread.worker.terminate()
  }

  /** Repeats the jobs of a lost thread; those that already lost another one are refused. */
  #replaceThread(thread: Thread, reason: Failure): void {
    if (!this.#threads.delete(thread)) return
    const lost = [...thread.jobs.values()]
    thread.jobs.clear()
    for (const job of lost) {
      job.cancelTimeout()
      job.workerDeaths += 1
      if (job.workerDeaths > 1) job.refuse(reason)
    }
    this.#waiting.unshift(...lost.filter(({ workerDeaths }) => workerDeaths === 1))
    this.#runWaitingJobs()
  }

  #runWaitingJobs(): void {
    for (let job = this.#waiting[0]; job && !this.#isClosed; job = this.#waiting[0]) {
      const thread = this.#threadFor(job)
      if (!thread) break
      this.#waiting.shift()
      this.#lastNumber += 1
      this.#countSinceIdle += 1
      thread.jobs.set(this.#lastNumber, job)
      job.cancelTimeout = this.#environment.timers.after(maxFileMs, () => this.#abandonThread(thread))
      const file = cloneableFile(job.file)
      thread.worker.postMessage({
        number: this.#lastNumber,
        file,
        output: job.output,
      } satisfies InspectRequest)
    }
    // A job that has started meanwhile would never be answered.
    clearTimeout(this.#idleTimer)
    if (!this.#isBusy()) return this.#endWhenIdle()
    // Idle workers must not keep the command line from exiting.
    for (const { worker, jobs } of this.#threads) {
      if (jobs.size > 0) worker.ref()
      else worker.unref()
    }
  }

  /** The least busy thread that can run a job; null if it has to wait. */
  #threadFor(job: Job): Thread | null {
    const [leastBusy] = [...this.#threads]
      .filter((thread) => canRun(thread, job))
      .sort((one, other) => one.jobs.size - other.jobs.size)
    if (leastBusy) return leastBusy
    if (this.#threads.size === 0) return this.#tryStartThread()
    // A file that is tried alone may block its thread again.
    const areMany =
      this.#waiting.length >= filesForSecondThread && this.#countSinceIdle >= filesBeforeSecondThread
    const isNeeded = job.workerDeaths > 0 || areMany
    return this.#threads.size < maxThreads && isNeeded ? this.#tryStartThread() : null
  }

  /** Null if the system can't start another thread: a first one runs all jobs, without any they are refused. */
  #tryStartThread(): Thread | null {
    try {
      return this.#startThread()
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      const refused = this.#threads.size === 0 ? this.#waiting.splice(0) : []
      for (const job of refused) job.refuse(failure('unexpected', {}, { detail }))
      return null
    }
  }

  #endWhenIdle(): void {
    for (const { worker } of this.#threads) worker.unref()
    clearTimeout(this.#idleTimer)
    const idleMs = this.#isFollowedBySending ? this.#idle.afterInspectionMs : this.#idle.otherwiseMs
    this.#idleTimer = setTimeout(() => {
      this.#countSinceIdle = 0
      const threads = [...this.#threads]
      this.#threads.clear()
      for (const { worker } of threads) void worker.terminate()
    }, idleMs).unref()
  }
}

/** Whether a thread can take a job: one that has ended a thread runs alone. */
function canRun({ jobs }: Thread, { workerDeaths }: Job): boolean {
  if (workerDeaths > 0) return jobs.size === 0
  const hasSuspect = [...jobs.values()].some((other) => other.workerDeaths > 0)
  return jobs.size < maxFilesPerThread && !hasSuspect
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
