import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
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

function setup() {
  const clock = standingClock()
  const kept = createListingCache(clock)
  const ask = (answer: Result<readonly LibraryModel[]>) => kept.listing(0, async () => answer)
  return {
    clock,
    kept,
    ask,
    names: async () => {
      const { listing } = await kept.listing(Infinity, async () => trouble)
      return valueOf(listing).models.map(({ displayName }) => displayName)
    },
  }
}

test('applies our own change to the running request only', async () => {
  const { kept, ask, names } = setup()
  const answer = Promise.withResolvers<Result<readonly LibraryModel[]>>()
  const asked = kept.listing(0, () => answer.promise)
  kept.change('a', { displayName: 'ours' })
  kept.add(model('b'))
  answer.resolve(success([model('a')]))
  await asked
  expect(await names()).toEqual(['ours', 'b'])
  // Another user has renamed one and deleted the other since.
  await ask(success([model('a', 'theirs')]))
  expect(await names()).toEqual(['theirs'])
})

test('does not apply an earlier change to the next response', async () => {
  const { kept, ask, names } = setup()
  await ask(success([model('a')]))
  kept.remove('a')
  expect(await names()).toEqual([])
  await ask(success([model('a')]))
  expect(await names()).toEqual(['a'])
})

test('clears the failure with the next response', async () => {
  const { ask } = setup()
  await ask(success([model('a')]))
  expect(valueOf((await ask(trouble)).listing).failure).toEqual(trouble.failure)
  expect(valueOf((await ask(success([model('a')]))).listing).failure).toBeNull()
})

test('can request again after an exception', async () => {
  const { kept, ask, names } = setup()
  await expect(kept.listing(0, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  await ask(success([model('a')]))
  expect(await names()).toEqual(['a'])
})

test('changes only the model with that id', async () => {
  const { kept, ask, names } = setup()
  await ask(success([model('a'), model('b')]))
  kept.change('b', { displayName: 'other' })
  kept.change('c', { displayName: 'unknown' })
  expect(await names()).toEqual(['a', 'other'])
})
