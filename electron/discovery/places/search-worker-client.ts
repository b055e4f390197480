import type { Worker } from 'node:worker_threads'
import type { Environment } from '../../platform/environment.ts'
import { startWorker } from '../../platform/threads/worker-file.ts'
import type { FolderSearchResult } from '../scan/search-folder.ts'
import type { Computer } from './known-places.ts'
import type { SearchMessage, SearchRequest } from './search-messages.ts'

export interface SearchOptions {
  readonly signal?: AbortSignal
  readonly onMessage: (message: SearchMessage) => void
}

type SearchEnvironment = Pick<Environment, 'timers' | 'startThread'>

/** A network share that hangs would block its thread forever. */
const maxDurationMs = 60_000
/**
 * Each folder has a limit of its own and is reported as soon as it is finished, so a long wait loses nothing.
 */
const maxFoldersDurationMs = 180_000
/** A workflow of 16 MiB takes up to 600 MB once parsed. */
const heapMegabytes = 1_024

/** Searches disks and parses untrusted files on worker threads, one thread for each request. */
export class SearchWorkerClient {
  readonly #workerUrl: URL
  readonly #computer: Computer
  readonly #environment: SearchEnvironment
  readonly #running = new Set<Worker>()
  #isClosed = false

  constructor(workerUrl: URL, computer: Computer, environment: SearchEnvironment) {
    this.#workerUrl = workerUrl
    this.#computer = computer
    this.#environment = environment
  }

  /**
   * Runs a request and passes on each message as it arrives. Resolves with true if the request was completed,
   * and with false if it was aborted, ran out of time or ended its thread with an error. Earlier messages
   * stay valid.
   */
  search(request: SearchRequest, { signal, onMessage }: SearchOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const worker = this.#isClosed || signal?.aborted ? null : this.#startWorker(request)
      if (!worker) return resolve(false)
      this.#running.add(worker)
      const terminate = () => void worker.terminate()
      let isComplete = false
      const limitMs = request.kind === 'folders' ? maxFoldersDurationMs : maxDurationMs
      const cancelTimeout = this.#environment.timers.after(limitMs, terminate)
      signal?.addEventListener('abort', terminate, { once: true })
      worker.on('message', (message: SearchMessage) => {
        if (message.kind === 'end') {
          isComplete = message.isComplete
          terminate()
        } else if (!signal?.aborted) onMessage(message)
      })
      // Node always ends a worker after its error; without a listener the error would be thrown here.
      worker.on('error', () => undefined)
      worker.on('exit', () => {
        cancelTimeout()
        signal?.removeEventListener('abort', terminate)
        this.#running.delete(worker)
        resolve(isComplete)
      })
    })
  }

  /** All models below a folder, or those that were found before the search was cut short. */
  async searchFolder(folder: string): Promise<FolderSearchResult> {
    let result: FolderSearchResult = { models: [], incompleteReason: 'too-slow' }
    await this.search(
      { kind: 'folders', folders: [folder] },
      { onMessage: (message) => message.kind === 'folder' && (result = message) },
    )
    return result
  }

  /**
   * The external data files of an ONNX graph: file name → minimum size in bytes; null if the graph can't be
   * read.
   */
  async readExternalWeights(graph: string): Promise<ReadonlyMap<string, number> | null> {
    let files: ReadonlyMap<string, number> | null = null
    await this.search(
      { kind: 'weights', graph },
      { onMessage: (message) => message.kind === 'weights' && (files = message.files) },
    )
    return files
  }

  /** Terminates all threads; later requests start none. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running].map((worker) => worker.terminate()))
  }

  /** Null if the system can't start another thread: Node then throws instead of emitting an error event. */
  #startWorker(request: SearchRequest): Worker | null {
    try {
      const { startThread = startWorker } = this.#environment
      return startThread(this.#workerUrl, {
        workerData: { request, computer: this.#computer },
        resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
      })
    } catch {
      return null
    }
  }
}
