import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../../electron/contract/account.ts'
import type { FoundPlacesView } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success, type Result } from '../../../../electron/contract/failures.ts'
import type { LibraryListing, LibraryUpdate } from '../../../../electron/contract/library.ts'
import { abbreviateHome, ModelFinder } from '../../../../electron/discovery/places/model-finder.ts'
import type { Library } from '../../../../electron/library/library.ts'
import { standingClock } from '../../../support/hand-clock.ts'

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
function setupFinder(listings: readonly Result<LibraryListing>[]) {
  const clock = standingClock()
  const views: FoundPlacesView[] = []
  const listeners: ((update: LibraryUpdate) => void)[] = []
  const answers = [...listings]
  const models = async () => answers.shift() ?? failed(failure('offline'))
  const library = {
    models,
    cachedModels: () => [],
    subscribe: (listener: (update: LibraryUpdate) => void) => (listeners.push(listener), () => {}),
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
  })
  onTestFinished(() => finder.close())
  function update(change: LibraryUpdate): void {
    for (const listener of listeners) listener(change)
    clock.advance(500)
  }
  return { finder, update, library: () => views.at(-1)?.library }
}

const offline = failure('offline')

test('says when the compared models were listed if the library can’t be listed again', async () => {
  const old = success({ models: [], listedAtMs: 7, completeAtMs: 7, failure: offline })
  const { finder, library } = setupFinder([old, failed(offline)])
  await finder.calls.findPlaces({ again: false })
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline, listedAtMs: 7 })
  await finder.calls.findPlaces({ again: false })
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline, listedAtMs: null })
})

test('takes over listings of the compared library, but not those of others or own changes', async () => {
  const { finder, update, library } = setupFinder([failed(offline)])
  await finder.calls.findPlaces({ again: false })
  await expect.poll(library).toMatchObject({ isListing: false, failure: offline })
  update({ teamId: 'lab', failure: null, listedAtMs: 8 })
  update({ teamId: 'studio', failure: null })
  expect(library()).toMatchObject({ failure: offline, listedAtMs: null })
  update({ teamId: 'studio', failure: null, listedAtMs: 9 })
  expect(library()).toMatchObject({ failure: null, listedAtMs: 9 })
})
