import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './worker-threads.ts'

/** The connection of a job in a worker to the main thread. */
export interface JobContext<Progress> {
  readonly signal: AbortSignal
  progress(progress: Progress): void
  /** Resolves once the main thread allows the job to read up to `position`, or on abort. */
  allowedUpTo(position: number): Promise<void>
  /** The position up to which the job may proceed now. */
  allowed(): number
  /** Calls `wake` whenever that changes or the job is aborted; replaces an earlier callback. */
  onAllowed(wake: () => void): void
}

interface RunningState {
  readonly controller: AbortController
  upTo: number
  wake: () => void
  onAllowed: () => void
}

/**
 * The worker's side of `createWorkerThreads`: runs each job and posts its answer. An exception ends the
 * thread.
 */
export function runJobs<Job, Progress, Answer>(
  work: (job: Job, context: JobContext<Progress>) => Promise<Answer>,
): void {
  const port = parentPort
  if (!port) throw new Error('this file runs as a worker thread')
  const running = new Map<number, RunningState>()
  const post = (message: FromThread<Progress, Answer>) => port.postMessage(message)

  async function run(id: number, job: Job): Promise<void> {
    const state: RunningState = {
      controller: new AbortController(),
      upTo: 0,
      wake: () => {},
      onAllowed: () => {},
    }
    running.set(id, state)
    const { signal } = state.controller
    const answer = await work(job, {
      signal,
      progress: (progress) => post({ kind: 'progress', id, progress }),
      async allowedUpTo(position) {
        while (state.upTo < position && !signal.aborted) {
          await new Promise<void>((resolve) => {
            state.wake = resolve
          })
        }
      },
      allowed: () => state.upTo,
      onAllowed: (wake) => void (state.onAllowed = wake),
    })
    running.delete(id)
    post({ kind: 'answer', id, answer })
  }

  port.on('message', (message: ToThread<Job>) => {
    if (message.kind === 'job') return void run(message.id, message.job)
    const state = running.get(message.id)
    if (!state) return
    if (message.kind === 'allow') state.upTo = message.upTo
    else state.controller.abort()
    state.wake()
    state.onAllowed()
  })
}
