import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { KnownListing } from '../../../electron/library/listing.ts'
import { createListingCache } from '../../../electron/library/listing-cache.ts'
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
