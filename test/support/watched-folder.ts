import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, vi } from 'vitest'
import { success, type failed } from '../../electron/contract/failures.ts'
import { readExternalWeights } from '../../electron/discovery/places/external-weights.ts'
import { searchFolder } from '../../electron/discovery/scan/search-folder.ts'
import { identifyFolder, type FolderIdentity } from '../../electron/discovery/watched-folders/file-state.ts'
import { WatchedFolderStore } from '../../electron/discovery/watched-folders/watched-folder-store.ts'
import {
  toOfferedFile,
  WatchedFolder,
  type WatchedFolderContext,
} from '../../electron/discovery/watched-folders/watched-folder.ts'
import { migrate } from '../../electron/journal/schema.ts'
import { standingClock, createTestEnvironment } from './hand-clock.ts'

const team = { id: 'team', name: 'Studio' }

/**
 * A watched folder with real files and a real database; the test controls time and reports changes itself.
 */
export async function setupWatchedFolder({ isPolled = false } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-watched-'))
  const folder = join(root, 'loras')
  mkdirSync(folder)
  const database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  migrate(database)
  onTestFinished(() => {
    database.close()
    rmSync(root, { recursive: true, force: true })
  })
  const clock = standingClock()
  const store = new WatchedFolderStore(database)
  const conditions = {
    canUpload: true,
    isPolled,
    maxEntries: 10_000,
    /** Replaces what identifies the folder, such as that of a FAT disk. */
    identity: {} as Partial<FolderIdentity>,
    /** The folder does not respond until it resolves. */
    response: Promise.resolve(),
    /** Called while the folder is being searched. */
    duringSearch: () => {},
    /** Called while files are being enqueued. */
    duringEnqueue: () => {},
    enqueueResult: success({ added: 1, refused: 0, skipped: [] }) as
      | ReturnType<typeof success>
      | ReturnType<typeof failed>,
  }
  const enqueued: string[] = []
  const teams: string[] = []
  const searches: string[] = []
  const onChange = vi.fn()
  const watchWorker = { start: vi.fn(), stop: vi.fn() }
  const context: WatchedFolderContext = {
    store,
    watchWorker,
    environment: createTestEnvironment(clock),
    onChange,
    canUpload: () => conditions.canUpload,
    readExternalWeights,
    identifyFolder: async (path) => {
      await conditions.response
      const identity = await identifyFolder(path)
      return typeof identity === 'string' ? identity : { ...identity, ...conditions.identity }
    },
    isNetworkDrive: async () => conditions.isPolled,
    async searchFolder(path) {
      searches.push(path)
      const result = await searchFolder(path, { entries: conditions.maxEntries, walkMs: 60_000, graceMs: 0 })
      conditions.duringSearch()
      return result
    },
    async enqueue(paths, { team: to }, signal) {
      conditions.duringEnqueue()
      const isEnqueued = conditions.enqueueResult.ok && !signal?.aborted
      if (isEnqueued) enqueued.push(...paths.map((path) => relative(folder, path)))
      if (isEnqueued) teams.push(to.name)
      return conditions.enqueueResult as Awaited<ReturnType<WatchedFolderContext['enqueue']>>
    },
  }
  let writtenCount = 0
  /** Each file has a time of its own, as outside of a test, where no two are written within a clock tick. */
  function write(name: string, content: number | string | Buffer = 2_000) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    const bytes = typeof content === 'number' ? Buffer.alloc(content, 1) : content
    writeFileSync(join(folder, name), bytes)
    writtenCount += 1
    const writtenAtS = 1_700_000_000.5 + writtenCount
    utimesSync(join(folder, name), writtenAtS, writtenAtS)
  }
  /** Stores the folder unless it is stored already, and starts watching it. */
  async function watch(): Promise<WatchedFolder> {
    if (store.list().length === 0) {
      const { models } = await context.searchFolder(folder)
      store.add(
        { id: 'one', path: folder, accountId: 'me', team, isPaused: false, rootId: null },
        models.map(toOfferedFile),
      )
    }
    const watched = new WatchedFolder(
      store.list()[0] ?? { id: '', path: '', accountId: '', team, isPaused: false, rootId: null },
      context,
    )
    watched.start()
    await expect.poll(() => watched.state).not.toBe('looking')
    return watched
  }
  /** Advances the clock in steps of two seconds and waits for the check after each. */
  async function advance(watched: WatchedFolder, durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 2_000) {
      clock.advance(2_000)
      await watched.checkNewFiles()
    }
  }
  /** Reports a new file and waits until it is pending. */
  async function reportNewFile(watched: WatchedFolder, name: string): Promise<void> {
    const before = watched.pendingCount
    watched.onFileChanged(join(folder, name))
    await expect.poll(() => watched.pendingCount).toBe(before + 1)
  }
  return {
    root,
    folder,
    clock,
    store,
    conditions,
    enqueued,
    teams,
    searches,
    onChange,
    watchWorker,
    write,
    watch,
    advance,
    reportNewFile,
  }
}
