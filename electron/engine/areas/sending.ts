import { createConflictCheck } from '../../conflicts/check-before-upload.ts'
import { createFileHashes } from '../../conflicts/file-hashes.ts'
import { toLibraryModel } from '../../conflicts/registered-copies.ts'
import { createReplacer } from '../../conflicts/replace.ts'
import { isRegistered } from '../../journal/upload-record.ts'
import { createDeadConnectionMonitor } from '../../queue/dead-connections.ts'
import { createQueueHold } from '../../queue/queue-hold.ts'
import { createRecoveryMonitor } from '../../queue/recovery-monitor.ts'
import { createAbandonedUploads } from '../../uploads/abandoned-uploads.ts'
import { createStorageTester } from '../../uploads/storage-test.ts'
import { createUploadReports } from '../../uploads/upload-report.ts'
import { createVerifier } from '../../uploads/verify.ts'
import { createUploadRunner } from '../upload-runner.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'
import type { Uploads } from './uploads.ts'

interface AreasBefore {
  readonly base: Base
  readonly people: People
  readonly uploads: Uploads
}

/** The queue with its runs, and what is checked and cleaned up after them. */
export type Sending = ReturnType<typeof createSending>

export function createSending(environment: Environment, areas: AreasBefore) {
  const { base, uploads } = areas
  const checks = createChecks(environment, areas)
  const { events, store, choices, hashCache } = base
  const { accounts } = areas.people
  const { rows, library, uploadAccounts, inspect, conflictSettings, details } = uploads
  const { workerPool, hasher, requestSlots } = uploads.transfer
  const replacer = createReplacer({
    library,
    environment,
    now: (id) => rows.get(id)?.record.library?.replaces,
  })
  const reportOf = createUploadReports({ rows, parts: store.parts, environment, followParts: details.follow })
  const conflictCheck = createConflictCheck({
    rows,
    library,
    hashes: createFileHashes({ hasher, cache: hashCache }),
    environment,
    replacedFate: conflictSettings.replacedFate,
    onSkipped: ({ id, fileName, accountId }) => events.emit('leftOut', { id, fileName, accountId }),
    onDuplicate: (id, sha256, model) => reportOf(id).duplicate(sha256, model),
  })

  const accessTo = accounts.accessFor.bind(accounts)
  const recovery = createRecoveryMonitor({
    rows,
    accessFor: accessTo,
    connectivityChanged: (state) => events.emit('connectivity', state),
    volumesBack: (ids) => events.emit('volumesBack', ids),
    environment,
  })
  const { singlePutLimitBytes } = uploadAccounts
  const { queue, forget } = createUploadRunner({
    rows,
    accounts,
    uploadAccounts,
    services: { workerPool, hasher, replacer, environment, accessTo, singlePutLimitBytes },
    requestSlots,
    atOnce: base.settings.atOnce,
    recovery,
    conflictCheck,
    inspect,
    reportOf,
    events,
  })
  const hold = createQueueHold({ queue, choices, rows })
  const deadConnections = createDeadConnectionMonitor({
    rowOf: (id) => rows.get(id),
    inFlight: rows.inFlightIds.bind(rows),
    restartRuns: hold.restartRuns,
    environment,
  })
  events.on('rowChanged', deadConnections.rowChanged)
  events.on('connectivity', (state) => {
    // Before uploads run again, which are compared with the library first.
    if (state === 'ok') library.forgetFailures()
    queue.setOnline(state === 'ok')
    if (state === 'ok') checks.tidy()
  })
  events.on('networkChanged', () => {
    recovery.check()
    library.forgetFailures()
    queue.wake()
    void checks.abandonedUploads.cleanUp()
    deadConnections.watch()
  })
  events.on('volumesBack', (ids) => queue.add(ids))
  events.on('registered', (id) => {
    const record = rows.get(id)?.record
    if (!record || !isRegistered(record)) return
    library.addRegistered({ accountId: record.accountId, teamId: record.team.id }, toLibraryModel(record))
    hashCache.remember(record.path, record.identity, record.state.sha256)
    checks.verifier.verifySoon(id)
  })

  return {
    queue,
    forget,
    hold,
    recovery,
    ...checks,
    /** Ends the runs and the checks. */
    stop: () => Promise.all([hold.stop(), recovery.close(), checks.stop()]),
    close: deadConnections.close,
  }
}

/** What is checked and cleaned up beside the runs. */
function createChecks(environment: Environment, { base, people, uploads }: AreasBefore) {
  const { events, store } = base
  const { accounts } = people
  const { library } = uploads
  const { workerPool, requestSlots } = uploads.transfer
  const abandonedUploads = createAbandonedUploads({
    store,
    accounts,
    library,
    settings: () => base.settings,
    environment,
  })
  const verifier = createVerifier({
    rows: uploads.rows,
    store,
    accounts,
    environment,
    verified: (id, verification) => events.emit('verified', id, verification),
  })
  const storageTest = createStorageTester({
    store,
    accounts,
    workerPool,
    requestSlots,
    abandonedUploads,
    environment,
  })

  /** Checks and cleans up what earlier runs have left. */
  function tidy(): void {
    void abandonedUploads.cleanUp()
    // A command verifies its own uploads only.
    if (base.runsQueue) verifier.verifyOpen()
  }

  events.on('abandoned', () => void abandonedUploads.cleanUp())
  events.on('modelDeleted', verifier.modelDeleted)
  events.on('queueIdle', verifier.verifyCollected)
  events.on('proxyOpened', tidy)

  return {
    abandonedUploads,
    verifier,
    testStorage: storageTest.test,
    tidy,
    stop: () => Promise.all([storageTest.close(), abandonedUploads.close(), verifier.close()]),
  }
}
