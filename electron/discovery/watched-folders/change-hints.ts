import { Worker } from 'node:worker_threads'
import type { Log } from '../../platform/environment.ts'
import type { WatchNews, WatchOrder } from './watch-worker.ts'

export interface Hints {
  /** Tells of files that may be new, until `stop`. */
  start(id: string, folder: string): void
  stop(id: string): void
  close(): Promise<void>
}

/**
 * Watches folders on a thread of its own: beginning to watch reads the whole folder, and the main thread has a window to draw.
 * Hints are no more than that: some systems lose a few, and looking through the folder now and then finds what was lost.
 */
export function createHints(options: {
  readonly worker: URL
  readonly log: Log
  readonly onHint: (id: string, path: string) => void
  /** What arrived before has made no hint. Called again after new folders have come. */
  readonly onReady: (id: string) => void
}): Hints {
  const { log, onHint, onReady } = options
  let worker: Worker | null = null
  const watched = new Set<string>()

  function open(): Worker {
    const started = new Worker(options.worker)
    started.on('message', (news: WatchNews) => {
      if (!watched.has(news.id)) return
      if (news.is === 'ready') onReady(news.id)
      else if (news.is === 'hint') onHint(news.id, news.path)
      else log.warn('a folder can’t be watched, and is looked through instead', { why: news.why })
    })
    started.on('error', (error) =>
      log.error('the thread that watches folders has ended', { error: String(error) }),
    )
    started.on('exit', () => {
      if (worker === started) worker = null
    })
    started.unref()
    return started
  }
  const order = (one: WatchOrder) => {
    worker ??= open()
    worker.postMessage(one)
  }

  return {
    start(id, folder) {
      watched.add(id)
      order({ is: 'watch', id, folder })
    },
    stop(id) {
      if (watched.delete(id)) order({ is: 'unwatch', id })
    },
    async close() {
      watched.clear()
      const ended = worker
      worker = null
      await ended?.terminate()
    },
  }
}
