import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { readFileState } from '../../../../electron/discovery/watched-folders/file-state.ts'
import type { WatchedFolder } from '../../../../electron/discovery/watched-folders/watched-folder.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

const rescanMs = 10 * 60_000

test('stops checking once all new files are enqueued', async () => {
  const { write, watch, enqueued, reportNewFile, advance, clock } = await setupWatchedFolder()
  const watched = await watch()
  const rescanWaits = clock.waits()
  write('new.safetensors')
  await reportNewFile(watched, 'new.safetensors')
  expect(clock.waits()).toEqual([2_000, ...rescanWaits])
  await advance(watched, 14_000)
  expect(enqueued).toEqual(['new.safetensors'])
  expect(clock.waits()).toEqual(rescanWaits.map((waitMs) => waitMs - 14_000))
})

test('starts no timer after a check without new files', async () => {
  const { watch, clock } = await setupWatchedFolder()
  const watched = await watch()
  await watched.checkNewFiles()
  expect(clock.waits()).toEqual([rescanMs])
})

test('cancels all timers when it is paused or closed', async () => {
  const { write, watch, reportNewFile, clock, watchWorker } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  await reportNewFile(watched, 'new.safetensors')
  const check = watched.checkNewFiles()
  watched.pause()
  await check
  expect([clock.waits(), watchWorker.stop.mock.calls]).toEqual([[], [['one']]])
  watched.resume()
  await expect.poll(() => watched.pendingCount).toBe(1)
  expect(clock.waits()).toEqual([2_000, rescanMs])
  watched.close()
  expect(clock.waits()).toEqual([])
})

test('checks less often while it only waits for missing files of a model', async () => {
  const { write, watch, reportNewFile, advance, clock } = await setupWatchedFolder()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  await reportNewFile(watched, 'm-00001-of-00002.safetensors')
  await advance(watched, 10_000)
  expect(clock.waits()[0]).toBe(15_000)
  write('m-00002-of-00002.safetensors')
  await reportNewFile(watched, 'm-00002-of-00002.safetensors')
  expect(clock.waits()).toEqual([2_000, expect.any(Number)])
})

test('checks less often while no account can upload', async () => {
  const { write, watch, enqueued, reportNewFile, advance, conditions, clock } = await setupWatchedFolder()
  const watched = await watch()
  conditions.canUpload = false
  write('waits.safetensors')
  await reportNewFile(watched, 'waits.safetensors')
  await advance(watched, 10_000)
  expect(clock.waits()[0]).toBe(15_000)
  conditions.canUpload = true
  clock.advance(15_000)
  await expect.poll(() => enqueued).toEqual(['waits.safetensors'])
})

test('checks less often while files can’t be enqueued', async () => {
  const { write, watch, enqueued, reportNewFile, advance, conditions, clock } = await setupWatchedFolder()
  const watched = await watch()
  conditions.enqueueResult = failed(failure('journal-full'))
  write('again.safetensors')
  await reportNewFile(watched, 'again.safetensors')
  await advance(watched, 10_000)
  expect(clock.waits()[0]).toBe(15_000)
  conditions.enqueueResult = success({ added: 1, refused: 0, skipped: [] })
  clock.advance(15_000)
  await expect.poll(() => enqueued).toEqual(['again.safetensors'])
})

test('checks new files again after one that was enqueued could not be stored', async () => {
  const { write, watch, enqueued, reportNewFile, advance, clock, store } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  await reportNewFile(watched, 'new.safetensors')
  const save = vi.spyOn(store, 'saveFiles').mockImplementationOnce(() => {
    throw new Error('database is locked')
  })
  await advance(watched, 10_000)
  expect([watched.pendingCount, save.mock.calls.length, clock.waits()[0]]).toEqual([1, 1, 15_000])
  clock.advance(15_000)
  await expect.poll(() => watched.pendingCount).toBe(0)
  expect(enqueued).toEqual(['new.safetensors', 'new.safetensors'])
})

test('rescans again after a rescan that failed', async () => {
  const { watch, clock, conditions, watchWorker } = await setupWatchedFolder()
  await watch()
  conditions.identity = { dev: 9n }
  watchWorker.start.mockImplementationOnce(() => {
    throw new Error('no more threads')
  })
  clock.advance(rescanMs)
  await expect.poll(() => clock.waits()).toEqual([rescanMs])
  expect(watchWorker.start).toHaveBeenCalledTimes(2)
})

test('does not postpone the next check when more files arrive', async () => {
  const { write, watch, reportNewFile, clock } = await setupWatchedFolder()
  const watched = await watch()
  write('a.safetensors')
  await reportNewFile(watched, 'a.safetensors')
  clock.advance(1_500)
  write('b.safetensors')
  await reportNewFile(watched, 'b.safetensors')
  expect(clock.waits()).toEqual([500, rescanMs - 1_500])
})

test('replaces the scheduled rescan after an early one', async () => {
  const { watch, clock } = await setupWatchedFolder()
  const watched = await watch()
  clock.advance(60_000)
  await watched.rescan()
  expect(clock.waits()).toEqual([rescanMs])
})

test('reports nothing and schedules no rescan when it is closed during one', async () => {
  const { write, watch, conditions, clock, onChange, searches } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  conditions.duringSearch = () => watched.close()
  onChange.mockClear()
  await watched.rescan()
  expect([clock.waits(), onChange.mock.calls, watched.pendingCount]).toEqual([[], [], 0])
  const searchCount = searches.length
  await watched.rescan()
  expect(searches).toHaveLength(searchCount)
})

test('schedules no rescan when it is paused during one', async () => {
  const { write, watch, conditions, clock } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  conditions.duringSearch = () => watched.pause()
  await watched.rescan()
  expect([clock.waits(), watched.pendingCount]).toEqual([[], 0])
})

test('does not start once it is closed', async () => {
  const { watch, watchWorker, searches } = await setupWatchedFolder()
  const watched = await watch()
  watched.close()
  const [startCount, searchCount] = [watchWorker.start.mock.calls.length, searches.length]
  watched.start()
  expect([watchWorker.start.mock.calls.length, searches.length]).toEqual([startCount, searchCount])
})

test('neither watches nor searches a folder that was paused before a restart', async () => {
  const { watch, store, watchWorker, searches, clock } = await setupWatchedFolder()
  const first = await watch()
  first.close()
  store.setPaused('one', true)
  const [startCount, searchCount] = [watchWorker.start.mock.calls.length, searches.length]
  const second = await watch()
  expect(second.state).toBe('paused')
  expect([watchWorker.start.mock.calls.length, searches.length, clock.waits()]).toEqual([
    startCount,
    searchCount,
    [],
  ])
})

test('stops watching a missing folder only once', async () => {
  const { watch, watchWorker, root, folder } = await setupWatchedFolder()
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  await watched.rescan()
  expect(watchWorker.stop).toHaveBeenCalledTimes(1)
})

test('does not watch a network drive that returns', async () => {
  const { watch, watchWorker, root, folder } = await setupWatchedFolder({ isPolled: true })
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  renameSync(join(root, 'away'), folder)
  await watched.rescan()
  expect([watched.state, watchWorker.start.mock.calls]).toEqual(['watching', []])
})

test('checks a file that changed right before a pause only after it', async () => {
  const { write, watch, enqueued, advance, clock, folder } = await setupWatchedFolder()
  const watched = await watch()
  write('new.safetensors')
  const path = join(folder, 'new.safetensors')
  watched.onFileChanged(path)
  watched.pause()
  // The folder's own read of the file was started first, so it ends before these.
  for (let count = 0; count < 3; count += 1) await readFileState(path)
  expect(watched.pendingCount).toBe(0)
  watched.resume()
  await expect.poll(() => watched.pendingCount).toBe(1)
  expect(clock.waits()[0]).toBe(2_000)
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['new.safetensors'])
})

test('does not count incomplete models after a pause until the next check', async () => {
  const { write, watch, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  await reportNewFile(watched, 'm-00001-of-00002.safetensors')
  await advance(watched, 12_000)
  expect(watched.incompleteCount).toBe(1)
  watched.pause()
  watched.resume()
  await expect.poll(() => watched.pendingCount).toBe(1)
  expect(watched.incompleteCount).toBe(0)
})

test('enqueues pending files at once for a new team that can upload', async () => {
  const { write, watch, enqueued, reportNewFile, advance, conditions } = await setupWatchedFolder()
  const watched = await watch()
  conditions.canUpload = false
  write('waits.safetensors')
  await reportNewFile(watched, 'waits.safetensors')
  await advance(watched, 14_000)
  conditions.canUpload = true
  watched.setTeam('me', { id: 'other', name: 'Lab' })
  await expect.poll(() => enqueued).toEqual(['waits.safetensors'])
})

type Harness = Awaited<ReturnType<typeof setupWatchedFolder>>
type Action = (harness: Harness, watched: WatchedFolder) => Promise<void> | void
const shard = 'm-00001-of-00002.safetensors'
const addShard: Action = ({ write, reportNewFile }, watched) => {
  write(shard)
  return reportNewFile(watched, shard)
}

test.for<[what: string, before: Action, action: Action]>([
  ['a rescan', () => {}, (_harness, watched) => watched.rescan()],
  [
    'files that are no longer offered',
    async ({ write }, watched) => {
      write('old.safetensors')
      await watched.rescan()
    },
    (_harness, watched) => watched.markKnown(watched.offeredFiles),
  ],
  ['a new file', () => {}, addShard],
  ['a model that is incomplete', addShard, ({ advance }, watched) => advance(watched, 12_000)],
])('reports %s', async ([_what, before, action]) => {
  const harness = await setupWatchedFolder()
  const watched = await harness.watch()
  await before(harness, watched)
  harness.onChange.mockClear()
  await action(harness, watched)
  expect(harness.onChange).toHaveBeenCalled()
})
