import { Worker } from 'node:worker_threads'
import type { Ports } from '../contract/ports.ts'

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
}

export interface Running<Answer> {
  /** `null` when the worker died: the work is lost and may be done again. */
  readonly answer: Promise<Answer | null>
  /** Lets a paced job go on up to a byte position; a smaller one than before takes back what it has not used. */
  allow(upTo: number): void
}

/** A pool of worker threads that carry bytes or hash them. The main thread decides and records, nothing else. */
export interface Threads<Job, Progress, Answer> {
  run(job: Job, options: RunOptions<Progress>): Running<Answer>
  /** Starts a thread if there is none, so that the first job need not wait for it. */
  warm(): void
  close(): Promise<void>
}

interface Thread<Progress, Answer> {
  readonly worker: Worker
  readonly jobs: Map<
    number,
    { settle: (answer: Answer | null) => void; onProgress?: (progress: Progress) => void }
  >
}

/**
 * What a thread throws away by the thousand (buffers' views, promises) is tiny; left to itself its young generation grows to
 * several MiB in each thread for it.
 */
const maxYoungGenerationSizeMb = 2

/**
 * Starts up to `count` threads from the file at `url`, each when first needed; a job goes to the least busy one. A thread
 * that dies ends its jobs with `null` and is replaced by the next job. An aborted job still answers, through its worker.
 */
export function createThreads<Job, Progress, Answer>(options: {
  readonly url: URL
  readonly name: string
  readonly count: number
  readonly ports: Ports
}): Threads<Job, Progress, Answer> {
  const { url, name, count, ports } = options
  const threads = new Set<Thread<Progress, Answer>>()
  let lastId = 0

  function start(): Thread<Progress, Answer> {
    const worker = new Worker(url, { name, resourceLimits: { maxYoungGenerationSizeMb } })
    const thread: Thread<Progress, Answer> = { worker, jobs: new Map() }
    const die = (reason: string) => {
      if (!threads.delete(thread)) return
      if (thread.jobs.size > 0) ports.log.error('a worker thread ended with work in hand', { name, reason })
      for (const { settle } of thread.jobs.values()) settle(null)
      thread.jobs.clear()
    }
    thread.worker.on('message', (message: FromThread<Progress, Answer>) => {
      const job = thread.jobs.get(message.id)
      if (message.kind === 'progress') return job?.onProgress?.(message.progress)
      thread.jobs.delete(message.id)
      if (thread.jobs.size === 0) thread.worker.unref()
      job?.settle(message.answer)
    })
    thread.worker.on('error', (error) => die(String(error)))
    thread.worker.on('exit', (code) => die(`exit ${code}`))
    threads.add(thread)
    return thread
  }

  function leastBusy(): Thread<Progress, Answer> {
    const [idlest] = [...threads].sort((a, b) => a.jobs.size - b.jobs.size)
    return idlest && (idlest.jobs.size === 0 || threads.size >= count) ? idlest : start()
  }

  return {
    run(job, { signal, onProgress }) {
      const id = (lastId += 1)
      const thread = leastBusy()
      const tell = (message: ToThread<Job>) => {
        if (thread.jobs.has(id)) thread.worker.postMessage(message)
      }
      const answer = new Promise<Answer | null>((resolve) => {
        const abort = () => tell({ kind: 'abort', id })
        thread.jobs.set(id, {
          settle(result) {
            signal.removeEventListener('abort', abort)
            resolve(result)
          },
          ...(onProgress ? { onProgress } : {}),
        })
        // A thread with nothing to do must not keep the process alive; one with work must.
        thread.worker.ref()
        tell({ kind: 'job', id, job })
        signal.addEventListener('abort', abort)
        if (signal.aborted) abort()
      })
      return { answer, allow: (upTo) => tell({ kind: 'allow', id, upTo }) }
    },
    warm() {
      if (threads.size === 0) start().worker.unref()
    },
    async close() {
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}
