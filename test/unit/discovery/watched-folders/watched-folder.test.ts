import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { setupWatched } from '../../../support/watched-world.ts'

test('what lay there is offered and not sent; what comes is queued once it has stood still', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('old.safetensors')
  const watched = await watch()
  expect(watched.offered.map(({ sizeBytes }) => sizeBytes)).toEqual([2_000])
  write('new.safetensors')
  await hint(watched, 'new.safetensors')
  await pass(watched, 8_000)
  expect([queued, watched.settlingCount]).toEqual([[], 1])
  await pass(watched, 4_000)
  expect([queued, watched.settlingCount]).toEqual([['new.safetensors'], 0])
})

test('a file that grows is waited for, and one with a download’s mark beside it too', async () => {
  const { write, watch, queued, hint, pass, folder } = await setupWatched()
  const watched = await watch()
  write('grows.safetensors')
  await hint(watched, 'grows.safetensors')
  await pass(watched, 8_000)
  write('grows.safetensors', 3_000)
  await pass(watched, 8_000)
  expect(queued).toEqual([])
  write('grows.safetensors.aria2', 10)
  await pass(watched, 60_000)
  expect(queued).toEqual([])
  rmSync(join(folder, 'grows.safetensors.aria2'))
  await pass(watched, 2_000)
  expect(queued).toEqual(['grows.safetensors'])
})

test('a restart queues nothing that was there, offered or queued before, and finds what came meanwhile', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('old.safetensors')
  const first = await watch()
  write('new.safetensors')
  await hint(first, 'new.safetensors')
  await pass(first, 12_000)
  first.close()
  write('meanwhile.safetensors')
  const second = await watch()
  await pass(second, 14_000)
  expect(queued).toEqual(['new.safetensors', 'meanwhile.safetensors'])
  expect(second.offered).toHaveLength(1)
})

test('a file that is written anew is new again', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('epoch.safetensors')
  const watched = await watch()
  write('epoch.safetensors', 5_000)
  await hint(watched, 'epoch.safetensors')
  await pass(watched, 12_000)
  expect(queued).toEqual(['epoch.safetensors'])
})

test('a file that goes before it has settled is forgotten', async () => {
  const { write, watch, queued, hint, pass, folder } = await setupWatched()
  const watched = await watch()
  write('short.safetensors')
  await hint(watched, 'short.safetensors')
  rmSync(join(folder, 'short.safetensors'))
  await pass(watched, 4_000)
  expect([queued, watched.settlingCount]).toEqual([[], 0])
})

test('without hints the next look through the folder finds what is new', async () => {
  const { write, watch, queued, pass, clock } = await setupWatched()
  const watched = await watch()
  write('silent.safetensors')
  clock.advance(10 * 60_000)
  await expect.poll(() => watched.settlingCount).toBe(1)
  await pass(watched, 12_000)
  expect(queued).toEqual(['silent.safetensors'])
})

test('a network drive gets no hints and is looked through each minute', async () => {
  const { write, watch, hints, clock } = await setupWatched({ isPolled: true })
  const watched = await watch()
  expect(hints.start).not.toHaveBeenCalled()
  write('far.safetensors')
  clock.advance(60_000)
  await expect.poll(() => watched.settlingCount).toBe(1)
})

test('a folder that is gone is told and found again when it returns, with nothing sent twice', async () => {
  const { write, watch, queued, pass, clock, root, folder, hints } = await setupWatched()
  write('old.safetensors')
  const watched = await watch()
  renameSync(folder, join(root, 'away'))
  await watched.rescan()
  expect([watched.state, hints.stop.mock.calls.length]).toEqual(['gone', 1])
  renameSync(join(root, 'away'), folder)
  write('brought.safetensors')
  clock.advance(15_000)
  await expect.poll(() => watched.state).toBe('watching')
  expect(hints.start).toHaveBeenCalledTimes(2)
  await pass(watched, 12_000)
  expect(queued).toEqual(['brought.safetensors'])
})

test('while nobody is signed in for the team new files wait, and go when somebody is', async () => {
  const { write, watch, queued, hint, pass, world } = await setupWatched()
  const watched = await watch()
  world.canSend = false
  write('waits.safetensors')
  await hint(watched, 'waits.safetensors')
  await pass(watched, 20_000)
  expect([watched.state, queued, watched.settlingCount]).toEqual(['signed-out', [], 1])
  world.canSend = true
  await pass(watched, 2_000)
  expect(queued).toEqual(['waits.safetensors'])
})

test('what could not be written into the queue is tried again', async () => {
  const { write, watch, queued, hint, pass, world } = await setupWatched()
  const watched = await watch()
  world.answer = failed(failure('journal-full'))
  write('again.safetensors')
  await hint(watched, 'again.safetensors')
  await pass(watched, 14_000)
  expect([queued, watched.settlingCount]).toEqual([[], 1])
  world.answer = success({ added: 1, refused: 0, skipped: [] })
  await pass(watched, 2_000)
  expect(queued).toEqual(['again.safetensors'])
})

test('paused, nothing is looked at; going on finds what came', async () => {
  const { write, watch, queued, pass, clock } = await setupWatched()
  const watched = await watch()
  watched.pause()
  write('later.safetensors')
  clock.advance(60 * 60_000)
  expect([watched.state, watched.settlingCount]).toEqual(['paused', 0])
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  await pass(watched, 12_000)
  expect(queued).toEqual(['later.safetensors'])
})

test('a folder with more than can be looked through says so, takes what was seen, and watches again once it can', async () => {
  const { write, watch, queued, pass, world } = await setupWatched()
  const watched = await watch()
  for (const name of ['a/1', 'b/2', 'c/3', 'd/4']) write(`${name}.safetensors`)
  world.entries = 7
  await watched.rescan()
  expect(watched.state).toBe('too-many')
  expect(watched.settlingCount).toBeGreaterThan(0)
  await pass(watched, 12_000)
  expect(queued.length).toBeGreaterThan(0)
  world.entries = 10_000
  await watched.rescan()
  expect(watched.state).toBe('watching')
  await pass(watched, 12_000)
  expect(queued.toSorted()).toEqual(['a/1', 'b/2', 'c/3', 'd/4'].map((name) => `${name}.safetensors`))
})

test('a folder that can’t be read is not taken for an empty one', async () => {
  const { watch, folder } = await setupWatched()
  const watched = await watch()
  rmSync(folder, { recursive: true })
  symlinkSync('loras', folder)
  await watched.rescan()
  expect(watched.state).toBe('unreadable')
})

test('given up while files are looked at, nothing goes; while they are taken in, nothing is written down', async () => {
  const { write, watch, queued, hint, pass, world, kept, clock } = await setupWatched()
  const watched = await watch()
  write('late.safetensors')
  await hint(watched, 'late.safetensors')
  await pass(watched, 8_000)
  clock.advance(4_000)
  world.meanwhile = () => {
    watched.close()
    kept.remove('one')
  }
  await watched.step()
  expect([queued, kept.list()]).toEqual([[], []])
  // And once it was given up nothing is asked for any more.
  await watched.step()
  watched.settle([{ path: 'late', sizeBytes: 1, mtimeMs: 1 }])
  expect(queued).toEqual([])
})

test('paused while files are taken in, they are new again once it goes on', async () => {
  const { write, watch, queued, hint, pass, world } = await setupWatched()
  const watched = await watch()
  write('halted.safetensors')
  await hint(watched, 'halted.safetensors')
  world.meanwhile = () => watched.pause()
  await pass(watched, 12_000)
  expect(queued).toEqual([])
  world.meanwhile = () => {}
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  await pass(watched, 12_000)
  expect(queued).toEqual(['halted.safetensors'])
})

test('what waits and what comes goes to the team that was chosen last', async () => {
  const { write, watch, teams, hint, pass } = await setupWatched()
  const watched = await watch()
  write('first.safetensors')
  await hint(watched, 'first.safetensors')
  await pass(watched, 4_000)
  watched.giveTo('me', { id: 'other', name: 'Lab' })
  await pass(watched, 8_000)
  expect([teams, watched.folder.team.id]).toEqual([['Lab'], 'other'])
})

test('a file that settles while its folder is paused is found again after the pause', async () => {
  const { write, watch, queued, hint, pass, clock } = await setupWatched()
  const watched = await watch()
  write('paused.safetensors')
  await hint(watched, 'paused.safetensors')
  const look = watched.step()
  watched.pause()
  await look
  expect(watched.settlingCount).toBe(0)
  watched.resume()
  await expect.poll(() => watched.settlingCount).toBe(1)
  expect(clock.waits()).toContain(2_000)
  await pass(watched, 12_000)
  expect(queued).toEqual(['paused.safetensors'])
})
