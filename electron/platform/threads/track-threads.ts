import type { Worker } from 'node:worker_threads'

/** Returns the worker threads that have not ended, which changes as they start and end. */
export function trackThreads(process: NodeJS.Process): ReadonlySet<Worker> {
  const threads = new Set<Worker>()
  process.on('worker', (worker) => {
    threads.add(worker)
    worker.once('exit', () => threads.delete(worker))
  })
  return threads
}
