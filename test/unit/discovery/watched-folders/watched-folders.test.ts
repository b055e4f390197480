import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { TeamChoice } from '../../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../../electron/contract/failures.ts'
import type { AddReport } from '../../../../electron/contract/uploads.ts'
import type { WatchedFoldersView } from '../../../../electron/contract/watched-folders.ts'
import { readExternalWeights } from '../../../../electron/discovery/places/external-weights.ts'
import { MountQueue } from '../../../../electron/discovery/scan/mounts.ts'
import { searchFolder, type FolderSearchResult } from '../../../../electron/discovery/scan/search-folder.ts'
import { WatchedFolders } from '../../../../electron/discovery/watched-folders/watched-folders.ts'
import { migrate } from '../../../../electron/journal/schema.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'

const alice: TeamChoice = { accountId: 'alice', teamId: 'studio' }
const lab: TeamChoice = { accountId: 'alice', teamId: 'lab' }
const bob: TeamChoice = { accountId: 'bob', teamId: 'studio' }
const agree = async () => true
const refuseToAsk = () => Promise.reject(new Error('the user was asked'))
const added: AddReport = { added: 1, refused: 0, skipped: [] }

/** Watched folders of signed-in accounts, with a real database and real folders. */
function setup() {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-watched-'))
  const database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  migrate(database)
  const clock = standingClock()
  const conditions = {
    signedOut: new Set<string>(),
    hidden: new Set<string>(),
    canUpload: true,
    /** Replaces the account that was asked for. */
    uploadAccount: null as string | null,
    report: success(added) as Result<AddReport>,
    search: null as FolderSearchResult['incompleteReason'],
    /** A subfolder that can't be read. */
    unreadable: null as string | null,
    duringSearch: () => {},
    /** A folder about which no call returns. */
    hanging: null as string | null,
  }
  const mountQueue = new MountQueue(clock.timers)
  const views: WatchedFoldersView[] = []
  const enqueued: {
    readonly names: readonly string[]
    readonly team: TeamChoice
    readonly folder: string
  }[] = []
  const signals: (AbortSignal | undefined)[] = []
  const remembered: string[] = []
  const searched: string[] = []
  const linkReports: AddReport[] = []
  const at = (name: string) => join(root, name)
  const nameOf = (path: string) => relative(root, path)
  function open() {
    const folders = new WatchedFolders({
      database,
      worker: new URL('./scripted-watch-worker.ts', import.meta.url),
      environment: createTestEnvironment(clock),
      mountQueue: {
        run: (path, call) =>
          mountQueue.run(path, () => (nameOf(path) === conditions.hanging ? new Promise(() => {}) : call())),
      },
      onChange: (view) => void views.push(view),
      modelFinder: {
        async searchFolder(path) {
          searched.push(nameOf(path))
          const result = await searchFolder(path)
          conditions.duringSearch()
          const { search: incompleteReason, unreadable } = conditions
          if (incompleteReason) return { ...result, incompleteReason }
          if (unreadable === null) return result
          const models = result.models.filter((model) => !model.path.startsWith(at(unreadable)))
          return { ...result, models, unread: [at(unreadable)] }
        },
        readExternalWeights,
        displayPath: nameOf,
        rememberFolder: (path) => void remembered.push(nameOf(path)),
      },
      signIns: {
        resolve: (choice) =>
          choice && !conditions.signedOut.has(choice.accountId)
            ? { accountId: choice.accountId, team: { id: choice.teamId, name: choice.teamId.toUpperCase() } }
            : null,
        hidden: () => conditions.hidden,
      },
      uploadAccountFor: ({ accountId, teamId }) =>
        conditions.canUpload ? { accountId: conditions.uploadAccount ?? accountId, teamId } : null,
      enqueue: async (paths, { team, addedFolderOf, signal }) => {
        signals.push(signal)
        enqueued.push({ names: paths.map(nameOf), team, folder: nameOf(addedFolderOf()) })
        return conditions.report
      },
      onLinksSkipped: (report) => void linkReports.push(report),
    })
    onTestFinished(() => folders.close())
    return folders
  }
  onTestFinished(() => {
    database.close()
    rmSync(root, { recursive: true, force: true })
  })
  function write(name: string, sizeBytes = 2_000) {
    mkdirSync(dirname(at(name)), { recursive: true })
    writeFileSync(at(name), Buffer.alloc(sizeBytes, 1))
  }
  for (const name of ['inbox', 'inbox/deep', 'other']) mkdirSync(at(name))
  /** Waits for the searches of these folders when they are added, first watched and then ready. */
  async function untilSearched(names: readonly string[]) {
    const all = names.flatMap((name) => [name, name, name])
    await expect.poll(() => searched.toSorted()).toEqual(all)
    await expect.poll(() => clock.waits().filter((waitMs) => waitMs > 60_000)).toHaveLength(names.length)
    searched.length = 0
  }
  /** Writes a model, and checks the folder until it would be enqueued. */
  async function enqueueNew(watched: WatchedFolders, name: string) {
    write(name)
    clock.advance(10 * 60_000)
    await expect.poll(async () => (await foldersOf(watched))[0]?.settling).toBe(1)
    clock.advance(12_000)
    watched.sessionChanged()
  }
  return {
    ...{ at, write, open, enqueueNew, untilSearched, clock, conditions },
    ...{ views, enqueued, signals, remembered, searched, linkReports },
  }
}

const codeOf = (result: Result<unknown>) => (result.ok ? null : result.failure.code)
async function foldersOf(watched: WatchedFolders) {
  const result = await watched.calls.watching(undefined)
  return result.ok ? result.value.folders : []
}
async function areWatched(watched: WatchedFolders): Promise<boolean> {
  return (await foldersOf(watched)).every(({ state }) => state === 'watching')
}
/** Adds a folder for a team and returns its id. */
async function add(watched: WatchedFolders, path: string, team = alice): Promise<string> {
  const result = await watched.addFolder(path, team, agree)
  return (result.ok && result.value.folders.at(-1)?.id) || ''
}

test('offers models in a subfolder that could not be read when the folder was added', async () => {
  const { at, write, open, enqueued, clock, conditions, untilSearched } = setup()
  write('inbox/a.pt', 2_000)
  write('inbox/deep/b.pt', 3_000)
  const watched = open()
  conditions.unreadable = 'inbox/deep'
  const id = await add(watched, at('inbox'))
  expect(await foldersOf(watched)).toMatchObject([{ offered: { count: 1, sizeBytes: 2_000 } }])
  expect((await watched.calls.declineOffered({ id })).ok).toBe(true)
  await untilSearched(['inbox'])
  conditions.unreadable = null
  clock.advance(10 * 60_000)
  await expect
    .poll(() => foldersOf(watched))
    .toMatchObject([{ settling: 0, offered: { count: 1, sizeBytes: 3_000 } }])
  expect(enqueued).toEqual([])
})

test('watches a folder although another one of the same disk does not respond', async () => {
  const { at, write, open, conditions, clock } = setup()
  const first = open()
  for (const name of ['inbox', 'other']) await add(first, at(name))
  await expect.poll(() => areWatched(first)).toBe(true)
  await first.close()
  conditions.hanging = 'inbox'
  write('other/new.pt')
  const second = open()
  second.start()
  await expect.poll(() => clock.waits()).toContain(10_000)
  clock.advance(10_000)
  await expect
    .poll(() => foldersOf(second))
    .toMatchObject([{ state: 'looking' }, { state: 'watching', settling: 1 }])
})

test('watches no folder twice for a team, nor one inside or around it, and does not ask about it', async () => {
  const { at, open } = setup()
  const watched = open()
  await add(watched, at('inbox'))
  for (const [path, code] of [
    ['inbox', null],
    ['inbox/deep', 'already-watched'],
    ['.', 'already-watched'],
  ] as const) {
    const result = await watched.addFolder(at(path), alice, refuseToAsk)
    expect([path, codeOf(result)]).toEqual([path, code])
  }
  expect(await foldersOf(watched)).toHaveLength(1)
  for (const team of [lab, bob]) await add(watched, at('inbox/deep'), team)
  expect(await foldersOf(watched)).toHaveLength(3)
})

test('does not watch a folder for a team that is signed out before or during its search', async () => {
  const { at, open, conditions } = setup()
  const watched = open()
  conditions.duringSearch = () => void conditions.signedOut.add('alice')
  expect(codeOf(await watched.addFolder(at('inbox'), alice, agree))).toBe('no-team')
  expect(codeOf(await watched.addFolder(at('inbox'), alice, refuseToAsk))).toBe('no-team')
  expect(await foldersOf(watched)).toEqual([])
})

test.each([
  ['the same folder', 'inbox', 'inbox'],
  ['a folder around it', 'inbox/deep', 'inbox'],
  ['a folder inside it', 'inbox', 'inbox/deep'],
])('does not give a folder to a team that watches %s', async (_what, path, watchedPath) => {
  const { at, open } = setup()
  const watched = open()
  const id = await add(watched, at(path))
  await add(watched, at('other'), lab)
  expect((await watched.setTeam(id, lab, async () => false)).ok).toBe(true)
  await add(watched, at(watchedPath), lab)
  expect(await watched.setTeam(id, lab, refuseToAsk)).toEqual(
    failed(failure('already-watched', { folder: watchedPath, team: 'LAB' })),
  )
})

const confirmed = { ...alice, count: 2, sizeBytes: 4_000 }

test('enqueues the offered models once for the account that can upload', async () => {
  const { at, write, open, conditions, enqueued } = setup()
  for (const part of [1, 2]) write(`inbox/m-0000${part}-of-00002.safetensors`)
  const watched = open()
  const id = await add(watched, at('inbox'))
  conditions.report = failed(failure('journal-full'))
  expect(codeOf(await watched.enqueueOffered(id, confirmed))).toBe('journal-full')
  expect(await foldersOf(watched)).toMatchObject([{ offered: { count: 2 } }])
  conditions.report = success(added)
  conditions.uploadAccount = 'carol'
  expect((await watched.enqueueOffered(id, confirmed)).ok).toBe(true)
  const names = [1, 2].map((part) => `inbox/m-0000${part}-of-00002.safetensors`)
  expect(enqueued.at(-1)).toEqual({ names, team: { ...alice, accountId: 'carol' }, folder: 'inbox' })
  expect(await foldersOf(watched)).toMatchObject([{ offered: { count: 0, sizeBytes: 0 } }])
})

test.each([{ accountId: 'bob' }, { teamId: 'lab' }, { count: 1 }, { sizeBytes: 4_001 }])(
  'enqueues no offered models if the user confirmed others: %o',
  async (change) => {
    const { at, write, open, enqueued } = setup()
    for (const name of ['a', 'b']) write(`inbox/${name}.pt`)
    const watched = open()
    const id = await add(watched, at('inbox'))
    expect(codeOf(await watched.enqueueOffered(id, { ...confirmed, ...change }))).toBe('offer-changed')
    expect(codeOf(await watched.enqueueOffered('unknown', confirmed))).toBe('offer-changed')
    expect(enqueued).toEqual([])
  },
)

test('reports new models without files that are links to other places, and no others', async () => {
  const { at, open, enqueueNew, conditions, linkReports } = setup()
  const watched = open()
  await add(watched, at('inbox'))
  await expect.poll(() => areWatched(watched)).toBe(true)
  const withLinks = { ...added, skipped: [{ name: 'x', reason: 'link-outside' }] }
  const others = { ...added, skipped: [{ name: 'y', reason: 'not-a-model' }] }
  for (const [index, report] of [others, withLinks].entries()) {
    conditions.report = success(report)
    await enqueueNew(watched, `inbox/${index}.pt`)
    await expect.poll(async () => (await foldersOf(watched))[0]?.settling).toBe(0)
  }
  expect(linkReports).toEqual([withLinks])
})
