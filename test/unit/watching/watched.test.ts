import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/errors.ts'
import { walkModels } from '../../../electron/models/model-walk.ts'
import { migrate } from '../../../electron/uploads/schema.ts'
import { createKeptFolders } from '../../../electron/watching/kept-folders.ts'
import { Watched, type WatchPorts } from '../../../electron/watching/watched.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

const team = { id: 'team', name: 'Studio' }

/** A watched folder on real files and a real journal, with hints and time in the test's hand. */
async function setup({ isPolled = false } = {}) {
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
  const kept = createKeptFolders(database)
  const world = {
    canSend: true,
    answer: success({ added: 1, refused: 0, skipped: [] }) as
      ReturnType<typeof success> | ReturnType<typeof failed>,
  }
  const queued: string[] = []
  const hints = { start: vi.fn(), stop: vi.fn(), close: async () => {} }
  const at: WatchPorts = {
    ...{ kept, hints, ports: testPorts(clock), changed: () => {}, canSend: () => world.canSend },
    async walk(path) {
      const budget = { entries: 10_000, untilMs: Infinity }
      const { models, isWhole } = await walkModels(path, { budget, seen: new Set(), now: () => 0 })
      return isWhole ? models : null
    },
    async queue(paths) {
      if (world.answer.ok) queued.push(...paths.map((path) => basename(path)))
      return world.answer as Awaited<ReturnType<WatchPorts['queue']>>
    },
  }
  const write = (name: string, bytes = 2_000) => writeFileSync(join(folder, name), Buffer.alloc(bytes, 1))
  async function watch(): Promise<Watched> {
    const [known] = kept.list()
    if (!known) {
      const models = (await at.walk(folder)) ?? []
      kept.add(
        { id: 'one', path: folder, accountId: 'me', team, isPaused: false },
        models.map(({ path, sizeBytes, mtimeMs }) => ({ path, sizeBytes, mtimeMs, state: 'offered' })),
      )
    }
    const watched = new Watched(
      kept.list()[0] ?? { id: '', path: '', accountId: '', team, isPaused: false },
      at,
    )
    watched.isPolled = isPolled
    watched.begin()
    await expect.poll(() => watched.state).not.toBe('looking')
    return watched
  }
  /** Time goes by in steps, and each look is waited for. */
  async function pass(watched: Watched, ms: number): Promise<void> {
    for (let gone = 0; gone < ms; gone += 2_000) {
      clock.advance(2_000)
      await watched.step()
    }
  }
  const hint = async (watched: Watched, name: string) => {
    const before = watched.settlingCount
    watched.hint(join(folder, name))
    await expect.poll(() => watched.settlingCount).toBe(before + 1)
  }
  return { root, folder, clock, kept, world, queued, hints, write, watch, pass, hint }
}

test('what lay there is offered and not sent; what comes is queued once it has stood still', async () => {
  const { write, watch, queued, hint, pass } = await setup()
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
  const { write, watch, queued, hint, pass, folder } = await setup()
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
  const { write, watch, queued, hint, pass } = await setup()
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
  const { write, watch, queued, hint, pass } = await setup()
  write('epoch.safetensors')
  const watched = await watch()
  write('epoch.safetensors', 5_000)
  await hint(watched, 'epoch.safetensors')
  await pass(watched, 12_000)
  expect(queued).toEqual(['epoch.safetensors'])
})

test('a file that goes before it has settled is forgotten', async () => {
  const { write, watch, queued, hint, pass, folder } = await setup()
  const watched = await watch()
  write('short.safetensors')
  await hint(watched, 'short.safetensors')
  rmSync(join(folder, 'short.safetensors'))
  await pass(watched, 4_000)
  expect([queued, watched.settlingCount]).toEqual([[], 0])
})

test('without hints the next look through the folder finds what is new', async () => {
  const { write, watch, queued, pass, clock } = await setup()
  const watched = await watch()
  write('silent.safetensors')
  clock.advance(10 * 60_000)
  await expect.poll(() => watched.settlingCount).toBe(1)
  await pass(watched, 12_000)
  expect(queued).toEqual(['silent.safetensors'])
})

test('a network drive gets no hints and is looked through each minute', async () => {
  const { write, watch, hints, clock } = await setup({ isPolled: true })
  const watched = await watch()
  expect(hints.start).not.toHaveBeenCalled()
  write('far.safetensors')
  clock.advance(60_000)
  await expect.poll(() => watched.settlingCount).toBe(1)
})

test('a folder that is gone is told and found again when it returns, with nothing sent twice', async () => {
  const { write, watch, queued, pass, clock, root, folder, hints } = await setup()
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
  const { write, watch, queued, hint, pass, world } = await setup()
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
  const { write, watch, queued, hint, pass, world } = await setup()
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
  const { write, watch, queued, pass, clock } = await setup()
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
