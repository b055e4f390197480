import type { Worker } from 'node:worker_threads'
import type { Environment } from '../../platform/environment.ts'
import { endThreads } from '../../platform/threads/end-threads.ts'
import { startWorker } from '../../platform/threads/worker-file.ts'
import type { WatchMessage, WatchRequest } from './watch-worker.ts'

export interface WatchWorkerClientOptions {
  /** The built watch worker. */
  readonly worker: URL
  readonly environment: Environment
  readonly onFileChanged: (id: string, path: string) => void
  /**
   * Changes are reported from now on, but earlier ones were not. Called again after new folders were created.
   */
  readonly onReady: (id: string) => void
  /** The folder may be gone, or another disk at its path. If it was removed, nothing more is reported until a `start`. */
  readonly onLost: (id: string, isRemoved: boolean) => void
}

/** A thread that ended may end again at once, in ms. */
const restartDelayMs = 60_000

/**
 * Watches folders on a worker thread, because chokidar lists every folder first, which would block the main
 * thread. Some systems lose changes, so each folder is also rescanned periodically.
 */
export class WatchWorkerClient {
  readonly #options: WatchWorkerClientOptions
  readonly #folders = new Map<string, string>()
  /** Ids of folders whose thread has ended or could not be started. */
  readonly #interruptedIds = new Set<string>()
  #cancelRestart: (() => void) | null = null
  #worker: Worker | null = null

  constructor(options: WatchWorkerClientOptions) {
    this.#options = options
  }

  /** Reports changes in a folder until `stop`. */
  start(id: string, folder: string): void {
    this.#folders.set(id, folder)
    this.#interruptedIds.delete(id)
    this.#send({ kind: 'watch', id, folder })
  }

  stop(id: string): void {
    if (this.#folders.delete(id)) this.#send({ kind: 'unwatch', id })
  }

  async close(): Promise<void> {
    this.#folders.clear()
    this.#cancelRestart?.()
    const worker = this.#worker
    this.#worker = null
    if (worker) await endThreads([worker], this.#options.environment.timers)
  }

  #send(request: WatchRequest): void {
    this.#worker ??= this.#startWorker()
    this.#worker?.postMessage(request)
  }

  #resumeLater(): void {
    for (const id of this.#folders.keys()) this.#interruptedIds.add(id)
    this.#cancelRestart ??= this.#options.environment.timers.after(restartDelayMs, () => this.#resume())
  }

  /** Watches the folders again that are not watched. */
  #resume(): void {
    this.#cancelRestart = null
    const ids = [...this.#interruptedIds]
    this.#interruptedIds.clear()
    for (const id of ids) {
      const folder = this.#folders.get(id)
      if (folder !== undefined) this.start(id, folder)
    }
  }

  /** Null if the system can't start another thread: Node then throws instead of emitting an error event. */
  #startThread(): Worker | null {
    const { log, startThread = startWorker } = this.#options.environment
    try {
      return startThread(this.#options.worker, {})
    } catch (error) {
      log.error('the thread that watches folders could not be started', { error: String(error) })
      this.#resumeLater()
      return null
    }
  }

  #startWorker(): Worker | null {
    const { environment, onFileChanged, onReady, onLost } = this.#options
    const { log } = environment
    const worker = this.#startThread()
    if (!worker) return null
    worker.on('message', (message: WatchMessage) => {
      if (!this.#folders.has(message.id)) return
      if (message.kind === 'ready') onReady(message.id)
      else if (message.kind === 'changed') onFileChanged(message.id, message.path)
      else {
        if (message.kind === 'failed')
          log.warn('a folder can’t be watched and is rescanned periodically instead', {
            reason: message.reason,
          })
        onLost(message.id, message.kind === 'removed')
      }
    })
    worker.on('error', (error) =>
      log.error('the thread that watches folders has ended', { error: String(error) }),
    )
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#resumeLater()
    })
    worker.unref()
    return worker
  }
}
