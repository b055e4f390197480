import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { isAbsolute, relative } from 'node:path'
import type { Team, TeamChoice } from '../../contract/account.ts'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { WatchedFolder, WatchingView } from '../../contract/watched-folders.ts'
import { createHints } from './change-hints.ts'
import { createKeptFolders, type KeptFolder } from './folder-store.ts'
import { isNetworkDrive } from './network-drive.ts'
import { Watched, type WatchPorts } from './watched-folder.ts'
import { wholesOf } from './whole-model.ts'

type WatchingCalls = Pick<CallHandlers, Exclude<CallNameIn<'watchedFolders'>, 'watchFolder'>>

/** Folders whose new models are queued by themselves, for as long as the app runs. */
export interface Watching {
  readonly calls: WatchingCalls
  /** Begins to watch what the journal has. */
  start(): void
  /** Watches one more folder. What lies in it now is offered, and not sent. */
  addFor(path: string, choice: TeamChoice): Promise<Result<WatchingView>>
  /** Somebody has signed in or out. */
  sessionChanged(): void
  close(): Promise<void>
}

/** As often as the page is told of anything (style 26), in ms. */
const tellMs = 100

export function createWatching(
  options: Omit<WatchPorts, 'kept' | 'hints' | 'changed'> & {
    readonly database: DatabaseSync
    readonly worker: URL
    readonly platform: NodeJS.Platform
    /** Accounts whose folders are not shown to whoever is here. */
    readonly hidden: () => ReadonlySet<string>
    readonly words: (path: string) => string
    readonly told: (view: WatchingView) => void
    readonly resolve: (choice: TeamChoice) => { readonly accountId: string; readonly team: Team } | null
    /** Workflows look for their models in it too. */
    readonly remember: (folder: string) => void
  },
): Watching {
  const { walk, weightsOf, words, told, queue, canSend, platform, environment } = options
  const kept = createKeptFolders(options.database)
  const hints = createHints({
    ...{ worker: options.worker, log: environment.log },
    onHint: (id, path) => folders.get(id)?.hint(path),
    onReady: (id) => void folders.get(id)?.rescan(),
  })
  const folders = new Map<string, Watched>()
  const at: WatchPorts = { kept, hints, environment, walk, weightsOf, canSend, queue, changed }

  /** A thousand files that arrive together are told of together. */
  let cancelTelling: (() => void) | null = null
  function changed(): void {
    cancelTelling ??= environment.timers.after(tellMs, () => {
      cancelTelling = null
      told(view())
    })
  }

  const view = (): WatchingView => ({
    folders: [...folders.values()]
      .filter(({ folder }) => !options.hidden().has(folder.accountId))
      .map((watched) => toView(watched, words)),
  })

  async function begin(folder: KeptFolder): Promise<Watched> {
    const watched = new Watched(folder, at)
    folders.set(folder.id, watched)
    watched.isPolled = await isNetworkDrive(folder.path, platform)
    watched.begin()
    return watched
  }

  const watchedFor = ({ accountId, team }: { readonly accountId: string; readonly team: Team }) =>
    [...folders.values()].filter(({ folder }) => folder.accountId === accountId && folder.team.id === team.id)

  return {
    start() {
      for (const folder of kept.list()) void begin(folder)
    },
    async addFor(path, choice) {
      const chosen = options.resolve(choice)
      if (!chosen) return failed(failure('no-team'))
      const { accountId, team } = chosen
      // A folder inside a watched one would queue each of its files twice.
      if (watchedFor(chosen).some(({ folder }) => isInside(path, folder.path))) return success(view())
      const { models, cut } = await walk(path)
      if (cut === 'gone' || cut === 'unreadable') return failed(failure('folder-unreadable'))
      if (cut !== null) return failed(failure('folder-too-large'))
      const folder = { id: randomUUID(), path, accountId, team, isPaused: false }
      kept.add(
        folder,
        models.map(({ path: file, sizeBytes, mtimeMs }) => ({
          path: file,
          sizeBytes,
          mtimeMs,
          state: 'offered',
        })),
      )
      options.remember(path)
      await begin(folder)
      return success(view())
    },
    sessionChanged() {
      for (const watched of folders.values()) void watched.step()
      told(view())
    },
    calls: {
      watching: async () => success(view()),
      async pauseWatched({ id, isPaused }) {
        kept.setPaused(id, isPaused)
        if (isPaused) folders.get(id)?.pause()
        else folders.get(id)?.resume()
        return success(view())
      },
      async giveWatched({ id, team: choice }) {
        const watched = folders.get(id)
        const chosen = options.resolve(choice)
        if (!watched) return failed(failure('not-found'))
        if (!chosen) return failed(failure('no-team'))
        const { path } = watched.folder
        const others = watchedFor(chosen).filter((other) => other !== watched)
        const overlap = others.find(
          ({ folder }) => isInside(path, folder.path) || isInside(folder.path, path),
        )
        if (overlap)
          return failed(
            failure('already-watched', { folder: words(overlap.folder.path), team: chosen.team.name }),
          )
        kept.setTeam(id, chosen.accountId, chosen.team)
        watched.giveTo(chosen.accountId, chosen.team)
        return success(view())
      },
      async unwatch({ id }) {
        folders.get(id)?.close()
        folders.delete(id)
        kept.remove(id)
        return success(view())
      },
      async sendOffered({ id }) {
        const watched = folders.get(id)
        const files = watched?.offered ?? []
        if (!watched || files.length === 0) return success({ added: 0, refused: 0, skipped: [] })
        const paths = files.map(({ path }) => path)
        const wholes = await wholesOf(paths, watched.folder.path, weightsOf)
        const report = await queue(wholes, watched.folder)
        if (report.ok) watched.settle(files)
        return report
      },
      async declineOffered({ id }) {
        const watched = folders.get(id)
        watched?.settle(watched.offered)
        return success(view())
      },
    },
    async close() {
      cancelTelling?.()
      for (const watched of folders.values()) watched.close()
      await hints.close()
    },
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

function toView(watched: Watched, words: (path: string) => string): WatchedFolder {
  const { folder, state, isPolled, settlingCount, incompleteCount, offered } = watched
  return {
    ...{ id: folder.id, where: words(folder.path), accountId: folder.accountId, team: folder.team },
    ...{ state, isPolled, settling: settlingCount, incomplete: incompleteCount },
    offered: { count: offered.length, sizeBytes: offered.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
  }
}
