import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ProxyLogins } from '../../accounts/proxy-logins.ts'
import { createConflictSettings } from '../../conflicts/conflict-settings.ts'
import type { SpeedLimits } from '../../contract/command-calls.ts'
import { createDetails } from '../../feed/details.ts'
import { applyPolicy, reviewPolicyOf } from '../../intake/review/upload-policy.ts'
import { Rows } from '../../journal/rows.ts'
import { createLibrary } from '../../library/library.ts'
import type { FileToInspect } from '../../recognition/found-file.ts'
import { Inspector } from '../../recognition/inspector.ts'
import { createHasher } from '../../transfer/hasher.ts'
import { createRequestSlots } from '../../transfer/request-slots.ts'
import { createThrottle } from '../../transfer/throttle.ts'
import { createUploadWorkerPool, putTimeouts } from '../../transfer/upload-worker-pool.ts'
import { createUploadAccounts } from '../../uploads/upload-accounts.ts'
import type { EngineOptions, EngineSettings } from '../engine-api.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'

/** The uploads as rows, the threads that read and send their bytes, and the libraries of the teams. */
export type Uploads = ReturnType<typeof createUploads>

export function createUploads(options: EngineOptions, base: Base, people: People) {
  const { environment } = options
  const { events, store, choices } = base
  const { accounts } = people
  const rows = new Rows({
    store,
    environment,
    changed: (id) => events.emit('rowChanged', id),
    moved: (bytes) => events.emit('bytesMoved', bytes),
    limitBytesPerSecond: () => base.settings.limitBytesPerSecond,
    mayAdd: (accountId) => accounts.list().some(({ id, hasLeft }) => id === accountId && !hasLeft),
  })
  const details = createDetails({
    rowOf: (id) => rows.get(id),
    speedOf: (id) => rows.speedOf(id),
    acknowledged: store.parts.list,
    environment,
  })
  const uploadAccounts = createUploadAccounts({ accounts, rows, settings: () => base.settings })

  const transfer = createTransferServices(options, people.proxies)
  const inspector = new Inspector(options.workers.inspect, environment)
  const inspect = async (file: FileToInspect) =>
    applyPolicy(await inspector.inspect(file), reviewPolicyOf(base.settings))

  const conflictSettings = createConflictSettings(choices, base.settings)
  const library = createLibrary({
    accounts,
    folder: join(options.folder, 'libraries'),
    onDeleted: (modelId) => events.emit('modelDeleted', modelId),
    onSignedOut: (accountId) => events.emit('signedOut', accountId),
    environment,
  })
  library.subscribe((news) => events.emit('library', news))

  events.on('rowChanged', details.changed)
  details.subscribe((value) => events.emit('details', value))

  return {
    rows,
    details,
    uploadAccounts,
    transfer,
    inspector,
    inspect,
    conflictSettings,
    library,
    lowerSpeed: transfer.lowerSpeed,
    applySettings(changed: EngineSettings): void {
      conflictSettings.apply(changed)
      transfer.applySettings(changed)
      rows.limitChanged()
    },
  }
}

/**
 * What sends and reads the bytes of files, with its threads and limits. One upload thread per core is as fast as TLS and
 * hashing can go; the last core is left to the window.
 */
function createTransferServices(options: EngineOptions, proxies: ProxyLogins) {
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

  let { settings } = options
  const lowered = new Set<SpeedLimits>()

  function apply(): void {
    const lowest = (name: keyof SpeedLimits) =>
      [settings, ...lowered].reduce(
        (least, { [name]: limit }) => Math.min(least, limit ?? Infinity),
        Infinity,
      )
    const limit = lowest('limitBytesPerSecond')
    throttle.setLimit(limit === Infinity ? null : limit)
    requestSlots.setMaximum(lowest('streamsMost'))
  }

  function applySettings(changed: EngineSettings): void {
    settings = changed
    apply()
  }

  function lowerSpeed(limits: SpeedLimits): () => void {
    lowered.add(limits)
    apply()
    return () => {
      lowered.delete(limits)
      apply()
    }
  }

  apply()
  return {
    workerPool,
    hasher,
    requestSlots,
    applySettings,
    lowerSpeed,
    async close() {
      requestSlots.close()
      throttle.close()
      await Promise.all([workerPool.close(), hasher.close()])
    },
  }
}
