import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lookAt } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { setupWatched } from '../../../support/watched-world.ts'

const rescanMs = 10 * 60_000

test('nothing is looked at any more once all new files are queued', async () => {
  const { write, watch, queued, hint, pass, clock } = await setupWatched()
  const watched = await watch()
  const rescans = clock.waits()
  write('new.safetensors')
  await hint(watched, 'new.safetensors')
  expect(clock.waits()).toEqual([2_000, ...rescans])
  await pass(watched, 14_000)
  expect(queued).toEqual(['new.safetensors'])
  expect(clock.waits()).toEqual(rescans.map((waitMs) => waitMs - 14_000))
})

test('a step that finds nothing new starts no timer', async () => {
  const { watch, clock } = await setupWatched()
  const watched = await watch()
  await watched.step()
  expect(clock.waits()).toEqual([rescanMs])
})

test('a paused or closed folder holds no timer', async () => {
  const { write, watch, hint, clock, hints } = await setupWatched()
  const watched = await watch()
  write('new.safetensors')
  await hint(watched, 'new.safetensors')
  const look = watched.step()
  watched.pause()
  await look
  expect([clock.waits(), hints.stop.mock.calls]).toEqual([[], [['one']]])
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  expect(clock.waits()).toEqual([2_000, rescanMs])
  watched.close()
  expect(clock.waits()).toEqual([])
})

test('what waits for the rest of its model is looked at less often', async () => {
  const { write, watch, hint, pass, clock } = await setupWatched()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  await hint(watched, 'm-00001-of-00002.safetensors')
  await pass(watched, 10_000)
  expect(clock.waits()[0]).toBe(15_000)
  write('m-00002-of-00002.safetensors')
  await hint(watched, 'm-00002-of-00002.safetensors')
  expect(clock.waits()).toEqual([2_000, expect.any(Number)])
})

test('files that keep coming do not put the next step off', async () => {
  const { write, watch, hint, clock } = await setupWatched()
  const watched = await watch()
  write('a.safetensors')
  await hint(watched, 'a.safetensors')
  clock.advance(1_500)
  write('b.safetensors')
  await hint(watched, 'b.safetensors')
  expect(clock.waits()).toEqual([500, rescanMs - 1_500])
})

test('a rescan by hand moves the next one instead of adding to it', async () => {
  const { watch, clock } = await setupWatched()
  const watched = await watch()
  clock.advance(60_000)
  await watched.rescan()
  expect(clock.waits()).toEqual([rescanMs])
})

test('a folder that is closed during a rescan shows no change and schedules no other', async () => {
  const { write, watch, world, clock, changed, walks } = await setupWatched()
  const watched = await watch()
  write('new.safetensors')
  world.duringWalk = () => watched.close()
  changed.mockClear()
  await watched.rescan()
  expect([clock.waits(), changed.mock.calls, watched.settlingCount]).toEqual([[], [], 0])
  const before = walks.length
  await watched.rescan()
  expect(walks).toHaveLength(before)
})

test('a folder that is paused during a rescan schedules no other', async () => {
  const { write, watch, world, clock } = await setupWatched()
  const watched = await watch()
  write('new.safetensors')
  world.duringWalk = () => watched.pause()
  await watched.rescan()
  expect([clock.waits(), watched.settlingCount]).toEqual([[], 0])
})

test('a folder that is closed before it begins to watch never begins', async () => {
  const { watch, hints, walks } = await setupWatched()
  const watched = await watch()
  watched.close()
  const [starts, walked] = [hints.start.mock.calls.length, walks.length]
  watched.begin()
  expect([hints.start.mock.calls.length, walks.length]).toEqual([starts, walked])
})

test('a folder that was paused before a restart is neither watched nor looked through', async () => {
  const { watch, kept, hints, walks, clock } = await setupWatched()
  const first = await watch()
  first.close()
  kept.setPaused('one', true)
  const [starts, walked] = [hints.start.mock.calls.length, walks.length]
  const second = await watch()
  expect(second.state).toBe('paused')
  expect([hints.start.mock.calls.length, walks.length, clock.waits()]).toEqual([starts, walked, []])
})

test('hints of a folder that stays away stop once', async () => {
  const { watch, hints, root, folder } = await setupWatched()
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  await watched.rescan()
  expect(hints.stop).toHaveBeenCalledTimes(1)
})

test('a network drive that returns gets no hints either', async () => {
  const { watch, hints, root, folder } = await setupWatched({ isPolled: true })
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  renameSync(join(root, 'away'), folder)
  await watched.rescan()
  expect([watched.state, hints.start.mock.calls]).toEqual(['watching', []])
})

test('a hint that is still looked at when its folder is paused waits for the end of the pause', async () => {
  const { write, watch, queued, pass, clock, folder } = await setupWatched()
  const watched = await watch()
  write('new.safetensors')
  const path = join(folder, 'new.safetensors')
  watched.hint(path)
  watched.pause()
  // The hint's own look was asked for first.
  for (let look = 0; look < 3; look += 1) await lookAt(path)
  expect(watched.settlingCount).toBe(0)
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  expect(clock.waits()[0]).toBe(2_000)
  await pass(watched, 12_000)
  expect(queued).toEqual(['new.safetensors'])
})

test('what waited for the rest of its model before a pause is not counted before its next look', async () => {
  const { write, watch, hint, pass } = await setupWatched()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  await hint(watched, 'm-00001-of-00002.safetensors')
  await pass(watched, 12_000)
  expect(watched.incompleteCount).toBe(1)
  watched.pause()
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  expect(watched.incompleteCount).toBe(0)
})

test('a folder that is given to a team that can be sent to sends at once', async () => {
  const { write, watch, queued, hint, pass, world } = await setupWatched()
  const watched = await watch()
  world.canSend = false
  write('waits.safetensors')
  await hint(watched, 'waits.safetensors')
  await pass(watched, 14_000)
  world.canSend = true
  watched.giveTo('me', { id: 'other', name: 'Lab' })
  await expect.poll(() => queued).toEqual(['waits.safetensors'])
})
