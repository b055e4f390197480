import { Worker } from 'node:worker_threads'
import type { Timers } from '../../platform/environment.ts'
import type { SearchAnswer, SearchOrder } from './search-task.ts'
import type { Surroundings } from './known-places.ts'

export interface Searcher {
  /**
   * Carries an order out on a thread of its own and tells each answer as it comes. Resolves when it has ended: true when all of it
   * was carried out, false when it was aborted, out of time, or dead of what it read. What was told until then stands.
   */
  search(
    order: SearchOrder,
    options: { readonly signal?: AbortSignal; readonly onAnswer: (answer: SearchAnswer) => void },
  ): Promise<boolean>
  /** Ends all threads; after it no order starts another. */
  close(): Promise<void>
}

/** No order may take longer, in ms: a network share that hangs would hold its thread for ever. */
const longestMs = 60_000
/** Many folders, each with a limit of its own: nothing is lost by waiting, since each is told by itself. */
const longestFoldersMs = 180_000
/** A workflow of 64 MB unfolds to a few hundred. */
const heapMegabytes = 1_024

/** Looks through disks and reads what strangers wrote, away from the main thread. */
export function createSearcher(workerUrl: URL, surroundings: Surroundings, timers: Timers): Searcher {
  const running = new Set<Worker>()
  let isClosed = false

  /** Null where the system has no room for one more thread: Node throws then, instead of telling it by an event. */
  function startWorker(order: SearchOrder): Worker | null {
    try {
      return new Worker(workerUrl, {
        workerData: { order, surroundings },
        resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
      })
    } catch {
      return null
    }
  }

  return {
    search: (order, { signal, onAnswer }) =>
      new Promise((resolve) => {
        if (isClosed || signal?.aborted) return resolve(false)
        const worker = startWorker(order)
        if (!worker) return resolve(false)
        running.add(worker)
        const end = () => void worker.terminate()
        let isDone = false
        const cancelDeadline = timers.after(order.kind === 'folders' ? longestFoldersMs : longestMs, end)
        signal?.addEventListener('abort', end, { once: true })
        worker.on('message', (answer: SearchAnswer) => {
          if (answer.is === 'end') {
            isDone = answer.isWhole
            end()
          } else if (!signal?.aborted) onAnswer(answer)
        })
        // Node always ends a worker after its error; without a listener the error would be thrown here.
        worker.on('error', () => undefined)
        worker.on('exit', () => {
          cancelDeadline()
          signal?.removeEventListener('abort', end)
          running.delete(worker)
          resolve(isDone)
        })
      }),
    async close() {
      isClosed = true
      await Promise.all([...running].map((worker) => worker.terminate()))
    },
  }
}
