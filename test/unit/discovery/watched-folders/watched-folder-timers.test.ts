import { join } from 'node:path'
import { expect, test } from 'vitest'
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
