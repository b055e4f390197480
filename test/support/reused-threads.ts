import { Worker, type WorkerOptions } from 'node:worker_threads'

/** A thread between two engines that use it. */
interface ReusableThread {
  readonly worker: Worker
  readonly end: () => Promise<number>
}

/** A message to or from a thread: jobs and their answers are numbered, or named by `kind`. */
interface Message {
  readonly kind?: string
  readonly number?: number
}

const idleThreads = new Map<string, ReusableThread[]>()

/**
 * Starts the engine's threads, or uses those that an earlier test of this process has left: starting one takes
 * about as much CPU time as the rest of a small test. A thread that is ended with unanswered jobs really ends.
 * What a new thread gets as its `workerData`, these get by a message: upload workers the folder of the journal
 * (reused-upload-worker.ts), search workers their task (reused-search-worker.ts).
 */
export function startReusedThread(url: URL, options: WorkerOptions): Worker {
  const { workerData, ...others } = options
  const isSearch = typeof workerData === 'object' && workerData !== null
  const key = `${url.href} ${options.name ?? ''}`
  const idle = idleThreads.get(key)?.pop()
  const worker = idle?.worker ?? new Worker(url, others)
  const end = idle?.end ?? worker.terminate.bind(worker)
  const post = Worker.prototype.postMessage.bind(worker)
  let unanswered = 0
  let isEnded = false
  worker.ref()
  worker.on('message', ({ kind, number }: Message) => {
    if (kind === 'answer' || kind === 'end' || number !== undefined) unanswered -= 1
  })
  worker.on('exit', () => (isEnded = true))
  worker.postMessage = (message: Message, ...transferred: never[]) => {
    if (message.kind === 'job' || message.number !== undefined) unanswered += 1
    post(message, ...transferred)
  }
  worker.terminate = async () => {
    if (isEnded || unanswered > 0) return end()
    worker.terminate = async () => 0
    // A search that is stopped may end with its thread.
    const afterSearch = isSearch ? worker.listeners('exit') : []
    // Not all: Node has listeners of its own.
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
    worker.on('exit', () => (isEnded = true))
    if (typeof workerData === 'string') {
      post({ kind: 'journal', folder: null })
      await new Promise<void>((resolve) => {
        worker.on('message', ({ kind }: Message) => kind === 'journal closed' && resolve())
        worker.on('exit', () => resolve())
      })
      worker.removeAllListeners('message')
      if (isEnded) return 0
    }
    // Until it is used again, its end must not be an unhandled error.
    worker.on('error', () => undefined)
    worker.unref()
    for (const onExit of afterSearch) onExit(0)
    const thread = { worker, end }
    worker.on('exit', () => {
      const others = idleThreads.get(key)?.filter((other) => other !== thread)
      idleThreads.set(key, others ?? [])
    })
    idleThreads.set(key, [...(idleThreads.get(key) ?? []), thread])
    return 0
  }
  if (typeof workerData === 'string') post({ kind: 'journal', folder: workerData })
  else if (isSearch) worker.postMessage({ kind: 'job', task: workerData as unknown })
  return worker
}
