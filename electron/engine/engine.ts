import { basename } from 'node:path'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { createProxyLogins } from '../accounts/proxy-logins.ts'
import type { Result } from '../contract/failures.ts'
import type { Account, KeychainState, SessionView } from '../contract/account.ts'
import type { AddReport, Snapshot } from '../contract/uploads.ts'
import type { Settings } from '../contract/settings.ts'
import type { LibraryNews } from '../contract/library.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { Computer } from '../discovery/places/open-find-models.ts'
import type { Library } from '../library/library.ts'
import { openFeedServices, type FeedServicesListener } from './feed-services.ts'
import {
  openTransferServices,
  applyTransferSettings,
  type TransferOptions,
  type WorkerFiles,
} from './transfer-services.ts'
import { openCommands } from './open-commands.ts'
import { engineCalls, type EngineCalls } from './calls.ts'
import { createUploadRunner } from './run-uploads.ts'
import { accountRequirement } from '../uploads/account-requirement.ts'
import { limitsOf, openAccounts, usesServer } from './account-services.ts'
import { createQueueHold, type QueueHold } from '../queue/pause-reasons.ts'
import { openJournalServices } from './journal-services.ts'
import { localFileWith } from './library-calls.ts'
import { openLibraryServices, type ConflictSettings } from './library-services.ts'
import { openDiscoveryServices, type DiscoveryServices, type DiscoveryListener } from './computer-services.ts'
import { createRecoveryMonitor } from '../queue/recovery-monitor.ts'
import { restoreQueued } from '../intake/restore.ts'
import { createSignIns } from '../accounts/sign-ins.ts'
import { createStorageTester, type StorageTester } from '../uploads/storage-test.ts'
import { createAbandonedUploads } from '../uploads/abandoned-uploads.ts'
import { enqueue, type EnqueueRequest } from '../intake/enqueue.ts'
import { adoptAccountUploads } from '../intake/adopt.ts'

export { journalProblemOf as journalTroubleOf } from '../journal/journal-file.ts'

/** The settings that change what the engine does. */
export type EngineSettings = Pick<
  Settings,
  'server' | 'servers' | 'atOnce' | 'singlePutLimitBytes' | 'limitBytesPerSecond' | 'streamsMost'
> &
  ConflictSettings

export interface EngineOptions extends TransferOptions {
  /** Folder of the journal; made when missing. */
  readonly folder: string
  readonly environment: Environment
  readonly vault: SecretStore
  /** Whether secrets outlive this session, as the vault has found out so far. */
  readonly keychainState: () => KeychainState
  readonly settings: EngineSettings
  /** Where the worker threads' entry files are, since built and unbuilt code keep them in different places. */
  readonly workers: WorkerFiles
  /** Where models are looked for, instead of this computer's own folders. */
  readonly computer?: Computer
}

/** What the uploader announces. Each listener is called after the fact; none may throw. */
export interface EngineListener extends Partial<FeedServicesListener>, DiscoveryListener {
  library?(news: LibraryNews): void
  /** A file was left out because its path is taken, as was asked for beforehand. */
  leftOut?(upload: { readonly id: string; readonly fileName: string }): void
}

export type { EnqueueRequest as AddOptions } from '../intake/enqueue.ts'

/** The one object that the desktop and the command line both drive. */
export interface Engine
  extends QueueHold, Pick<DiscoveryServices, 'workflows' | 'watchFolder' | 'drop' | 'addFound'> {
  /** One function for each call of the contract that the engine answers. */
  readonly calls: EngineCalls
  /** What the teams have in their libraries already. */
  readonly library: Pick<Library, 'models'>
  snapshot(): Snapshot
  session(): SessionView
  /** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
  addPaths(paths: readonly string[], options?: EnqueueRequest): Promise<Result<AddReport>>
  /** Goes on with what dead processes left of the people who are signed in; answers the ids. */
  resumeUnfinished(signal: AbortSignal): Promise<Result<readonly string[]>>
  /** Aborts what storage holds of uploads that are no more. */
  cleanUpAbandoned(): Promise<void>
  /** Uploads that are no more and of which storage still holds parts. */
  abandonedCount(): number
  /** Signs in with a token from outside, which is kept in memory only; answers whose it is. */
  useToken(token: string): Promise<Result<Account>>
  /** Whether the person has chosen a team, as against the first one standing in. */
  hasChosenTeam(): boolean
  /** Whether somebody is signed in to a server, or an upload is still for it. */
  usesServer(address: string): boolean
  /** Sends a little to the team's storage and takes it back (see uploads/storage-test.ts). */
  readonly testStorage: StorageTester['test']
  /** Path on this computer of a row's file, in the queue or in history; null when the row is not known. */
  fileOf(id: string): string | null
  /** Path of a file on this computer that holds these bytes; `file-missing` when none is known to. */
  localFileWith(sha256: string): Promise<Result<string>>
  applySettings(settings: EngineSettings): void
  /** The keychain may have been unlocked: sign-ins that it kept all along are back. */
  keychainChanged(): Promise<void>
  /** Asks the servers whether the sign-ins still hold; one that doesn't is marked. Trouble of the line marks none. */
  confirmSignIns(): Promise<void>
  /** Forgets waiting times: the computer woke up, or the line is back. */
  wake(): void
  /** Answers the unsubscribe. */
  subscribe(listener: EngineListener): () => void
  /** Begins: what was running when the last process ended starts again, unless `restoreQueue` is false. */
  start(options?: { readonly restoreQueue?: boolean }): Promise<void>
  /** Stops what runs (keeping remote state), flushes the journal, ends the workers. Nothing is lost. */
  stop(): Promise<void>
}

/** Somebody waits for the answer before a window. */
const confirmWithinMs = 15_000

export function createEngine(options: EngineOptions): Engine {
  const services = openRooms(options)
  applyTransferSettings(services.transfer, services.settings.now)
  const { rows, store, feed, queue, signIns, abandonedUploads, settings, listeners } = services
  const nearby = openDiscoveryServices(services, options.workers, options.computer)
  return {
    calls: { ...engineCalls({ ...services, addPaths: nearby.drop }), ...nearby.calls },
    ...{ workflows: nearby.workflows, watchFolder: nearby.watchFolder, drop: nearby.drop },
    ...{
      addFound: nearby.addFound,
      library: services.library,
      snapshot: feed.snapshot,
      session: signIns.view,
    },
    addPaths: (paths, addOptions) => enqueue(services, paths, addOptions),
    resumeUnfinished(signal) {
      return adoptAccountUploads(services, services.accounts.list(), signal)
    },
    cleanUpAbandoned: () => abandonedUploads.cleanUp(),
    abandonedCount: () => store.abandonedUploads().length,
    useToken: (token) => signIns.useToken(token),
    hasChosenTeam: () => signIns.hasChosenTeam(),
    usesServer: (address) => usesServer(services, address),
    fileOf: (id) => rows.get(id)?.record.path ?? store.find(id)?.path ?? null,
    localFileWith: (sha256) => localFileWith(services.hashCache, sha256),
    applySettings(changed) {
      const sameServer = changed.server === settings.now.server
      const sameServers = sameServer && changed.servers === settings.now.servers
      settings.now = changed
      services.desk.keep(changed)
      queue.setConcurrency(changed.atOnce)
      applyTransferSettings(services.transfer, changed)
      if (sameServers) return
      if (!sameServer) signIns.cancelPairing()
      signIns.announce()
    },
    keychainChanged: () => signIns.keychainChanged(),
    async confirmSignIns() {
      const ready = services.accounts.list().filter(({ state }) => state === 'ready')
      const inTime = AbortSignal.timeout(confirmWithinMs)
      await Promise.allSettled(ready.map(({ id }) => services.accounts.refreshProfile(id, inTime)))
    },
    ...{ testStorage: services.storageTest.test, ...createQueueHold(queue, services.paused) },
    wake() {
      services.recovery.check()
      services.doneToday.look()
      queue.wake()
      void abandonedUploads.cleanUp()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start({ restoreQueue = true } = {}) {
      if (restoreQueue) {
        services.doneToday.restore()
        restoreQueued(services)
      }
      await signIns.restore()
      if (restoreQueue) nearby.start()
      await queue.setHeld((services.paused.all && restoreQueue) || services.paused.outside)
      void abandonedUploads.cleanUp()
    },
    async stop() {
      await nearby.close()
      await services.close()
    },
  }
}

/** Opens the rooms and joins them; nothing runs yet. */
function openRooms(options: EngineOptions) {
  const { folder, environment, vault, keychainState, workers } = options
  const settings = { now: options.settings }
  const listeners = new Set<EngineListener>()
  const { journal, database, store, choices } = openJournalServices(folder, environment)
  const paused = { all: choices.get('all-paused') === 'yes', outside: false }
  const proxies = createProxyLogins({ environment, vault, changed: () => signIns.announce() })
  const transfer = openTransferServices(workers, environment, proxies, options)

  const accounts = openAccounts(folder, database, { environment, vault, proxies })
  const limitFor = limitsOf(accounts, settings)
  const { rows, feed, details, doneToday } = openFeedServices({
    ...{ store, environment, requestSlots: transfer.requestSlots, listeners },
    ...{ allPaused: () => paused.all, line: () => recovery.connectivity },
    ...{ journalSetAside: journal.setAside && basename(journal.setAside), hidden: () => signIns.hidden() },
  })
  const desk = openLibraryServices({
    accounts,
    database,
    rows,
    ...transfer,
    choices,
    environment,
    settings,
    listeners,
  })
  const recovery = createRecoveryMonitor({
    ...{ rows, accessTo: accounts.accessFor, environment, queue: () => queue },
    changed(line) {
      feed.touched()
      if (line === 'ok') void abandonedUploads.cleanUp()
    },
  })
  const onAbandoned = () => void abandonedUploads.cleanUp()
  const { queue, forget } = createUploadRunner({
    ...{ rows, accounts, ...transfer, parts: store.parts, environment, held: true },
    ...{ recovery, followParts: details.follow, onAbandoned, ...desk },
    ...{ atOnce: settings.now.atOnce, singlePutLimitBytes: limitFor },
    signedOut: (accountId) => signIns.markSignedOut(accountId),
    proxyMet: () => proxies.isOpened() && commands.resumeAfter('proxy-sign-in'),
  })
  const abandonedUploads = createAbandonedUploads({ store, accounts, library: desk.library, environment })
  const storageTest = createStorageTester({ store, accounts, transfer, abandonedUploads, environment })
  const { inspect } = transfer.inspector
  const { commands, rechecks } = openCommands({ rows, queue, inspect, forget, onAbandoned, environment })
  const signIns = createSignIns({
    ...{ accounts, choices, keychainState, proxies, environment, settings: () => settings.now },
    turned(lostId) {
      const known = accounts.list()
      commands.resumeWaiting((record) => {
        const account = findUploadAccount(known, accountRequirement(record, limitFor))
        return account !== null && account.id !== lostId
      })
      void abandonedUploads.cleanUp()
    },
    revealed(accountIds) {
      for (const id of rows.ids()) if (accountIds.has(rows.get(id)?.record.accountId ?? '')) feed.changed(id)
    },
    proxyOpened: () => commands.resumeAfter('proxy-sign-in'),
    leaving: (accountId) => commands.suspendAccount(accountId),
    announce: (session) => listeners.forEach((listener) => listener.session?.(session)),
  })

  async function close(): Promise<void> {
    const ending = [queue.setHeld(true), recovery.close(), signIns.close(), storageTest.close()]
    await Promise.all([...ending, abandonedUploads.close()])
    desk.library.close()
    for (const room of [feed, doneToday, rechecks, details]) room.close()
    listeners.clear()
    await transfer.close()
    store.close()
    database.close()
  }
  return {
    ...{ environment, settings, listeners, paused, store, choices, accounts, transfer, rows },
    ...{
      feed,
      details,
      doneToday,
      queue,
      recovery,
      commands,
      signIns,
      abandonedUploads,
      storageTest,
      proxies,
      close,
    },
    ...{ desk, database, library: desk.library, hashCache: desk.hashCache, rechecks },
  }
}
