import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './worker-threads.ts'

/** How a job inside a worker talks to the main thread. */
export interface JobContext<Progress> {
  readonly signal: AbortSignal
  progress(progress: Progress): void
  /** Resolves once the main thread lets the job read up to `position`, or it was aborted. */
  allowedUpTo(position: number): Promise<void>
  /** How far the main thread lets the job go now. */
  allowed(): number
  /** Calls `wake` whenever that has changed; takes the place of an earlier one. */
  onAllowed(wake: () => void): void
}

interface Held {
  readonly controller: AbortController
  upTo: number
  wake: () => void
  onAllowed: () => void
}

/** The worker's end of `createThreads`: runs each job that comes and posts what it answers. A throw ends the thread. */
export function runJobs<Job, Progress, Answer>(
  work: (job: Job, context: JobContext<Progress>) => Promise<Answer>,
): void {
  const port = parentPort
  if (!port) throw new Error('this file runs as a worker thread')
  const held = new Map<number, Held>()
  const post = (message: FromThread<Progress, Answer>) => port.postMessage(message)

  async function run(id: number, job: Job): Promise<void> {
    const state: Held = { controller: new AbortController(), upTo: 0, wake: () => {}, onAllowed: () => {} }
    held.set(id, state)
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
    held.delete(id)
    post({ kind: 'answer', id, answer })
  }

  port.on('message', (message: ToThread<Job>) => {
    if (message.kind === 'job') return void run(message.id, message.job)
    const state = held.get(message.id)
    if (!state) return
    if (message.kind === 'allow') state.upTo = message.upTo
    else state.controller.abort()
    state.wake()
    state.onAllowed()
  })
}
