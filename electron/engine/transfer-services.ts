import { availableParallelism } from 'node:os'
import type { Ports } from '../platform/environment.ts'
import type { Ways } from '../platform/proxy-resolver.ts'
import { createInspector } from '../recognition/inspector.ts'
import { createHasher } from '../transfer/hasher.ts'
import { createLanes, putTimeouts, type PutTimeouts } from '../transfer/upload-worker-pool.ts'
import { createStreams, type Streams } from '../transfer/request-slots.ts'
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
export interface CarrierOptions {
  /** In place of the streams that follow the connection. */
  readonly streams?: Streams
  readonly putTimeouts?: PutTimeouts
}

/** The threads that carry, hash and inspect files. */
export function openCarriers(workers: WorkerFiles, ports: Ports, ways: Ways, options: CarrierOptions = {}) {
  // One thread a core is as fast as TLS and hashing can go; the last core stays with the window.
  const cores = Math.max(1, availableParallelism() - 1)
  const throttle = createThrottle({ ports })
  const lanes = createLanes({
    url: workers.lane,
    threads: Math.min(cores, 4),
    ports,
    throttle,
    ways,
    timeouts: options.putTimeouts ?? putTimeouts,
  })
  const hasher = createHasher({ url: workers.hash, threads: Math.min(cores, 2), ports })
  const inspector = createInspector(workers.inspect, ports.timers)
  const streams = options.streams ?? createStreams({ ports, capBytesPerSecond: () => throttle.limit })
  return {
    ...{ lanes, hasher, inspector, streams, throttle },
    /** Starts the threads ahead of the first file, in the order in which they are needed: starting takes a core. */
    warm() {
      inspector.warm()
      hasher.warm()
      lanes.warm()
    },
    async close() {
      streams.close()
      throttle.close()
      await Promise.all([lanes.close(), hasher.close(), inspector.close()])
    },
  }
}

export type Carriers = ReturnType<typeof openCarriers>

/** Lets the settings in force hold the carriers. */
export function steer(
  { throttle, streams }: Carriers,
  settings: { readonly limitBytesPerSecond: number | null; readonly streamsMost: number },
): void {
  throttle.setLimit(settings.limitBytesPerSecond)
  streams.setMost(settings.streamsMost)
}
