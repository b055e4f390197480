import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, vi } from 'vitest'
import { success, type failed } from '../../electron/contract/failures.ts'
import { searchFolder } from '../../electron/discovery/scan/search-folder.ts'
import { weightsOf } from '../../electron/discovery/places/onnx-weights.ts'
import { migrate } from '../../electron/journal/schema.ts'
import { createKeptFolders } from '../../electron/discovery/watched-folders/folder-store.ts'
import { Watched, type WatchPorts } from '../../electron/discovery/watched-folders/watched-folder.ts'
import { standingClock, testPorts } from './hand-clock.ts'

const team = { id: 'team', name: 'Studio' }

/** A watched folder on real files and a real journal, with hints and time in the test's hand. */
export async function setupWatched({ isPolled = false } = {}) {
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
    entries: 10_000,
    /** What happens during a walk through the folder. */
    duringWalk: () => {},
    /** What happens while files are being taken in. */
    meanwhile: () => {},
    answer: success({ added: 1, refused: 0, skipped: [] }) as
      ReturnType<typeof success> | ReturnType<typeof failed>,
  }
  const queued: string[] = []
  const teams: string[] = []
  const walks: string[] = []
  const changed = vi.fn()
  const hints = { start: vi.fn(), stop: vi.fn(), close: async () => {} }
  const at: WatchPorts = {
    ...{ kept, hints, environment: testPorts(clock), changed, canSend: () => world.canSend, weightsOf },
    async walk(path) {
      walks.push(path)
      const seen = await searchFolder(path, { entries: world.entries, walkMs: 60_000, graceMs: 0 })
      world.duringWalk()
      return seen
    },
    async queue(paths, { team: to }, signal) {
      world.meanwhile()
      const isTaken = world.answer.ok && !signal?.aborted
      if (isTaken) queued.push(...paths.map((path) => relative(folder, path)))
      if (isTaken) teams.push(to.name)
      return world.answer as Awaited<ReturnType<WatchPorts['queue']>>
    },
  }
  function write(name: string, content: number | string | Buffer = 2_000) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    const bytes = typeof content === 'number' ? Buffer.alloc(content, 1) : content
    writeFileSync(join(folder, name), bytes)
  }
  async function watch(): Promise<Watched> {
    const [known] = kept.list()
    if (!known) {
      const { models } = await at.walk(folder)
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
  return { root, folder, clock, kept, world, queued, teams, walks, changed, hints, write, watch, pass, hint }
}
