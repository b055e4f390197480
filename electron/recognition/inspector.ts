import { Worker } from 'node:worker_threads'
import { failure, type Failure } from '../contract/failures.ts'
import type { Timers } from '../platform/environment.ts'
import type { FileToInspect, Inspection } from './found-file.ts'
import type { InspectAnswer, InspectOrder } from './inspect-worker.ts'
import { refuse } from './inspect-file.ts'
import type { CloserLook } from './metadata/read-details.ts'

export interface Inspector {
  /** Says what a file is; never rejects. After `close` every answer is a refusal. */
  inspect(file: FileToInspect): Promise<Inspection>
  /** Reads all that a file says of itself, or null when it can't; never rejects. */
  lookCloser(file: FileToInspect): Promise<CloserLook | null>
  /** Starts the thread ahead of the first file. */
  warm(): void
  /** Ends the thread; what was asked and not answered is refused. */
  close(): Promise<void>
}

/** Enough to keep a disk busy while one header is parsed; more would only wait inside the worker. */
const atOnce = 16
/** Heap of the worker: the most hostile header there may be, 100 MB of tiny entries, takes about half of it. */
const heapMegabytes = 2048
/** A thread costs some 15 MiB while it does nothing, and starting one takes less time than dropping the next files, in ms. */
const idleBeforeEndMs = 300
/**
 * A file that takes longer keeps all others waiting, in ms: a header made to be endless, or a disk that has stopped
 * answering. The largest sound file takes seconds, even by a slow network.
 */
const longestLookMs = 120_000

interface Job {
  readonly file: FileToInspect
  readonly closer: boolean
  readonly answer: (answer: InspectAnswer['answer']) => void
  readonly refuse: (reason: Failure) => void
  /** Workers that died while they had it. */
  deaths: number
  /** Stops waiting for the end of its time. */
  stopClock: () => void
}

/**
 * Runs `inspectFile` on a worker thread, so that no header, however hostile, holds up the one that asks. A worker that
 * dies, or takes too long, is replaced and its work repeated once, each file alone, so that only the one that kills or
 * holds it is refused.
 */
export function createInspector(workerUrl: URL, timers: Timers, idleMs = idleBeforeEndMs): Inspector {
  let idleTimer: NodeJS.Timeout | undefined
  const waiting: Job[] = []
  const running = new Map<number, Job>()
  let worker: Worker | null = null
  let nextNumber = 0
  let closed = false

  function startWorker(): Worker {
    const started = new Worker(workerUrl, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } })
    started.on('message', ({ number, answer }: InspectAnswer) => {
      const job = running.get(number)
      running.delete(number)
      job?.stopClock()
      job?.answer(answer)
      pump()
    })
    // Node always ends a worker after its error; without a listener the error would be thrown here.
    let cause = ''
    started.on('error', (error) => (cause = error instanceof Error ? error.message : String(error)))
    started.on('exit', () => {
      if (worker === started) lose(failure('unexpected', {}, { detail: cause }))
    })
    return started
  }

  /** Somebody has waited long enough: the thread is left behind, whether it can still be stopped or not. */
  function giveUp(): void {
    const hung = worker
    lose(failure('file-look-late'))
    void hung?.terminate()
  }

  function lose(reason: Failure): void {
    worker = null
    const lost = [...running.values()]
    running.clear()
    for (const job of lost) {
      job.stopClock()
      job.deaths += 1
      if (job.deaths > 1) job.refuse(reason)
    }
    waiting.unshift(...lost.filter(({ deaths }) => deaths === 1))
    pump()
  }

  function pump(): void {
    for (let job = waiting[0]; job && mayRun(job); job = waiting[0]) {
      waiting.shift()
      worker ??= startWorker()
      nextNumber += 1
      running.set(nextNumber, job)
      job.stopClock = timers.after(longestLookMs, giveUp)
      const { file, closer } = job
      worker.postMessage({ number: nextNumber, file: plain(file), closer } satisfies InspectOrder)
    }
    clearTimeout(idleTimer)
    // An idle worker must not keep a command line from ending.
    if (running.size > 0) worker?.ref()
    else endWhenIdle()
  }

  function endWhenIdle(): void {
    worker?.unref()
    clearTimeout(idleTimer)
    idleTimer = setTimeout(() => {
      // Whoever has begun meanwhile would never hear of its end.
      if (running.size > 0) return
      const ended = worker
      worker = null
      void ended?.terminate()
    }, idleMs).unref()
  }

  function mayRun(job: Job): boolean {
    if (closed) return false
    const suspectRuns = [...running.values()].some(({ deaths }) => deaths > 0)
    return job.deaths > 0 ? running.size === 0 : running.size < atOnce && !suspectRuns
  }

  function add(job: Job): void {
    if (closed) return job.refuse(failure('unexpected'))
    waiting.push(job)
    pump()
  }

  return {
    inspect: (file) =>
      new Promise((resolve) => {
        add({
          ...{ file, closer: false, deaths: 0, stopClock: () => undefined },
          answer: (answer) => resolve(answer as Inspection),
          refuse: (reason) => resolve(refuse(file, reason)),
        })
      }),
    lookCloser: (file) =>
      new Promise((resolve) => {
        add({
          ...{ file, closer: true, deaths: 0, stopClock: () => undefined },
          answer: (answer) => resolve(answer as CloserLook | null),
          refuse: () => resolve(null),
        })
      }),
    warm() {
      if (closed || worker) return
      worker = startWorker()
      endWhenIdle()
    },
    async close() {
      closed = true
      clearTimeout(idleTimer)
      const ended = worker
      worker = null
      const open = [...running.values(), ...waiting.splice(0)]
      running.clear()
      for (const job of open) {
        job.stopClock()
        job.refuse(failure('unexpected'))
      }
      await ended?.terminate()
    },
  }
}

/** Only what the worker needs: a caller may hand over an object with more in it than can be cloned. */
function plain({ path, name, folder, place, group, failure: reason }: FileToInspect): FileToInspect {
  return {
    path,
    folder,
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { place }),
    ...(group === undefined ? {} : { group }),
    ...(reason === undefined ? {} : { failure: reason }),
  }
}
