import type { Worker } from 'node:worker_threads'
import type { Log } from '../../platform/environment.ts'
import { startWorker } from '../../platform/threads/worker-file.ts'
import type { WatchMessage, WatchRequest } from './watch-worker.ts'

export interface WatchWorkerClientOptions {
  /** The built watch worker. */
  readonly worker: URL
  readonly log: Log
  readonly onFileChanged: (id: string, path: string) => void
  /**
   * Changes are reported from now on, but earlier ones were not. Called again after new folders were created.
   */
  readonly onReady: (id: string) => void
}

/**
 * Watches folders on a worker thread, because chokidar lists every folder first, which would block the main
 * thread. Some systems lose changes, so each folder is also rescanned periodically.
 */
export class WatchWorkerClient {
  readonly #options: WatchWorkerClientOptions
  readonly #watchedIds = new Set<string>()
  #worker: Worker | null = null

  constructor(options: WatchWorkerClientOptions) {
    this.#options = options
  }

  /** Reports changes in a folder until `stop`. */
  start(id: string, folder: string): void {
    this.#watchedIds.add(id)
    this.#send({ kind: 'watch', id, folder })
  }

  stop(id: string): void {
    if (this.#watchedIds.delete(id)) this.#send({ kind: 'unwatch', id })
  }

  async close(): Promise<void> {
    this.#watchedIds.clear()
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #send(request: WatchRequest): void {
    this.#worker ??= this.#startWorker()
    this.#worker.postMessage(request)
  }

  #startWorker(): Worker {
    const { log, onFileChanged, onReady } = this.#options
    const worker = startWorker(this.#options.worker)
    worker.on('message', (message: WatchMessage) => {
      if (!this.#watchedIds.has(message.id)) return
      if (message.kind === 'ready') onReady(message.id)
      else if (message.kind === 'changed') onFileChanged(message.id, message.path)
      else
        log.warn('a folder can’t be watched and is rescanned periodically instead', {
          reason: message.reason,
        })
    })
    worker.on('error', (error) =>
      log.error('the thread that watches folders has ended', { error: String(error) }),
    )
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
    })
    worker.unref()
    return worker
  }
}
