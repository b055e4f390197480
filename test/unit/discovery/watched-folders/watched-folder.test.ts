import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { FolderIdentity } from '../../../../electron/discovery/watched-folders/file-state.ts'
import type { WatchedFolder } from '../../../../electron/discovery/watched-folders/watched-folder.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

const offeredNames = ({ offeredFiles }: WatchedFolder) =>
  offeredFiles.map(({ path }) => basename(path)).sort()

test('waits for a growing file and while a download marker exists', async () => {
  const { write, watch, enqueued, reportNewFile, advance, folder } = await setupWatchedFolder()
  const watched = await watch()
  write('grows.safetensors')
  await reportNewFile(watched, 'grows.safetensors')
  await advance(watched, 8_000)
  write('grows.safetensors', 3_000)
  await advance(watched, 8_000)
  expect(enqueued).toEqual([])
  write('grows.safetensors.aria2', 10)
  await advance(watched, 60_000)
  expect(enqueued).toEqual([])
  rmSync(join(folder, 'grows.safetensors.aria2'))
  await advance(watched, 2_000)
  expect(enqueued).toEqual(['grows.safetensors'])
})

test('finds new files by a rescan if no change was reported', async () => {
  const { write, watch, enqueued, advance, clock } = await setupWatchedFolder()
  const watched = await watch()
  write('silent.safetensors')
  clock.advance(10 * 60_000)
  await expect.poll(() => watched.pendingCount).toBe(1)
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['silent.safetensors'])
})

test('rescans a network drive every minute instead of watching it', async () => {
  const { write, watch, watchWorker, clock } = await setupWatchedFolder({ isPolled: true })
  const watched = await watch()
  expect(watchWorker.start).not.toHaveBeenCalled()
  write('far.safetensors')
  clock.advance(60_000)
  await expect.poll(() => watched.pendingCount).toBe(1)
})

test('reports a missing folder and resumes when it returns, sending nothing twice', async () => {
  const { write, watch, enqueued, advance, clock, root, folder, watchWorker } = await setupWatchedFolder()
  write('old.safetensors')
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  expect([watched.state, watchWorker.stop.mock.calls.length]).toEqual(['gone', 1])
  renameSync(join(root, 'away'), folder)
  write('arrived.safetensors')
  clock.advance(15_000)
  await expect.poll(() => watched.state).toBe('watching')
  expect(watchWorker.start).toHaveBeenCalledTimes(2)
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['arrived.safetensors'])
})

test('offers the files of another disk that took the place of the folder', async () => {
  const { write, watch, enqueued, advance, folder } = await setupWatchedFolder()
  write('a.safetensors')
  const watched = await watch()
  rmSync(folder, { recursive: true })
  await watched.rescan()
  write('b.safetensors')
  watched.onFileChanged(join(folder, 'b.safetensors'))
  await watched.rescan()
  await advance(watched, 12_000)
  expect([enqueued, offeredNames(watched)]).toEqual([[], ['b.safetensors']])
  write('c.safetensors')
  await watched.rescan()
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['c.safetensors'])
})

/** The root of many FAT disks. */
const rootOfFat = { dev: 8n, ino: 1n, birthtimeNs: 0n }

test.for<[what: string, swap: (watched: WatchedFolder, replaceFiles: () => void) => void]>([
  [
    'took the place of the folder during a pause',
    (watched, replaceFiles) => {
      watched.pause()
      replaceFiles()
      watched.resume()
    },
  ],
  [
    'was there when the loss of the folder was reported',
    (watched, replaceFiles) => {
      replaceFiles()
      watched.lost(true)
    },
  ],
])('offers the files of another disk that %s', async ([_what, swap]) => {
  const { write, watch, enqueued, advance, folder, conditions, watchWorker } = await setupWatchedFolder()
  conditions.identity = rootOfFat
  write('a.safetensors')
  const watched = await watch()
  swap(watched, () => {
    rmSync(join(folder, 'a.safetensors'))
    write('b.safetensors')
  })
  await watched.rescan()
  await advance(watched, 12_000)
  expect([enqueued, offeredNames(watched)]).toEqual([[], ['b.safetensors']])
  expect(watchWorker.start).toHaveBeenCalledTimes(2)
})

test.for<Partial<FolderIdentity>>([{ dev: 9n }, { ino: 9n }, { birthtimeNs: 9n }])(
  'offers the files of another disk whose arrival was not reported: %o',
  async (change) => {
    const { write, watch, enqueued, advance, folder, conditions, clock, watchWorker } =
      await setupWatchedFolder()
    conditions.identity = rootOfFat
    write('a.safetensors')
    const watched = await watch()
    rmSync(join(folder, 'a.safetensors'))
    write('b.safetensors')
    conditions.identity = { ...rootOfFat, ...change }
    clock.advance(10 * 60_000)
    await expect.poll(() => offeredNames(watched)).toEqual(['b.safetensors'])
    await advance(watched, 12_000)
    expect([enqueued, watchWorker.start.mock.calls.length]).toEqual([[], 2])
  },
)

test('enqueues nothing while a folder whose loss was reported does not respond', async () => {
  const { write, watch, enqueued, reportNewFile, advance, conditions } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  await reportNewFile(watched, 'new.safetensors')
  const response = Promise.withResolvers<void>()
  conditions.response = response.promise
  watched.lost(false)
  await advance(watched, 14_000)
  expect(enqueued).toEqual([])
  response.resolve()
  await watched.rescan()
  await advance(watched, 16_000)
  expect(enqueued).toEqual(['new.safetensors'])
})

test('offers the files of another disk that is found at the start', async () => {
  const { write, watch, enqueued, advance, folder, conditions } = await setupWatchedFolder()
  write('a.safetensors')
  const first = await watch()
  first.close()
  conditions.identity = rootOfFat
  rmSync(join(folder, 'a.safetensors'))
  write('b.safetensors')
  const second = await watch()
  await advance(second, 12_000)
  expect([enqueued, offeredNames(second)]).toEqual([[], ['b.safetensors']])
  // They stay offered after a restart.
  second.close()
  const third = await watch()
  await advance(third, 12_000)
  expect([enqueued, offeredNames(third)]).toEqual([[], ['b.safetensors']])
})

test('recognises a disk after a restart although its empty folder was seen without it', async () => {
  const { write, watch, enqueued, advance, root, folder } = await setupWatchedFolder()
  write('a.safetensors')
  const first = await watch()
  renameSync(folder, join(root, 'away'))
  mkdirSync(folder)
  await first.rescan()
  first.close()
  rmdirSync(folder)
  renameSync(join(root, 'away'), folder)
  rmSync(join(folder, 'a.safetensors'))
  write('b.safetensors')
  const second = await watch()
  await advance(second, 12_000)
  expect([enqueued, offeredNames(second)]).toEqual([['b.safetensors'], []])
})

test('enqueues and stores nothing when it is closed during a check', async () => {
  const { write, watch, enqueued, reportNewFile, advance, conditions, store, clock } =
    await setupWatchedFolder()
  const watched = await watch()
  write('late.safetensors')
  await reportNewFile(watched, 'late.safetensors')
  await advance(watched, 8_000)
  clock.advance(4_000)
  conditions.duringEnqueue = () => {
    watched.close()
    store.remove('one')
  }
  await watched.checkNewFiles()
  expect([enqueued, store.list(), clock.waits()]).toEqual([[], [], []])
  // A closed folder ignores later calls.
  await watched.checkNewFiles()
  watched.markKnown([{ path: 'late', sizeBytes: 1, mtimeMs: 1 }])
  expect(enqueued).toEqual([])
})
