import { availableParallelism } from 'node:os'
import type { ProxyLogins } from '../accounts/proxy-logins.ts'
import { createHasher, type Hasher } from '../transfer/hasher.ts'
import { createRequestSlots, type RequestSlots } from '../transfer/request-slots.ts'
import { createThrottle } from '../transfer/throttle.ts'
import { createUploadWorkerPool, putTimeouts, type UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import type { EngineOptions, EngineSettings } from './engine-api.ts'

/** What sends and reads the bytes of files, with its threads and limits. */
export interface TransferServices {
  readonly workerPool: UploadWorkerPool
  readonly hasher: Hasher
  readonly requestSlots: RequestSlots
  applySettings(settings: EngineSettings): void
  /** Ends the threads. */
  close(): Promise<void>
}

/**
 * One upload thread per core is as fast as TLS and hashing can go; the last core is left to the window.
 */
export function createTransferServices(options: EngineOptions, proxies: ProxyLogins): TransferServices {
  const { folder, environment, workers } = options
  const cores = Math.max(1, availableParallelism() - 1)
  const throttle = createThrottle({ environment })
  const hasher = createHasher({ url: workers.hash, threads: Math.min(cores, 2), environment })
  const workerPool = createUploadWorkerPool({
    url: workers.upload,
    threads: Math.min(cores, 4),
    journalFolder: folder,
    environment,
    throttle,
    proxies,
    timeouts: options.putTimeouts ?? putTimeouts,
    hasher,
  })
  const requestSlots =
    options.requestSlots ?? createRequestSlots({ environment, limitBytesPerSecond: () => throttle.limit })

  function applySettings({ limitBytesPerSecond, streamsMost }: EngineSettings): void {
    throttle.setLimit(limitBytesPerSecond)
    requestSlots.setMaximum(streamsMost)
  }

  applySettings(options.settings)
  return {
    workerPool,
    hasher,
    requestSlots,
    applySettings,
    async close() {
      requestSlots.close()
      throttle.close()
      await Promise.all([workerPool.close(), hasher.close()])
    },
  }
}
