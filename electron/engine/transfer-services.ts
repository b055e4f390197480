import { availableParallelism } from 'node:os'
import type { Environment } from '../platform/environment.ts'
import type { ProxyResolver } from '../platform/proxy-resolver.ts'
import { createInspector } from '../recognition/inspector.ts'
import { createHasher } from '../transfer/hasher.ts'
import { createUploadWorkerPool, putTimeouts, type PutTimeouts } from '../transfer/upload-worker-pool.ts'
import { createRequestSlots, type RequestSlots } from '../transfer/request-slots.ts'
import { createThrottle } from '../transfer/throttle.ts'

/** Where the worker threads' entry files are, since built and unbuilt code keep them in different places. */
export interface WorkerFiles {
  readonly lane: URL
  readonly hash: URL
  readonly inspect: URL
  readonly search: URL
  readonly watch: URL
}

/** Replacements for measuring and testing. */
export interface TransferOptions {
  /** In place of the streams that follow the connection. */
  readonly requestSlots?: RequestSlots
  readonly putTimeouts?: PutTimeouts
}

/** The threads that carry, hash and inspect files. */
export function openTransferServices(
  workers: WorkerFiles,
  environment: Environment,
  proxies: ProxyResolver,
  options: TransferOptions = {},
) {
  // One thread a core is as fast as TLS and hashing can go; the last core stays with the window.
  const cores = Math.max(1, availableParallelism() - 1)
  const throttle = createThrottle({ environment })
  const workerPool = createUploadWorkerPool({
    url: workers.lane,
    threads: Math.min(cores, 4),
    environment,
    throttle,
    proxies,
    timeouts: options.putTimeouts ?? putTimeouts,
  })
  const hasher = createHasher({ url: workers.hash, threads: Math.min(cores, 2), environment })
  const inspector = createInspector(workers.inspect, environment.timers)
  const requestSlots =
    options.requestSlots ?? createRequestSlots({ environment, capBytesPerSecond: () => throttle.limit })
  return {
    ...{ workerPool, hasher, inspector, requestSlots, throttle },
    /** Starts the threads ahead of the first file, in the order in which they are needed: starting takes a core. */
    warm() {
      inspector.warm()
      hasher.warm()
      workerPool.warm()
    },
    async close() {
      requestSlots.close()
      throttle.close()
      await Promise.all([workerPool.close(), hasher.close(), inspector.close()])
    },
  }
}

export type TransferServices = ReturnType<typeof openTransferServices>

/** Lets the settings in force hold the carriers. */
export function applyTransferSettings(
  { throttle, requestSlots }: TransferServices,
  settings: { readonly limitBytesPerSecond: number | null; readonly streamsMost: number },
): void {
  throttle.setLimit(settings.limitBytesPerSecond)
  requestSlots.setMost(settings.streamsMost)
}
