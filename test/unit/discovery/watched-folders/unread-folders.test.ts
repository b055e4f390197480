import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../../electron/contract/failures.ts'
import { searchFolder } from '../../../../electron/discovery/scan/search-folder.ts'
import { identifyFolder } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { WatchedFolder } from '../../../../electron/discovery/watched-folders/watched-folder.ts'
import { WatchedFolderStore } from '../../../../electron/discovery/watched-folders/watched-folder-store.ts'
import { migrate } from '../../../../electron/journal/schema.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

/** A watched folder of which the subfolder `a` could not be read when it was added. */
function setup() {
  const root = createModelFolder()
  const at = (name: string) => join(root, name)
  mkdirSync(at('a/b'), { recursive: true })
  const database = new DatabaseSync(':memory:')
  migrate(database)
  onTestFinished(() => database.close())
  const store = new WatchedFolderStore(database)
  const team = { id: 'team', name: 'Studio' }
  const folder = { id: 'one', path: root, accountId: 'me', team, isPaused: false, rootId: null }
  store.add(folder, [], [at('a')])
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const conditions = { maxEntries: 10_000, unreadable: [] as readonly string[] }
  const enqueued: string[] = []
  /** Starts watching and waits for the first scan. */
  async function watch(): Promise<WatchedFolder> {
    const watched = new WatchedFolder(folder, {
      store,
      watchWorker: { start: () => {}, stop: () => {} },
      environment,
      identifyFolder,
      isNetworkDrive: async () => false,
      async searchFolder(path) {
        const limits = { entries: conditions.maxEntries, walkMs: 60_000, graceMs: 0 }
        return { ...(await searchFolder(path, limits)), unread: conditions.unreadable.map(at) }
      },
      readExternalWeights: async () => null,
      canUpload: () => true,
      async enqueue(paths) {
        enqueued.push(...paths.map((path) => relative(root, path)))
        return success({ added: 1, refused: 0, skipped: [] })
      },
      onChange: () => {},
    })
    watched.start()
    await expect.poll(() => watched.state).not.toBe('looking')
    return watched
  }
  /** Reports changed files, waits until one is pending, and checks it until it is stable. */
  async function reportFiles(watched: WatchedFolder, names: readonly string[]) {
    for (const name of names) watched.onFileChanged(at(name))
    await expect.poll(() => watched.pendingCount).toBe(1)
    await watched.checkNewFiles()
    clock.advance(12_000)
    await watched.checkNewFiles()
  }
  const write = (name: string) => writeFileSync(at(name), Buffer.alloc(2_000, 1))
  const unread = () => store.unreadFolders('one').map((path) => relative(root, path))
  const breakJournal = () => database.exec('PRAGMA query_only = ON')
  return {
    conditions,
    enqueued,
    watch,
    reportFiles,
    write,
    unread,
    clock,
    breakJournal,
  }
}

test('offers what a subfolder contains when it is first read, and enqueues later files in it', async () => {
  const { write, watch, enqueued, reportFiles, unread } = setup()
  write('a/old.safetensors')
  const watched = await watch()
  expect([watched.offeredFiles.length, watched.pendingCount, unread()]).toEqual([1, 0, []])
  write('a/later.safetensors')
  await reportFiles(watched, ['a/later.safetensors'])
  expect(enqueued).toEqual(['a/later.safetensors'])
})

test.each([
  ['can’t be read yet', 'a', ['a']],
  ['can be read in part', 'a/b', ['a/b']],
  ['is in a folder that can’t be read', '.', ['a']],
  ['was read, but another one wasn’t', 'other', []],
])('stores the unread folders after a search if one %s', async (_what, unreadable, expected) => {
  const { watch, unread, conditions } = setup()
  conditions.unreadable = [unreadable]
  const watched = await watch()
  expect([watched.state, unread()]).toEqual(['watching', expected])
})

test('treats a folder as unread until a search is complete, and offers what was found', async () => {
  const { write, watch, unread, conditions } = setup()
  write('a/old.safetensors')
  write('a/b/old.safetensors')
  conditions.maxEntries = 4
  const watched = await watch()
  expect([watched.state, watched.offeredFiles.length, unread()]).toEqual(['too-many', 1, ['a']])
  conditions.maxEntries = 10_000
  await watched.rescan()
  expect([watched.offeredFiles.length, watched.pendingCount, unread()]).toEqual([2, 0, []])
})

test('does not enqueue a file that is reported in an unread folder, also after a restart', async () => {
  const { write, watch, conditions, enqueued, reportFiles } = setup()
  conditions.unreadable = ['a']
  const first = await watch()
  first.close()
  const second = await watch()
  write('a/old.safetensors')
  write('new.safetensors')
  await reportFiles(second, ['a/old.safetensors', 'new.safetensors'])
  expect(enqueued).toEqual(['new.safetensors'])
})

test('offers files that cannot be stored, enqueues others, and searches the folder again', async () => {
  const { write, watch, clock, breakJournal, unread } = setup()
  write('a/old.safetensors')
  write('new.safetensors')
  breakJournal()
  const watched = await watch()
  await expect.poll(() => watched.pendingCount).toBe(1)
  expect([watched.offeredFiles.length, unread()]).toEqual([1, ['a']])
  expect(clock.waits().some((waitMs) => waitMs > 60_000)).toBe(true)
})
