import { takeHostLock } from '../../electron/host/host-lock.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment, SecretStore } from '../../electron/platform/environment.ts'
import type { RequestSlots } from '../../electron/transfer/request-slots.ts'
import { workerFiles } from '../../electron/cli/cli-environment.ts'
import { monotonicMs } from '../../electron/platform/system-environment.ts'
import type { EngineSettings } from '../../electron/engine/engine-api.ts'
import { createEngine, type Engine } from '../../electron/engine/engine.ts'

/**
 * The built workers are next to this file after a build; without a build the engine loads them from source.
 */
const entry = import.meta.filename.endsWith('.ts')
  ? join(import.meta.dirname, '../../electron/cli/main.ts')
  : import.meta.filename

/** A secret store that lasts as long as the process. */
function createMemorySecretStore(secrets: Map<string, string>): SecretStore {
  return {
    get: async (name) => ({ ok: true, value: secrets.get(name) ?? null }),
    async set(name, secret) {
      secrets.set(name, secret)
      return { ok: true, value: undefined }
    },
    async delete(name) {
      secrets.delete(name)
      return { ok: true, value: undefined }
    },
  }
}

/** The real clock and random source; only errors are logged. */
export const benchEnvironment: Environment = {
  now: Date.now,
  monotonicMs,
  random: Math.random,
  log: { info: () => {}, warn: () => {}, error: console.error },
  timers: {
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
  },
}

/** Peak resident memory in MiB. `getrusage` would count that of the parent process. */
export function peakMemoryMiB(): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(found?.[1]) / 1024
}

/** Creates an engine as the app does, with the real clock and secrets in memory. */
export function createBenchEngine(options: {
  readonly folder: string
  readonly server: string
  readonly singlePutLimitBytes: number
  readonly atOnce: number
  readonly secrets?: Map<string, string>
  readonly requestSlots?: RequestSlots
  readonly streamsMost?: number
  readonly limitBytesPerSecond?: number
  /** Which files are reviewed before they are sent; none by default. */
  readonly review?: EngineSettings['review']
}): Engine {
  const { folder, server, singlePutLimitBytes, atOnce, secrets = new Map<string, string>() } = options
  const { requestSlots, streamsMost = 64, limitBytesPerSecond = null, review = 'never' } = options
  return createEngine({
    folder,
    lock: takeHostLock(folder),
    environment: benchEnvironment,
    secretStore: createMemorySecretStore(secrets),
    keychainState: () => 'absent',
    settings: {
      server,
      servers: [],
      atOnce,
      singlePutLimitBytes,
      limitBytesPerSecond,
      streamsMost,
      review,
    },
    workers: workerFiles(entry),
    ...(requestSlots ? { requestSlots } : {}),
  })
}
