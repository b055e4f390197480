import type { MessagePort, Worker } from 'node:worker_threads'
import type { Environment } from '../environment.ts'
import { endThreads } from './end-threads.ts'
import { startWorker } from './worker-file.ts'

/** From the main thread to a worker. */
export type ToThread<Job> =
  | { readonly kind: 'job'; readonly id: number; readonly job: Job }
  | { readonly kind: 'allow'; readonly id: number; readonly upTo: number }
  | { readonly kind: 'abort'; readonly id: number }

/** From a worker to the main thread. */
export type FromThread<Progress, Answer> =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }

export interface RunOptions<Progress> {
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Ports in the job, which only one thread can receive: if that one hangs, the job ends with `null`. */
  readonly transfer?: readonly MessagePort[]
}

interface RunningJob<Answer> {
  /** `null` when the worker died: the job may be run again. */
  readonly answer: Promise<Answer | null>
  /** Lets a job proceed up to a byte position; a smaller one than before revokes what is not used yet. */
  allow(upTo: number): void
}

/** A pool of worker threads. They move or read bytes; the main thread decides and records. */
interface WorkerThreads<Job, Progress, Answer> {
  run(job: Job, options: RunOptions<Progress>): RunningJob<Answer>
  /** Starts a thread if there is none, before the first job needs it. */
  warm(): void
  /** Ends the threads and their jobs, except those that hang. */
  close(): Promise<void>
}

interface Work<Job, Progress, Answer> {
  readonly id: number
  readonly job: Job
  readonly signal: AbortSignal
  readonly settle: (answer: Answer | null) => void
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly transfer: readonly MessagePort[]
  /** The last position passed to `allow`. */
  upTo: number | null
  /** Null once it has ended. */
  thread: Thread<Job, Progress, Answer> | null
}

interface Thread<Job, Progress, Answer> {
  readonly worker: Worker
  readonly jobs: Map<number, Work<Job, Progress, Answer>>
  messageCount: number
}

/**
 * A thread that hangs in a read, for example of an unreachable network disk, does not receive an abort. One
 * that sends no message for this long after an abort is replaced: aborted jobs end, its other jobs are
 * restarted.
 */
const hangTimeoutMs = 5_000

/**
 * The threads only discard small objects (views, promises), for which V8 would let the young generation grow
 * by several MiB.
 */
const maxYoungGenerationSizeMb = 2

/**
 * Starts up to `count` threads from the file at `url`, each when first needed; a job goes to the least busy
 * one. A thread that dies ends its jobs with `null` and is replaced by the next job. An aborted job still
 * answers, through its worker, or with `null` where that hangs.
 */
export function createWorkerThreads<Job, Progress, Answer>(options: {
  readonly url: URL
  readonly name: string
  readonly count: number
  /** `workerData` of each thread. */
  readonly data?: string | null
  readonly environment: Environment
}): WorkerThreads<Job, Progress, Answer> {
  const { url, name, count, data = null, environment } = options
  type OneThread = Thread<Job, Progress, Answer>
  type OneWork = Work<Job, Progress, Answer>
  const threads = new Set<OneThread>()
  let lastId = 0

  function start(): OneThread {
    const { startThread = startWorker } = environment
    const worker = startThread(url, { name, workerData: data, resourceLimits: { maxYoungGenerationSizeMb } })
    const thread: OneThread = { worker, jobs: new Map(), messageCount: 0 }
    const die = (reason: string) => {
      if (!threads.delete(thread)) return
      if (thread.jobs.size > 0)
        environment.log.error('a worker thread ended with unfinished jobs', { name, reason })
      for (const { settle } of thread.jobs.values()) settle(null)
    }
    thread.worker.on('message', (message: FromThread<Progress, Answer>) => handleMessage(thread, message))
    thread.worker.on('error', (error) => die(String(error)))
    thread.worker.on('exit', (code) => die(`exit ${code}`))
    threads.add(thread)
    return thread
  }

  function leastBusy(): OneThread {
    const [idlest] = [...threads].sort((a, b) => a.jobs.size - b.jobs.size)
    return idlest && (idlest.jobs.size === 0 || threads.size >= count) ? idlest : start()
  }

  function assign(work: OneWork): void {
    const { id, job, upTo } = work
    work.thread = leastBusy()
    work.thread.jobs.set(id, work)
    // A thread with nothing to do must not keep the process alive; one with work must.
    work.thread.worker.ref()
    work.thread.worker.postMessage({ kind: 'job', id, job } satisfies ToThread<Job>, work.transfer)
    if (upTo !== null) post(work, { kind: 'allow', id, upTo })
  }

  function replace(thread: OneThread): void {
    threads.delete(thread)
    environment.log.error('a worker thread hangs and is replaced', { name, jobs: thread.jobs.size })
    const works = [...thread.jobs.values()]
    thread.jobs.clear()
    // Not awaited, since it may hang as long as the disk does.
    void thread.worker.terminate()
    // Afterwards, because `terminate` lets the thread keep the process alive.
    thread.worker.unref()
    for (const work of works) {
      if (work.signal.aborted || work.transfer.length > 0) work.settle(null)
      else assign(work)
    }
  }

  return {
    run(job, { signal, onProgress, transfer = [] }) {
      const { promise, resolve } = Promise.withResolvers<Answer | null>()
      let stopWaiting = () => {}
      const onAbort = () => {
        stopWaiting = abortWork(work, environment, replace)
      }
      const work: OneWork = {
        id: (lastId += 1),
        job,
        signal,
        onProgress,
        transfer,
        upTo: null,
        thread: null,
        settle(answer) {
          const { thread } = work
          work.thread = null
          signal.removeEventListener('abort', onAbort)
          stopWaiting()
          thread?.jobs.delete(work.id)
          if (thread?.jobs.size === 0) thread.worker.unref()
          resolve(answer)
        },
      }
      assign(work)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
      return {
        answer: promise,
        allow(upTo) {
          work.upTo = upTo
          post(work, { kind: 'allow', id: work.id, upTo })
        },
      }
    },
    warm() {
      if (threads.size === 0) start().worker.unref()
    },
    close() {
      const workers = [...threads].map(({ worker }) => worker)
      return endThreads(workers, environment.timers)
    },
  }
}

function handleMessage<Job, Progress, Answer>(
  thread: Thread<Job, Progress, Answer>,
  message: FromThread<Progress, Answer>,
): void {
  thread.messageCount += 1
  const work = thread.jobs.get(message.id)
  if (message.kind === 'progress') work?.onProgress?.(message.progress)
  else work?.settle(message.answer)
}

function post<Job, Progress, Answer>({ thread }: Work<Job, Progress, Answer>, message: ToThread<Job>): void {
  thread?.worker.postMessage(message)
}

/** Aborts a job, and replaces its thread if it hangs. Returns a function that cancels the timeout. */
function abortWork<Job, Progress, Answer>(
  work: Work<Job, Progress, Answer>,
  { timers }: Environment,
  replace: (thread: Thread<Job, Progress, Answer>) => void,
): () => void {
  const { thread, id } = work
  if (!thread) return () => {}
  post(work, { kind: 'abort', id })
  const { messageCount } = thread
  return timers.after(hangTimeoutMs, () => {
    if (work.thread !== thread) return
    if (thread.messageCount === messageCount) replace(thread)
    else work.settle(null)
  })
}
