import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account, TeamChoice } from '../../../../electron/contract/account.ts'
import type { FoundPlacesView } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success, type Result } from '../../../../electron/contract/failures.ts'
import type { LibraryListing, LibraryUpdate } from '../../../../electron/contract/library.ts'
import {
  abbreviateHome,
  ModelFinder,
  type ModelFinderOptions,
} from '../../../../electron/discovery/places/model-finder.ts'
import type { Library } from '../../../../electron/library/library.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

test.each([
  ['/home/mira/ComfyUI', '/home/mira', 'linux', '~/ComfyUI'],
  ['/home/mira', '/home/mira/', 'linux', '~'],
  ['/home/miranda/x', '/home/mira', 'linux', '/home/miranda/x'],
  ['C:\\Users\\Mira\\AI', 'C:\\Users\\Mira', 'win32', '~\\AI'],
  ['/data/x', '', 'linux', '/data/x'],
] as const)('abbreviates %s with the home folder %s', (path, home, platform, displayPath) =>
  expect(abbreviateHome(path, home, platform)).toBe(displayPath),
)

/** A finder of a team whose library answers with these listings, in order. */
function setupFinder(listings: readonly Result<LibraryListing>[], change: Partial<ModelFinderOptions> = {}) {
  const clock = standingClock()
  const views: FoundPlacesView[] = []
  const listeners: ((update: LibraryUpdate) => void)[] = []
  const answers = [...listings]
  const listed: [teamId: string, options: unknown][] = []
  const models = async ({ teamId }: TeamChoice, options: unknown) => {
    listed.push([teamId, options])
    return answers.shift() ?? failed(failure('offline'))
  }
  const library = {
    models,
    cachedModels: () => [],
    subscribe: (listener: (update: LibraryUpdate) => void) => (
      listeners.push(listener),
      () => void listeners.splice(0)
    ),
  }
  const finder = new ModelFinder({
    worker: new URL('file:///none'),
    computer: { platform: 'linux', home: '/none', environment: {} },
    environment: {
      timers: clock.timers,
      startThread: () => {
        throw new Error('no more threads')
      },
    },
    mountQueue: { run: (_path, call) => call() },
    library: library as unknown as Library,
    accounts: { list: () => [{ id: 'alice', server: 'https://cloud.example' } as Account] },
    rows: { ids: () => [], get: () => undefined },
    choices: { get: () => null, set: () => {} },
    onFindingChange: (view) => void views.push(view),
    onWorkflowChange: () => {},
    resolve: () => ({ accountId: 'alice', team: { id: 'studio', name: 'Studio' } }),
    knownFiles: { uploadedBefore: () => [], hashes: { peek: () => null, filesWith: () => [] } },
    enqueue: async () => success({ added: 0, refused: 0, skipped: [] }),
    found: {
      chosenTeam: () => ({ accountId: 'alice', teamId: 'studio' }),
      queuedPathsOf: () => [],
      enqueueFound: async () => success({ added: 0, refused: 0, skipped: [] }),
      isReviewed: () => true,
    },
    ...change,
  })
  onTestFinished(() => finder.close())
  function update(change: LibraryUpdate): void {
    for (const listener of listeners) listener(change)
    clock.advance(500)
  }
  return { finder, update, listed, listeners, clock, views, library: () => views.at(-1)?.library }
}

const offline = failure('offline')

test('says when the compared models were listed if the library can’t be listed again', async () => {
  const old = success({ models: [], listedAtMs: 7, completeAtMs: 7, failure: offline })
  const { finder, library } = setupFinder([old, failed(offline)])
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline, listedAtMs: 7 })
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline, listedAtMs: null })
})

test('takes over listings of the compared library, but not those of others or own changes', async () => {
  const { finder, update, library } = setupFinder([failed(offline)])
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline })
  update({ teamId: 'lab', failure: null, listedAtMs: 8 })
  update({ teamId: 'studio', failure: null })
  expect(library()).toMatchObject({ failure: offline, listedAtMs: null })
  update({ teamId: 'studio', failure: null, listedAtMs: 9 })
  expect(library()).toMatchObject({ failure: null, listedAtMs: 9 })
})

const listing = (listedAtMs: number) =>
  success({ models: [], listedAtMs, completeAtMs: listedAtMs, failure: null })

test('lists the library again only if it is older than a minute', async () => {
  const { finder, listed, library } = setupFinder([listing(7), listing(8)])
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, listedAtMs: 7 })
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, listedAtMs: 8 })
  expect(listed).toEqual([
    ['studio', { maxAgeMs: 60_000 }],
    ['studio', { maxAgeMs: 60_000 }],
  ])
})

test('compares once for all changes of the library within half a second, while the page shows models', async () => {
  const { finder, listeners, clock, views, library } = setupFinder([listing(7)])
  const change = () => listeners.forEach((listener) => listener({ teamId: 'studio', failure: null }))
  change()
  // Only open workflows are refreshed.
  expect(clock.waits()).toEqual([100])
  clock.advance(100)
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false, listedAtMs: 7 })
  change()
  change()
  expect(clock.waits()).toEqual([100, 500])
  const count = views.length
  clock.advance(500)
  expect([views.length, clock.waits()]).toEqual([count + 1, []])
  change()
  expect(clock.waits()).toEqual([100, 500])
  await finder.calls.stopFinding(undefined)
  clock.advance(500)
  change()
  expect([views.length, clock.waits()]).toEqual([count + 1, [100]])
})

test('lists the library of another team at once, while the page shows models', async () => {
  const { finder, listed, library } = setupFinder([listing(7), listing(8)])
  finder.refresh()
  expect(listed).toEqual([])
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ listedAtMs: 7 })
  finder.refresh()
  await expect.poll(library).toMatchObject({ isListing: false, listedAtMs: 8 })
  await finder.calls.stopFinding(undefined)
  finder.refresh()
  expect(listed).toHaveLength(2)
})

test('cancels what it has scheduled and listens to no more changes once it is closed', async () => {
  const { finder, listeners, clock, library } = setupFinder([listing(7)])
  await finder.calls.findPlaces(undefined)
  await expect.poll(library).toMatchObject({ isListing: false })
  listeners.forEach((listener) => listener({ teamId: 'studio', failure: null }))
  expect(clock.waits()).toHaveLength(2)
  await finder.close()
  expect([clock.waits(), listeners]).toEqual([[], []])
})

test('reports nothing about a listing that ends after the close', async () => {
  const answer = Promise.withResolvers<Result<LibraryListing>>()
  const { finder, views, library } = setupFinder([], {
    library: {
      models: () => answer.promise,
      cachedModels: () => [],
      subscribe: () => () => {},
    } as unknown as Library,
  })
  await finder.calls.findPlaces(undefined)
  expect(library()).toMatchObject({ isListing: true })
  await finder.close()
  const count = views.length
  answer.resolve(listing(7))
  await answer.promise
  expect(views).toHaveLength(count)
})

test('compares found models with a requested team, or with none', async () => {
  const { finder, listed } = setupFinder([listing(7)])
  const signal = new AbortController().signal
  expect((await finder.findAll(null, signal)).view.library).toMatchObject({ team: null, listedAtMs: null })
  expect(listed).toEqual([])
  const { view } = await finder.findAll({ accountId: 'alice', teamId: 'lab' }, signal)
  expect([view.library.listedAtMs, listed.map(([teamId]) => teamId)]).toEqual([7, ['lab']])
})

test('names the server of uploads with its port, and no destination without a team or its account', () => {
  const team = { id: 'studio', name: 'Studio' }
  const destinationWith = (accountId: string | null) => {
    const { finder } = setupFinder([], {
      accounts: { list: () => [{ id: 'alice', server: 'https://cloud.example:8443/api' } as Account] },
      resolve: () => (accountId === null ? null : { accountId, team }),
    })
    return finder.destinationFor(null)
  }
  const choice = { accountId: 'alice', teamId: 'studio' }
  expect(destinationWith('alice')).toEqual({ choice, team, server: 'cloud.example:8443' })
  expect([destinationWith(null), destinationWith('bob')]).toEqual([null, null])
})

test('adds nothing for models that are not known', async () => {
  const { finder } = setupFinder([])
  const nothing = success({ added: 0, refused: 0, skipped: [] })
  expect(await finder.enqueueFound(['unknown'], async () => true)).toEqual(nothing)
})

test('remembers dropped folders and passes on everything that is no workflow or yaml file', async () => {
  const folder = createModelFolder('loras/a.safetensors', 'b.safetensors', 'c.png', 'd.yaml')
  const remembered: string[] = []
  const { finder } = setupFinder([], {
    choices: { get: () => null, set: (_name, text) => void remembered.push(text) },
  })
  const at = (name: string) => join(folder, name)
  const enqueued: (readonly string[])[] = []
  const enqueue = async (paths: readonly string[]) => {
    enqueued.push(paths)
    return success({ added: 1, refused: 0, skipped: [{ name: 'x', reason: 'junk' }] })
  }
  const names = ['loras', 'b.safetensors', 'c.png', 'd.yaml']
  const report = await finder.processDropped(names.map(at), enqueue)
  expect(enqueued).toEqual([[at('loras'), at('b.safetensors')]])
  expect(remembered.join()).toContain(at('loras'))
  expect(report).toEqual(
    success({
      added: 1,
      refused: 0,
      skipped: [
        { name: 'x', reason: 'junk' },
        // No thread could be started to read it.
        { name: 'c.png', reason: 'workflow-unread' },
        { name: 'd.yaml', reason: 'no-model-folders' },
      ],
    }),
  )
  const none = await finder.processDropped([at('d.yaml')], enqueue)
  expect(none).toEqual(
    success({ added: 0, refused: 0, skipped: [{ name: 'd.yaml', reason: 'no-model-folders' }] }),
  )
  expect(enqueued).toHaveLength(1)
  const refused = failed(failure('offline'))
  expect(await finder.processDropped([at('loras')], async () => refused)).toEqual(refused)
})
