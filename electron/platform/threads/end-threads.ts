import type { Worker } from 'node:worker_threads'
import { withTimeout } from '../delays.ts'
import type { Timers } from '../environment.ts'

/** How long to wait for the end of threads. One that hangs in a file call can't be ended. */
export const threadEndLimitMs = 1_000

/** Ends threads. Resolves once they have ended, or after the limit if some of them hang. */
export async function endThreads(workers: readonly Worker[], timers: Timers): Promise<void> {
  const ended = Promise.all(workers.map((worker) => worker.terminate()))
  await withTimeout(ended, timers, threadEndLimitMs)
  // Afterwards, because `terminate` lets the thread keep the process alive.
  for (const worker of workers) worker.unref()
}
