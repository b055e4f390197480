import { expect } from 'vitest'
import { ALICE } from '../../cloud/accounts.ts'
import { expectInLibrary } from './ends.ts'
import { begin, expectSeen, fault, partBytes, patiently, resumedBy, settled, worldFor } from './fault.ts'

const hourMs = 3_600_000

fault('a keychain that locks midway stops nothing: the new tokens stay in memory', null, async (sees) => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('put-part')
  const begun = await begin(world, 'parts')
  await held.arrived
  world.secretStore.failWith('keychain-locked')
  world.cloud.fail({ on: 'completeMultipart', how: 401 })
  held.release()
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('refresh')).toBe(1)
})

fault(
  'a keychain that lost the sign-in while the app was closed asks for it and loses no part',
  'signed-out',
  async (sees) => {
    const world = await worldFor('parts')
    const begun = await begin(world, 'parts')
    await world.cloud.ended('put-part', 2)
    await world.app.stop()
    world.secretStore.entries.clear()
    const again = resumedBy(begun, await world.open())
    expect((await settled(again)).failure?.code).toBe(sees)
    await again.app.signIn()
    await patiently(again, () => again.app.row(again.id).phase !== 'failed')
    await expectInLibrary(again)
    expect(world.countOf('initiateMultipart')).toBe(1)
  },
)

fault(
  'signing out midway stops the parts, and signing in again goes on with them',
  'signed-out',
  async (sees) => {
    const world = await worldFor('parts')
    const held = world.cloud.hold('put-part', partBytes / 2, { skip: 2 })
    const begun = await begin(world, 'parts')
    await Promise.all([held.arrived, world.cloud.ended('put-part', 2)])
    await patiently(begun, () => world.app.row(begun.id).sentBytes >= 2 * partBytes)
    const [accountId = ''] = world.app.session().accounts.map(({ id }) => id)
    await world.app.calls.signOut({ accountId })
    expect((await settled(begun)).failure?.code).toBe(sees)
    held.release()
    await world.app.signIn()
    await patiently(begun, () => world.app.row(begun.id).phase !== 'failed')
    await expectInLibrary(begun)
    expect([world.countOf('initiateMultipart'), world.countOf('put-part')]).toEqual([1, 6])
  },
)

fault('sessions that the server ends midway cost the sign-in but no part', 'signed-out', async (sees) => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('put-part')
  const begun = await begin(world, 'parts')
  await held.arrived
  world.cloud.endSessions(ALICE.email)
  world.clock.advance(2 * hourMs)
  held.release()
  expect((await settled(begun)).failure?.code).toBe(sees)
  await world.app.signIn()
  await patiently(begun, () => world.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('initiateMultipart')).toBe(1)
})

fault('a token that runs out midway is renewed, unseen', null, async (sees) => {
  const world = await worldFor('parts', { cloud: { tokenSeconds: 120 } })
  const held = world.cloud.hold('put-part')
  const begun = await begin(world, 'parts')
  await held.arrived
  world.clock.advance(600_000)
  held.release()
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('refresh')).toBeGreaterThanOrEqual(1)
})

fault('a URL that runs out while its part waits is asked for anew, unseen', null, async (sees) => {
  const world = await worldFor('parts', { cloud: { urlSeconds: 60 } })
  const held = world.cloud.hold('put-part')
  const begun = await begin(world, 'parts')
  await held.arrived
  world.clock.advance(120_000)
  held.release()
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('presignPart')).toBeGreaterThan(4)
})

fault('a URL that runs out while its file waits is asked for anew, unseen', null, async (sees) => {
  const world = await worldFor('whole', { cloud: { urlSeconds: 60 } })
  const held = world.cloud.hold('put-object')
  const begun = await begin(world, 'whole')
  await held.arrived
  world.clock.advance(120_000)
  held.release()
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('presignModel')).toBe(2)
})
