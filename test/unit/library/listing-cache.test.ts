import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { KnownListing } from '../../../electron/library/listing.ts'
import { createListingCache, type ListingFile } from '../../../electron/library/listing-cache.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock } from '../../support/hand-clock.ts'

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
  const kept = createListingCache(clock)
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

test('does not apply an earlier change to the next response', async () => {
  const { kept, ask, names } = setup()
  await ask(listingOf([model('a')]))
  kept.remove('a')
  expect(await names()).toEqual([])
  await ask(listingOf([model('a')]))
  expect(await names()).toEqual(['a'])
})

test('clears the failure with the next response', async () => {
  const { ask } = setup()
  await ask(listingOf([model('a')]))
  expect(valueOf((await ask(trouble)).listing).failure).toEqual(trouble.failure)
  expect(valueOf((await ask(listingOf([model('a')]))).listing).failure).toBeNull()
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

test('repeats a request that fails after the cause of its failure was gone', async () => {
  const { kept } = setup()
  const first = Promise.withResolvers<Result<KnownListing>>()
  const answers = [first.promise, Promise.resolve(listingOf([model('a')]))]
  const request = async () => (await answers.shift()) ?? trouble
  const waiting = [kept.listing(undefined, request), kept.listing(undefined, request)]
  kept.forgetFailure()
  first.resolve(failed(failure('offline')))
  const listed = await Promise.all(waiting)
  expect(listed.map(({ listing }) => valueOf(listing).models.list().length)).toEqual([1, 1])
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

/** Requests a model that the server has, or not, and returns how often it was requested. */
async function requestModel(
  kept: ReturnType<typeof setup>['kept'],
  answers: Result<LibraryModel>[],
  id = 'a',
) {
  let count = 0
  const request = async () => {
    count += 1
    const answer = answers[0] ?? trouble
    if (!answer.ok && answer.failure.code === 'not-found') kept.remove(id)
    return answer
  }
  const both = await Promise.all([kept.recent(id, request), kept.recent(id, request)])
  expect(both).toEqual([answers[0], answers[0]])
  await kept.recent(id, request)
  return count
}

test('requests a model once in half a minute', async () => {
  const { kept, clock, ask } = setup()
  await ask(listingOf([model('a')]))
  const [found, missing] = [success(model('a')), failed(failure('not-found'))]
  expect([await requestModel(kept, [found]), await requestModel(kept, [found])]).toEqual([1, 0])
  clock.advance(29_999)
  expect(await requestModel(kept, [found])).toBe(0)
  clock.advance(1)
  expect([await requestModel(kept, [missing]), await requestModel(kept, [missing])]).toEqual([1, 0])
  expect(await requestModel(kept, [trouble], 'failing')).toBe(2)
})

test('requests a model again after our own change, or a newer listing', async () => {
  const { kept, clock, ask } = setup()
  const found = success(model('a'))
  await ask(listingOf([model('a')], clock.now()))
  await requestModel(kept, [found])
  kept.change('a', { displayName: 'ours' })
  expect(await requestModel(kept, [found])).toBe(1)
  kept.remove('a')
  expect(await requestModel(kept, [found])).toBe(1)
  await ask(listingOf([model('a')], clock.now()))
  expect(await requestModel(kept, [found])).toBe(0)
  clock.advance(1)
  await ask(listingOf([model('a')], clock.now()))
  expect(await requestModel(kept, [found])).toBe(1)
})

test('requests the present listing after an older request, once for all who ask for it', async () => {
  const { kept, names } = setup()
  const update = Promise.withResolvers<Result<KnownListing>>()
  const older = kept.listing(undefined, () => update.promise)
  let requestCount = 0
  const present = async () => {
    requestCount += 1
    return listingOf([model('a'), model('b')])
  }
  const newer = Promise.all([kept.listing(0, present), kept.listing(0, present)])
  update.resolve(listingOf([model('a')]))
  expect(valueOf((await older).listing).models.list()).toHaveLength(1)
  expect((await newer).map(({ isNew, listing }) => [isNew, valueOf(listing).models.list().length])).toEqual([
    [true, 2],
    [false, 2],
  ])
  expect([requestCount, await names()]).toEqual([1, ['a', 'b']])
})

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

test('can request again after an exception', async () => {
  const { kept, ask, names } = setup()
  await expect(kept.listing(0, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  await ask(listingOf([model('a')]))
  expect(await names()).toEqual(['a'])
})

test('changes only the model with that id', async () => {
  const { kept, ask, names } = setup()
  await ask(listingOf([model('a'), model('b')]))
  kept.change('b', { displayName: 'other' })
  kept.change('c', { displayName: 'unknown' })
  expect(await names()).toEqual(['a', 'other'])
})

test('does not replace a complete listing by an update that was requested before it', async () => {
  const { kept, ask, names } = setup()
  await ask(listingOf([model('a', 'old'), model('deleted')]))
  const update = Promise.withResolvers<Result<KnownListing>>()
  const asked = kept.listing(0, () => update.promise)
  await kept.refresh(async () => listingOf([model('a', 'new')], 1))
  update.resolve(listingOf([model('a', 'old'), model('deleted'), model('b')]))
  await asked
  expect(await names()).toEqual(['new'])
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

test('adds what an update finds to the complete listing of the same time', async () => {
  const { ask, names } = setup()
  await ask(listingOf([model('a')], 5))
  await ask(listingOf([model('a'), model('b')], 5))
  expect(await names()).toEqual(['a', 'b'])
})

test('any recent listing is the answer of a request that runs, but for a caller of the present one', async () => {
  const { kept } = setup()
  const answer = Promise.withResolvers<Result<KnownListing>>()
  const asked = [undefined, 1].map((maxAgeMs) => kept.listing(maxAgeMs, () => answer.promise))
  const present = kept.listing(0, async () => listingOf([model('a'), model('b')]))
  answer.resolve(listingOf([model('a')]))
  const results = await Promise.all([...asked, present])
  expect(results.map(({ isNew }) => isNew)).toEqual([true, false, true])
})

test('refreshes again after a refresh has ended, also by an exception', async () => {
  const { kept, names } = setup()
  expect(await kept.refresh(async () => listingOf([model('a')]))).toBe(true)
  await expect(kept.refresh(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  expect(await kept.refresh(async () => listingOf([model('b')], 1))).toBe(true)
  expect(await names()).toEqual(['b'])
})

test('a request of a model that fails after our own change does not end the one after it', async () => {
  const { kept } = setup()
  const [first, second] = [Promise.withResolvers<Result<LibraryModel>>(), success(model('a'))]
  const before = kept.recent('a', () => first.promise)
  kept.change('a', { displayName: 'ours' })
  expect(await kept.recent('a', async () => second)).toEqual(second)
  first.resolve(trouble)
  expect(await before).toEqual(trouble)
  expect(await kept.recent('a', async () => trouble)).toEqual(second)
})

test('requests a model again after an exception', async () => {
  const { kept } = setup()
  await expect(kept.recent('a', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  expect(await kept.recent('a', async () => success(model('a')))).toEqual(success(model('a')))
})

test('uses the present listing during a refresh, and applies our changes to its result', async () => {
  const { kept, ask, names } = setup()
  await ask(listingOf([model('a')]))
  const answer = Promise.withResolvers<Result<KnownListing>>()
  const refreshed = kept.refresh(() => answer.promise)
  expect(await kept.refresh(() => Promise.reject(new Error('a second one')))).toBe(false)
  kept.add(model('ours'))
  expect(await names()).toEqual(['a', 'ours'])
  answer.resolve(listingOf([model('a'), model('b')], 1))
  expect(await refreshed).toBe(true)
  expect(await names()).toEqual(['a', 'b', 'ours'])
})

test('saves the listing as it is, and not what changes while it is written', async () => {
  const saved: KnownListing[] = []
  const kept = createListingCache(standingClock(), {
    load: async () => null,
    save: (listing) => void saved.push(listing),
  })
  await kept.listing(0, async () => listingOf([model('a')]))
  kept.add(model('b'))
  expect(saved.map(({ models }) => [...models.keys()])).toEqual([['a']])
})

const minuteMs = 60_000

test('requests a listing again after five minutes, or earlier if the caller needs a newer one', async () => {
  const { kept, clock } = setup()
  let requests = 0
  const ask = async (maxAgeMs?: number) => {
    const { isNew } = await kept.listing(maxAgeMs, async () => {
      requests += 1
      return listingOf([model('a')], clock.now())
    })
    return isNew
  }
  expect([await ask(), await ask()]).toEqual([true, false])
  clock.advance(5 * minuteMs - 1)
  expect([await ask(), await ask(6 * minuteMs)]).toEqual([false, false])
  clock.advance(1)
  expect([await ask(6 * minuteMs), await ask(), await ask(0)]).toEqual([false, true, true])
  expect(requests).toBe(3)
})

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

test('a listing with a failure is old, whatever its age', async () => {
  const { kept, clock } = setup()
  await kept.listing(0, async () => listingOf([model('a')], clock.now()))
  await kept.listing(0, async () => trouble)
  clock.advance(15_000)
  expect((await kept.listing(Infinity, async () => trouble)).isNew).toBe(true)
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
  const cache = createListingCache(standingClock(10), file)
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

test('saves nothing once it is detached', async () => {
  const { cache, saved } = setupWithFile(null)
  const answer = Promise.withResolvers<Result<KnownListing>>()
  const asked = cache.listing(0, () => answer.promise)
  cache.detach()
  answer.resolve(listingOf([model('a')]))
  await asked
  cache.keepInterrupted(valueOf(listingOf([])))
  expect(saved).toEqual([])
})
