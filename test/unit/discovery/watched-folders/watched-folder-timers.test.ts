import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { readFileState } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

const rescanMs = 10 * 60_000

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
