import type { Worker } from 'node:worker_threads'
import { withTimeout } from '../../platform/delays.ts'
import type { Environment } from '../../platform/environment.ts'
import { threadEndLimitMs } from '../../platform/threads/end-threads.ts'
import { startWorker } from '../../platform/threads/worker-file.ts'
import { unresponsiveResult, type FolderSearchResult } from '../scan/search-folder.ts'
import type { Computer } from './known-places.ts'
import type { SearchMessage, SearchRequest } from './search-messages.ts'

export interface SearchOptions {
  readonly signal?: AbortSignal
  readonly onMessage: (message: SearchMessage) => void
}

type SearchEnvironment = Pick<Environment, 'timers' | 'startThread'>

/** A read of an unreachable network share may never return. */
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
  /** Ends each running search. */
  readonly #running = new Set<() => void>()
  /** Ends of threads that were terminated but still run, each with the folders that it may still read. */
  readonly #terminations = new Map<Promise<unknown>, ReadonlySet<string>>()
  #isClosed = false

  constructor(workerUrl: URL, computer: Computer, environment: SearchEnvironment) {
    this.#workerUrl = workerUrl
    this.#computer = computer
    this.#environment = environment
  }

  /**
   * Runs a request and passes on each message as it arrives. Resolves with true if the request was completed,
   * and with false if it was aborted, ran out of time or ended its thread with an error. Earlier messages
   * stay valid. Folders in which an earlier search still hangs are left out.
   */
  async search(request: SearchRequest, options: SearchOptions): Promise<boolean> {
    let remaining = this.#withoutHanging(request)
    if (remaining !== request) {
      // A thread that does not hang ends within milliseconds.
      await withTimeout(Promise.all(this.#terminations.keys()), this.#environment.timers, threadEndLimitMs)
      remaining = this.#withoutHanging(request)
    }
    return remaining !== null && (await this.#run(remaining, options)) && remaining === request
  }

  /** Null if no folders are left. */
  #withoutHanging(request: SearchRequest): SearchRequest | null {
    const all = foldersOf(request)
    const hanging = [...this.#terminations.values()]
    const folders = all.filter((folder) => !hanging.some((unread) => unread.has(folder)))
    if (folders.length === all.length) return request
    return folders.length === 0 ? null : ({ ...request, folders } as SearchRequest)
  }

  #run(request: SearchRequest, { signal, onMessage }: SearchOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const worker = this.#isClosed || signal?.aborted ? null : this.#startWorker(request)
      if (!worker) return resolve(false)
      const unread = new Set(foldersOf(request))
      const finish = (isComplete: boolean) => {
        if (!this.#running.delete(abort)) return
        cancelTimeout()
        signal?.removeEventListener('abort', abort)
        this.#terminate(worker, unread)
        resolve(isComplete)
      }
      const abort = () => finish(false)
      const limitMs = request.kind === 'folders' ? maxFoldersDurationMs : maxDurationMs
      const cancelTimeout = this.#environment.timers.after(limitMs, abort)
      this.#running.add(abort)
      signal?.addEventListener('abort', abort)
      worker.on('message', (message: SearchMessage) => {
        if (!this.#running.has(abort)) return
        if (message.kind === 'folder' && message.incompleteReason !== 'too-slow')
          unread.delete(message.folder)
        if (message.kind === 'end') finish(message.isComplete)
        else onMessage(message)
      })
      // Node always ends a worker after its error; without a listener the error would be thrown here.
      worker.on('error', () => undefined)
      worker.on('exit', abort)
    })
  }

  /** All models below a folder, or those that were found before the search was cut short. */
  async searchFolder(folder: string): Promise<FolderSearchResult> {
    let result: FolderSearchResult = unresponsiveResult
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

  /** Ends all searches and their threads, except those that hang; later requests start none. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const abort of this.#running) abort()
    await withTimeout(Promise.all(this.#terminations.keys()), this.#environment.timers, threadEndLimitMs)
  }

  /** Does not wait for the end of the thread, which may hang as long as the disk does. */
  #terminate(worker: Worker, unread: ReadonlySet<string>): void {
    const termination = worker.terminate().finally(() => this.#terminations.delete(termination))
    this.#terminations.set(termination, unread)
    // Afterwards, because `terminate` lets the thread keep the process alive.
    worker.unref()
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

const foldersOf = (request: SearchRequest) => ('folders' in request ? request.folders : [])
