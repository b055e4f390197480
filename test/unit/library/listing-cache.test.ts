import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { KnownListing } from '../../../electron/library/list-models.ts'
import { createListingCache, type ListingFile } from '../../../electron/library/listing-cache.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const model = (id: string, displayName = id): LibraryModel => ({
  id,
  displayName,
  modelType: 'loras',
  modelPath: `models/loras/${id}`,
  sizeBytes: 1,
  sha256: null,
  status: 'active',
  createdAtMs: null,
  storageKey: null,
})
const trouble = failed(failure('server-trouble', { status: 503 }))

/** A complete listing of these models, made at `atMs`. */
const listingOf = (models: readonly LibraryModel[], atMs = 0): Result<KnownListing> =>
  success({
    models: new Map(models.map((one) => [one.id, one])),
    listedAtMs: atMs,
    completeAtMs: atMs,
    unlistedCount: 0,
    continuesAt: null,
  })

function setup() {
  const clock = standingClock()
  const kept = createListingCache(createTestEnvironment(clock))
  const ask = (answer: Result<KnownListing>) => kept.listing(0, async () => answer)
  return {
    clock,
    kept,
    ask,
    names: async () => {
      const { listing } = await kept.listing(Infinity, async () => trouble)
      return valueOf(listing)
        .models.list()
        .map(({ displayName }) => displayName)
    },
  }
}

test('applies our own change to the running request only', async () => {
  const { kept, ask, names } = setup()
  const answer = Promise.withResolvers<Result<KnownListing>>()
  const asked = kept.listing(0, () => answer.promise)
  kept.change('a', { displayName: 'ours' })
  kept.add(model('b'))
  answer.resolve(listingOf([model('a')]))
  await asked
  expect(await names()).toEqual(['ours', 'b'])
  // Another user has renamed one and deleted the other since.
  await ask(listingOf([model('a', 'theirs')]))
  expect(await names()).toEqual(['theirs'])
})

test('requests again at once after the cause of a failure is gone', async () => {
  const { kept } = setup()
  const login = failed(failure('proxy-sign-in', { host: 'proxy' }))
  await kept.listing(undefined, async () => login)
  const early = await kept.listing(undefined, async () => listingOf([model('a')]))
  kept.forgetFailure()
  const late = await kept.listing(undefined, async () => listingOf([model('a')]))
  expect([early.listing, late.listing.ok, late.isNew]).toEqual([login, true, true])
})

test.each([
  ['rate-limited', failure('rate-limited', {}, { retryAfterMs: 60_000 }), 1],
  ['in trouble', failure('server-trouble', { status: 503 }), 1],
  ['offline', failure('offline'), 5],
])(
  'requests a listing again when the network changes, unless the server asks for patience (%s)',
  async (_what, met, expected) => {
    const { kept } = setup()
    let count = 0
    const request = async () => {
      count += 1
      // While it is requested.
      if (count === 1) kept.forgetFailure()
      return failed(met)
    }
    await kept.listing(undefined, request)
    for (let change = 0; change < 3; change += 1) {
      kept.forgetFailure()
      await kept.listing(undefined, request)
    }
    expect(count).toBe(expected)
  },
)

test('requests the listing again at once with another sign-in after one was refused', async () => {
  const { kept } = setup()
  const refused = Promise.withResolvers<Result<KnownListing>>()
  const first = kept.listing(undefined, () => refused.promise)
  const other = async () => listingOf([model('a')])
  const joined = kept.listing(undefined, other)
  refused.resolve(failed(failure('signed-out')))
  expect((await first).listing.ok).toBe(false)
  expect(valueOf((await joined).listing).models.list()).toHaveLength(1)
  const { kept: later } = setup()
  await later.listing(undefined, async () => failed(failure('signed-out')))
  expect(valueOf((await later.listing(undefined, other)).listing).models.list()).toHaveLength(1)
})

test.each([
  ['just now is kept', 0, ['new']],
  ['in the future, before the clock was set back, is replaced', 1, ['old', 'b']],
])('a complete listing that was requested %s', async (_what, aheadMs, expected) => {
  const { kept, clock, ask, names } = setup()
  await ask(listingOf([model('a', 'old')]))
  const update = Promise.withResolvers<Result<KnownListing>>()
  const asked = kept.listing(0, () => update.promise)
  await kept.refresh(async () => listingOf([model('a', 'new')], clock.now() + aheadMs))
  update.resolve(listingOf([model('a', 'old'), model('b')]))
  await asked
  expect(await names()).toEqual(expected)
})

const minuteMs = 60_000

test.for([
  ['that may pass', failed(failure('server-trouble', { status: 503 })), 15_000],
  ['for good', failed(failure('forbidden')), 5 * minuteMs],
  ['with Retry-After', failed(failure('rate-limited', {}, { retryAfterMs: 10 * minuteMs })), 10 * minuteMs],
] as const)('after a failure %s the listing is not requested by each upload', async ([, answer, waitMs]) => {
  const { kept, clock } = setup()
  const requests: boolean[] = []
  const ask = async (maxAgeMs?: number) => {
    const { listing, isNew } = await kept.listing(maxAgeMs, async () => answer)
    requests.push(isNew)
    return listing
  }
  expect(await ask()).toEqual(answer)
  clock.advance(waitMs - 1)
  expect(await ask()).toEqual(answer)
  expect(await ask(1)).toEqual(answer)
  await ask(0)
  clock.advance(waitMs)
  await ask()
  expect(requests).toEqual([true, false, false, true, true])
})

/** A cache with a file that has this listing, and what is saved to it. */
function setupWithFile(stored: KnownListing | null) {
  const saved: KnownListing[] = []
  let loads = 0
  const file: ListingFile = {
    async load() {
      loads += 1
      return stored
    },
    save: (listing) => void saved.push(listing),
  }
  const cache = createListingCache(createTestEnvironment(standingClock(10)), file)
  return { cache, saved, loads: () => loads }
}

test('uses the listing of its file, which is read once, as far as it is new enough', async () => {
  const { cache, loads } = setupWithFile(valueOf(listingOf([model('stored')], 5)))
  expect(cache.cached()).toBeNull()
  const requested: (number | undefined)[] = []
  const ask = (maxAgeMs: number) =>
    cache.listing(maxAgeMs, async (known) => {
      requested.push(known?.models.size)
      return listingOf([model('a'), model('b')], 10)
    })
  const first = await ask(100)
  expect([first.isNew, valueOf(first.listing).models.list().length, requested]).toEqual([false, 1, []])
  await ask(1)
  expect([requested, loads(), cache.cached()?.list().length]).toEqual([[1], 1, 2])
})

test('continues an interrupted listing of its file, until all pages are read', async () => {
  const part = { ...valueOf(listingOf([model('a')])), continuesAt: { page: 2, received: 100 } }
  const { cache, saved } = setupWithFile(part)
  await cache.listing(0, async () => trouble)
  expect([cache.interrupted(), cache.cached()]).toEqual([part, null])
  const later = { ...part, continuesAt: { page: 3, received: 200 } }
  cache.keepInterrupted(later)
  expect([cache.interrupted(), saved]).toEqual([later, [later]])
  await cache.listing(0, async () => listingOf([model('a')]))
  expect([cache.interrupted(), saved.length]).toEqual([null, 2])
  // The file has a listing now.
  cache.keepInterrupted(later)
  expect(saved).toHaveLength(2)
})
