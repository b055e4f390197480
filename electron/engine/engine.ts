import { basename } from 'node:path'
import { carrierOf } from '../accounts/upload-account.ts'
import { createProxies } from '../accounts/proxy-logins.ts'
import type { Result } from '../contract/failures.ts'
import type { Account, KeychainState, SessionView } from '../contract/account.ts'
import type { AddReport, Snapshot } from '../contract/uploads.ts'
import type { Settings } from '../contract/settings.ts'
import type { LibraryNews } from '../contract/library.ts'
import type { Ports, Vault } from '../platform/environment.ts'
import type { Computer } from '../discovery/places/open-find-models.ts'
import type { Library } from '../library/library.ts'
import { openBoard, type BoardListener } from './feed-services.ts'
import { openCarriers, steer, type CarrierOptions, type WorkerFiles } from './transfer-services.ts'
import { openCommands } from './open-commands.ts'
import { engineCalls, type EngineCalls } from './calls.ts'
import { createEngine } from './run-uploads.ts'
import { errandOf } from '../uploads/account-requirement.ts'
import { limitsOf, openAccounts, usesServer } from './account-services.ts'
import { holdingOf, type Holding } from '../queue/pause-reasons.ts'
import { openKept } from './journal-services.ts'
import { localFileWith } from './library-calls.ts'
import { openLibraryDesk, type ConflictSettings } from './library-services.ts'
import { openNearby, type Nearby, type NearbyListener } from './computer-services.ts'
import { createPatience } from '../queue/recovery-monitor.ts'
import { restoreQueued } from '../queue/restore.ts'
import { createSignIns } from '../accounts/sign-ins.ts'
import { createStorageTest, type StorageTesting } from '../uploads/storage-test.ts'
import { createSweeper } from '../uploads/abandoned-uploads.ts'
import { takeIn, type AddOptions } from '../intake/enqueue.ts'
import { takeUpPeople } from '../intake/adopt.ts'

export { journalTroubleOf } from '../journal/journal-file.ts'

/** The settings that change what the engine does. */
export type EngineSettings = Pick<
  Settings,
  'server' | 'servers' | 'atOnce' | 'singlePutLimitBytes' | 'limitBytesPerSecond' | 'streamsMost'
> &
  ConflictSettings

export interface UploaderOptions extends CarrierOptions {
  /** Folder of the journal; made when missing. */
  readonly folder: string
  readonly ports: Ports
  readonly vault: Vault
  /** Whether secrets outlive this session, as the vault has found out so far. */
  readonly keychainState: () => KeychainState
  readonly settings: EngineSettings
  /** Where the worker threads' entry files are, since built and unbuilt code keep them in different places. */
  readonly workers: WorkerFiles
  /** Where models are looked for, instead of this computer's own folders. */
  readonly computer?: Computer
}

/** What the uploader announces. Each listener is called after the fact; none may throw. */
export interface UploaderListener extends Partial<BoardListener>, NearbyListener {
  library?(news: LibraryNews): void
  /** A file was left out because its path is taken, as was asked for beforehand. */
  leftOut?(upload: { readonly id: string; readonly fileName: string }): void
}

export type { AddOptions } from '../intake/enqueue.ts'

/** The one object that the desktop and the command line both drive. */
export interface Uploader extends Holding, Pick<Nearby, 'workflows' | 'watchFolder' | 'drop' | 'addFound'> {
  /** One function for each call of the contract that the engine answers. */
  readonly calls: EngineCalls
  /** What the teams have in their libraries already. */
  readonly library: Pick<Library, 'models'>
  snapshot(): Snapshot
  session(): SessionView
  /** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
  addPaths(paths: readonly string[], options?: AddOptions): Promise<Result<AddReport>>
  /** Goes on with what dead processes left of the people who are signed in; answers the ids. */
  resumeLeft(signal: AbortSignal): Promise<Result<readonly string[]>>
  /** Aborts what storage holds of uploads that are no more. */
  sweep(): Promise<void>
  /** Uploads that are no more and of which storage still holds parts. */
  leftoverCount(): number
  /** Signs in with a token from outside, which is kept in memory only; answers whose it is. */
  useToken(token: string): Promise<Result<Account>>
  /** Whether the person has chosen a team, as against the first one standing in. */
  hasChosenTeam(): boolean
  /** Whether somebody is signed in to a server, or an upload is still for it. */
  usesServer(address: string): boolean
  /** Sends a little to the team's storage and takes it back (see uploads/storage-test.ts). */
  readonly testStorage: StorageTesting['test']
  /** Path on this computer of a row's file, in the queue or in history; null when the row is not known. */
  fileOf(id: string): string | null
  /** Path of a file on this computer that holds these bytes; `file-missing` when none is known to. */
  localFileWith(sha256: string): Promise<Result<string>>
  applySettings(settings: EngineSettings): void
  /** The keychain may have been unlocked: sign-ins that it kept all along are back. */
  keychainTurned(): Promise<void>
  /** Asks the servers whether the sign-ins still hold; one that doesn't is marked. Trouble of the line marks none. */
  confirmSignIns(): Promise<void>
  /** Forgets waiting times: the computer woke up, or the line is back. */
  wake(): void
  /** Answers the unsubscribe. */
  subscribe(listener: UploaderListener): () => void
  /** Begins: what was running when the last process ended starts again, unless `restoreQueue` is false. */
  start(options?: { readonly restoreQueue?: boolean }): Promise<void>
  /** Stops what runs (keeping remote state), flushes the journal, ends the workers. Nothing is lost. */
  stop(): Promise<void>
}

/** Somebody waits for the answer before a window. */
const confirmWithinMs = 15_000

export function createUploader(options: UploaderOptions): Uploader {
  const rooms = openRooms(options)
  steer(rooms.carriers, rooms.settings.now)
  const { rows, store, feed, queue, signIns, sweeper, settings, listeners } = rooms
  const nearby = openNearby(rooms, options.workers, options.computer)
  return {
    calls: { ...engineCalls({ ...rooms, addPaths: nearby.drop }), ...nearby.calls },
    ...{ workflows: nearby.workflows, watchFolder: nearby.watchFolder, drop: nearby.drop },
    ...{ addFound: nearby.addFound, library: rooms.library, snapshot: feed.snapshot, session: signIns.view },
    addPaths: (paths, addOptions) => takeIn(rooms, paths, addOptions),
    resumeLeft(signal) {
      return takeUpPeople(rooms, rooms.accounts.list(), signal)
    },
    sweep: () => sweeper.sweep(),
    leftoverCount: () => store.leftovers().length,
    useToken: (token) => signIns.useToken(token),
    hasChosenTeam: () => signIns.hasChosen(),
    usesServer: (address) => usesServer(rooms, address),
    fileOf: (id) => rows.get(id)?.record.path ?? store.find(id)?.path ?? null,
    localFileWith: (sha256) => localFileWith(rooms.hashCache, sha256),
    applySettings(changed) {
      const sameServer = changed.server === settings.now.server
      const sameServers = sameServer && changed.servers === settings.now.servers
      settings.now = changed
      rooms.desk.keep(changed)
      queue.setAtOnce(changed.atOnce)
      steer(rooms.carriers, changed)
      if (sameServers) return
      if (!sameServer) signIns.cancelPairing()
      signIns.tell()
    },
    keychainTurned: () => signIns.keychainTurned(),
    async confirmSignIns() {
      const ready = rooms.accounts.list().filter(({ state }) => state === 'ready')
      const inTime = AbortSignal.timeout(confirmWithinMs)
      await Promise.allSettled(ready.map(({ id }) => rooms.accounts.refreshProfile(id, inTime)))
    },
    ...{ testStorage: rooms.storageTest.test, ...holdingOf(queue, rooms.paused) },
    wake() {
      rooms.patience.look()
      rooms.doneToday.look()
      queue.wake()
      void sweeper.sweep()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start({ restoreQueue = true } = {}) {
      if (restoreQueue) {
        rooms.doneToday.restore()
        restoreQueued(rooms)
      }
      await signIns.restore()
      if (restoreQueue) nearby.start()
      await queue.setHeld((rooms.paused.all && restoreQueue) || rooms.paused.outside)
      void sweeper.sweep()
    },
    async stop() {
      await nearby.close()
      await rooms.close()
    },
  }
}

/** Opens the rooms and joins them; nothing runs yet. */
function openRooms(options: UploaderOptions) {
  const { folder, ports, vault, keychainState, workers } = options
  const settings = { now: options.settings }
  const listeners = new Set<UploaderListener>()
  const { journal, database, store, choices } = openKept(folder, ports)
  const paused = { all: choices.get('all-paused') === 'yes', outside: false }
  const proxies = createProxies({ ports, vault, changed: () => signIns.tell() })
  const carriers = openCarriers(workers, ports, proxies, options)

  const accounts = openAccounts(folder, database, { ports, vault, ways: proxies })
  const limitFor = limitsOf(accounts, settings)
  const { rows, feed, details, doneToday } = openBoard({
    ...{ store, ports, streams: carriers.streams, listeners },
    ...{ allPaused: () => paused.all, line: () => patience.line },
    ...{ journalSetAside: journal.setAside && basename(journal.setAside), hidden: () => signIns.hidden() },
  })
  const desk = openLibraryDesk({ accounts, database, rows, ...carriers, choices, ports, settings, listeners })
  const patience = createPatience({
    ...{ rows, accessTo: accounts.accessTo, ports, queue: () => queue },
    changed(line) {
      feed.touched()
      if (line === 'ok') void sweeper.sweep()
    },
  })
  const leftBehind = () => void sweeper.sweep()
  const { queue, forget } = createEngine({
    ...{ rows, accounts, ...carriers, parts: store.parts, ports, held: true },
    ...{ patience, followParts: details.follow, leftBehind, ...desk },
    ...{ atOnce: settings.now.atOnce, singlePutLimitBytes: limitFor },
    signedOut: (accountId) => signIns.lost(accountId),
    proxyMet: () => proxies.isOpened() && commands.resumeAfter('proxy-sign-in'),
  })
  const sweeper = createSweeper({ store, accounts, library: desk.library, ports })
  const storageTest = createStorageTest({ store, accounts, carriers, sweeper, ports })
  const { inspect } = carriers.inspector
  const { commands, secondLooks } = openCommands({ rows, queue, inspect, forget, leftBehind, ports })
  const signIns = createSignIns({
    ...{ accounts, choices, keychainState, proxies, ports, settings: () => settings.now },
    turned(lostId) {
      const known = accounts.list()
      commands.resumeWaiting((record) => {
        const carrier = carrierOf(known, errandOf(record, limitFor))
        return carrier !== null && carrier.id !== lostId
      })
      void sweeper.sweep()
    },
    revealed(accountIds) {
      for (const id of rows.ids()) if (accountIds.has(rows.get(id)?.record.accountId ?? '')) feed.changed(id)
    },
    proxyOpened: () => commands.resumeAfter('proxy-sign-in'),
    leaving: (accountId) => commands.suspendAccount(accountId),
    announce: (session) => listeners.forEach((listener) => listener.session?.(session)),
  })

  async function close(): Promise<void> {
    const ending = [queue.setHeld(true), patience.close(), signIns.close(), storageTest.close()]
    await Promise.all([...ending, sweeper.close()])
    desk.library.close()
    for (const room of [feed, doneToday, secondLooks, details]) room.close()
    listeners.clear()
    await carriers.close()
    store.close()
    database.close()
  }
  return {
    ...{ ports, settings, listeners, paused, store, choices, accounts, carriers, rows },
    ...{ feed, details, doneToday, queue, patience, commands, signIns, sweeper, storageTest, proxies, close },
    ...{ desk, database, library: desk.library, hashCache: desk.hashCache, secondLooks },
  }
}
