import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account, TeamChoice } from '../../../../electron/contract/account.ts'
import type { FoundPlacesView } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success, type Result } from '../../../../electron/contract/failures.ts'
import type { LibraryListing, LibraryUpdate } from '../../../../electron/contract/library.ts'
import { ModelFinder, type ModelFinderOptions } from '../../../../electron/discovery/places/model-finder.ts'
import type { Library } from '../../../../electron/library/library.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

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

const listing = (listedAtMs: number) =>
  success({ models: [], listedAtMs, completeAtMs: listedAtMs, failure: null })

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
