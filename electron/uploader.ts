import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createAccounts } from './accounts/accounts.ts'
import type { CallHandlers, CallNameOf } from './contract/calls.ts'
import { failed, failure, success, type Result } from './contract/errors.ts'
import type {
  AddReport,
  KeychainState,
  Patch,
  SessionView,
  Settings,
  Snapshot,
  Target,
  TeamChoice,
} from './contract/model.ts'
import type { Ports, Vault } from './contract/ports.ts'
import { createInspector } from './models/inspector.ts'
import { createHasher } from './transfer/hasher.ts'
import { createLanes } from './transfer/lanes.ts'
import { createAccountBook, createChoices } from './uploads/account-book.ts'
import { addPaths } from './uploads/adding.ts'
import { createCommands } from './uploads/commands.ts'
import { createEngine } from './uploads/engine.ts'
import { createFeed } from './uploads/feed.ts'
import { openJournal } from './uploads/journal-file.ts'
import { createRows, toView } from './uploads/rows.ts'
import { createStore } from './uploads/store.ts'
import { createSignIns } from './uploads/sign-ins.ts'

/** The settings that change what the engine does. */
export type EngineSettings = Pick<Settings, 'server' | 'atOnce' | 'singlePutLimitBytes'>

export interface UploaderOptions {
  /** Folder of the journal; made when missing. */
  readonly folder: string
  readonly ports: Ports
  readonly vault: Vault
  /** Whether secrets outlive this session, as the vault has found out so far. */
  readonly keychainState: () => KeychainState
  readonly settings: EngineSettings
  /** Where the worker threads' entry files are, since built and unbuilt code keep them in different places. */
  readonly workers: { readonly lane: URL; readonly hash: URL; readonly inspect: URL }
}

/** What the uploader announces. Each listener is called after the fact; none may throw. */
export interface UploaderListener {
  patch?(patch: Patch): void
  session?(session: SessionView): void
}

export interface AddOptions {
  /** Instead of the chosen team. */
  readonly team?: TeamChoice
  /** Instead of what was recognised, for each file. */
  readonly target?: Partial<Target>
}

/** The one object that the desktop and the command line both drive. */
export interface Uploader {
  /** One function for each call of the contract that the engine answers. */
  readonly calls: Pick<CallHandlers, CallNameOf<'engine'>>
  snapshot(): Snapshot
  session(): SessionView
  /** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
  addPaths(paths: readonly string[], options?: AddOptions): Promise<Result<AddReport>>
  /** Signs in with a token from outside, which is kept in memory only. */
  useToken(token: string): Promise<Result<SessionView>>
  /** Whether the person has chosen a team, as against the first one standing in. */
  hasChosenTeam(): boolean
  /** Path on this computer of a row's file, in the queue or in history; null when the row is not known. */
  fileOf(id: string): string | null
  applySettings(settings: EngineSettings): void
  /** Forgets waiting times: the computer woke up, or the line is back. */
  wake(): void
  /** Answers the unsubscribe. */
  subscribe(listener: UploaderListener): () => void
  /** Begins: what was running when the last process ended starts again, unless `restoreQueue` is false. */
  start(options?: { readonly restoreQueue?: boolean }): Promise<void>
  /** Stops what runs (keeping remote state), flushes the journal, ends the workers. Nothing is lost. */
  stop(): Promise<void>
}

/** "Done today" in the list; older ones are in the history. */
const shownAsDoneMs = 24 * 60 * 60 * 1000
const shownAsDone = 200

export function createUploader(options: UploaderOptions): Uploader {
  const { folder, ports, vault, workers } = options
  let { settings } = options
  const journal = openJournal(folder, ports.now())
  if (journal.setAside) ports.log.error('the journal was damaged and set aside', { file: journal.setAside })
  const store = createStore(journal.database, randomUUID(), ports)
  const choices = createChoices(journal.database)
  const listeners = new Set<UploaderListener>()
  let allPaused = choices.get('all-paused') === 'yes'

  // One thread a core is as fast as TLS and hashing can go; the last core stays with the window.
  const cores = Math.max(1, availableParallelism() - 1)
  const lanes = createLanes({ url: workers.lane, threads: Math.min(cores, 4), ports })
  const hasher = createHasher({ url: workers.hash, threads: Math.min(cores, 2), ports })
  const inspector = createInspector(workers.inspect)

  const accounts = createAccounts({ book: createAccountBook(journal.database), vault, ports })
  const rows = createRows({ store, ports, changed: (id) => feed.changed(id) })
  const feed = createFeed({ view: rows.view, ids: rows.ids, allPaused: () => allPaused, ports })
  const engine = createEngine({
    rows,
    accounts,
    lanes,
    hasher,
    ports,
    atOnce: settings.atOnce,
    held: true,
    singlePutLimitBytes: () => settings.singlePutLimitBytes,
    signedOut: (accountId) => signIns.lost(accountId),
  })
  const { queue, forget } = engine
  const commands = createCommands({ rows, queue, inspect: (file) => inspector.inspect(file), forget })
  const signIns = createSignIns({
    accounts,
    choices,
    server: () => settings.server,
    keychainState: options.keychainState,
    returned: (accountId) => commands.resumeAccount(accountId),
    leaving: (accountId) => commands.suspendAccount(accountId),
    announce: (session) => listeners.forEach((listener) => listener.session?.(session)),
  })
  feed.subscribe((patch) => listeners.forEach((listener) => listener.patch?.(patch)))

  async function add(
    paths: readonly string[],
    { team, target }: AddOptions = {},
  ): Promise<Result<AddReport>> {
    const chosen = signIns.resolve(team ?? null)
    if (!chosen) return failed(failure('no-team'))
    let position = Math.max(0, ...rows.ids().map((id) => rows.get(id)?.record.position ?? 0))
    return addPaths(
      paths,
      { ...chosen, ...(target ? { target } : {}) },
      {
        ports,
        inspect: (file) => inspector.inspect(file),
        nextPosition: () => (position += 1),
        accept(records) {
          const written = rows.add(records)
          if (written.ok) queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
          return written
        },
      },
    )
  }

  async function holdAll(paused: boolean): Promise<Result<void>> {
    allPaused = paused
    choices.set('all-paused', paused ? 'yes' : 'no')
    feed.touched()
    await queue.setHeld(paused)
    return success(undefined)
  }

  const calls: Uploader['calls'] = {
    snapshot: async () => success(feed.snapshot()),
    session: async () => success(signIns.view()),
    signIn: ({ email, password }) => signIns.signIn(email, password),
    signOut: ({ accountId }) => signIns.signOut(accountId),
    chooseTeam: async (choice) => signIns.choose(choice),
    addFiles: ({ paths }) => add(paths),
    editTarget: async ({ id, change }) => commands.editTarget(id, change),
    pause: ({ ids }) => commands.pause(ids),
    resume: ({ ids }) => commands.resume(ids),
    pauseAll: () => holdAll(true),
    resumeAll: () => holdAll(false),
    cancel: ({ ids }) => commands.cancel(ids),
    retry: ({ ids }) => commands.retry(ids),
    moveToTop: async ({ ids }) => commands.moveToTop(ids),
    forget: async ({ ids }) => rows.remove(ids.filter((id) => isFinished(id))),
    history: async ({ beforeMs, search, limit }) => {
      const found = store.history({ beforeMs, search, limit })
      const last = found.length < limit ? null : (found.at(-1)?.finishedAtMs ?? null)
      return success({ rows: found.map((record) => toView(record, null)), nextBeforeMs: last })
    },
  }

  const isFinished = (id: string) => (rows.get(id)?.record ?? store.find(id))?.phase === 'registered'

  return {
    calls,
    snapshot: feed.snapshot,
    session: signIns.view,
    addPaths: add,
    useToken: (token) => signIns.useToken(token),
    hasChosenTeam: () => signIns.hasChosen(),
    fileOf: (id) => rows.get(id)?.record.path ?? store.find(id)?.path ?? null,
    applySettings(changed) {
      const sameServer = changed.server === settings.server
      settings = changed
      queue.setAtOnce(settings.atOnce)
      if (!sameServer) signIns.tell()
    },
    wake: queue.wake,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start({ restoreQueue = true } = {}) {
      if (restoreQueue) {
        rows.restore(store.history({ sinceMs: ports.now() - shownAsDoneMs, limit: shownAsDone }))
        const queued = store.claimQueue()
        rows.restore(queued)
        queue.add(queued.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
      }
      await signIns.restore()
      await queue.setHeld(allPaused && restoreQueue)
    },
    async stop() {
      await Promise.all([queue.setHeld(true), signIns.close()])
      feed.close()
      listeners.clear()
      await Promise.all([lanes.close(), hasher.close(), inspector.close()])
      store.close()
      journal.database.close()
    },
  }
}
