import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock, type HandClock } from '../../support/hand-clock.ts'
import { home, setupLibrary as setup } from './library-setup.ts'

const minuteMs = 60_000

/** Lists a library of many models and waits until the listing is too old. */
async function setupLarge(clock?: HandClock, modelCount = 620) {
  const parts = await setup(clock)
  parts.addMany(modelCount)
  await parts.library.models(home)
  parts.clock.advance(6 * minuteMs)
  const before = parts.lists()
  const countOf = async () => valueOf(await parts.library.models(home)).models.length
  return { ...parts, newLists: () => parts.lists() - before, countOf }
}

test('requests all pages of a library of 500 models, of which changes to known ones are found', async () => {
  const { cloud, library, newLists, changeAsOther } = await setupLarge(standingClock(), 500)
  const { id = '' } = cloud.modelsOf(ALICES_TEAM_ID)[300] ?? {}
  await changeAsOther(id, { displayName: 'renamed' })
  const listed = valueOf(await library.models(home)).models.find((one) => one.id === id)
  expect([listed?.displayName, newLists()]).toEqual(['renamed', 5])
})

test('keeps the listing of a large library for the next process', async () => {
  const { library, reopen, add, lists } = await setupLarge()
  await library.close()
  add('new')
  const before = lists()
  const again = reopen()
  expect([valueOf(await again.models(home)).models.length, lists() - before]).toEqual([621, 2])
  await again.close()
})

test('stores no listing of a user who only has a token from outside', async () => {
  const { library, state, addMany, reopen, lists, stored } = await setup()
  state.hasStoredSignIn = false
  addMany(620)
  await library.models(home)
  await library.close()
  expect(stored).toThrow('ENOENT')
  const before = lists()
  const again = reopen()
  expect([valueOf(await again.models(home)).models.length, lists() - before]).toEqual([620, 7])
  await again.close()
})

test('forgets what is stored of an account, also if its listing is being requested', async () => {
  const { library, alice, cloud, lists, stored, countOf } = await setupLarge()
  await expect.poll(stored).toHaveLength(1)
  const held = cloud.hold('listModels')
  const asked = library.models(home)
  await held.arrived
  await library.forget(alice)
  held.release()
  await asked
  expect([stored(), library.cachedModels(home)]).toEqual([[], null])
  const before = lists()
  expect([await countOf(), lists() - before]).toEqual([620, 7])
})

test('continues in the next process a listing that closing has interrupted', async () => {
  const { cloud, library, reopen, addMany, lists } = await setup()
  addMany(1_200)
  const held = cloud.hold('listModels', 'arrival', { skip: 9 })
  const asked = library.models(home)
  await held.arrived
  await library.close()
  held.release()
  expect((await asked).ok).toBe(false)
  const before = lists()
  const again = reopen()
  expect(again.cachedModels(home)).toBeNull()
  expect(valueOf(await again.models(home)).models).toHaveLength(1_200)
  expect(lists() - before).toBeLessThan(8)
  await again.close()
})

test.each([
  ['less than an hour ago', 60 * minuteMs - 1, undefined, true],
  ['an hour ago', 60 * minuteMs, undefined, false],
  ['less than an hour ago, but not for the present state', 60 * minuteMs - 1, 0, false],
])('continues a listing that was interrupted %s', async (_when, agoMs, maxAgeMs, continues) => {
  const { cloud, clock, library, addMany, lists, signInAgain } = await setup(standingClock())
  addMany(1_000)
  cloud.fail({ on: 'listModels', how: 403, skip: 9 })
  expect((await library.models(home)).ok).toBe(false)
  clock.advance(agoMs)
  await signInAgain()
  const before = lists()
  const age = maxAgeMs === undefined ? {} : { maxAgeMs }
  expect(valueOf(await library.models(home, age)).models).toHaveLength(1_000)
  expect(lists() - before < 10).toBe(continues)
})
