import { expect } from 'vitest'
import { ALICE } from '../../cloud/accounts.ts'
import { expectInLibrary } from './expect-end.ts'
import {
  beginUpload,
  expectAtMostShown,
  expectShown,
  fault,
  partBytes,
  advanceUntil,
  resumedBy,
  settled,
  setupFor,
} from './fault.ts'

const hourMs = 3_600_000

fault('keeps new tokens in memory when the keychain locks during an upload', null, async (expected) => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  harness.secretStore.failWith('keychain-locked')
  harness.cloud.fail({ on: 'completeMultipart', how: 401 })
  held.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('refresh')).toBe(1)
})

fault(
  'keeps acknowledged parts when the keychain loses the sign-in during a restart',
  'signed-out',
  async (expected) => {
    const harness = await setupFor('parts')
    const begun = await beginUpload(harness, 'parts')
    await harness.cloud.ended('put-part', 2)
    await harness.app.stop()
    harness.secretStore.entries.clear()
    const again = resumedBy(begun, await harness.open())
    expect((await settled(again)).failure?.code).toBe(expected)
    await again.app.signIn()
    await advanceUntil(again, () => again.app.row(again.id).phase !== 'failed')
    await expectInLibrary(again)
    expect(harness.countOf('initiateMultipart')).toBe(1)
  },
)

fault('resumes its parts at the next sign-in after signing out', 'signed-out', async (expected) => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', partBytes / 2, { skip: 2 })
  const begun = await beginUpload(harness, 'parts')
  await Promise.all([held.arrived, harness.cloud.ended('put-part', 2)])
  await advanceUntil(begun, () => harness.app.row(begun.id).sentBytes >= 2 * partBytes)
  const [accountId = ''] = harness.app.session().accounts.map(({ id }) => id)
  await harness.app.calls.signOut({ accountId })
  expect((await settled(begun)).failure?.code).toBe(expected)
  held.release()
  await harness.app.signIn()
  await advanceUntil(begun, () => harness.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 6])
})

fault('keeps acknowledged parts when the server ends all sessions', 'signed-out', async (expected) => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  harness.cloud.endSessions(ALICE.email)
  harness.clock.advance(2 * hourMs)
  held.release()
  expect((await settled(begun)).failure?.code).toBe(expected)
  await harness.app.signIn()
  await advanceUntil(begun, () => harness.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('initiateMultipart')).toBe(1)
})

fault(
  'keeps a sign-in made while the last part of a refused session is sent',
  'signed-out',
  async (expected) => {
    const harness = await setupFor('parts')
    const { app, cloud } = harness
    const held = cloud.hold('put-part', partBytes / 2, { times: 1 })
    cloud.endSessions(ALICE.email)
    cloud.fail({ on: 'presignPart', how: 401, skip: 1 })
    const begun = await beginUpload(harness, 'parts')
    await Promise.all([held.arrived, cloud.ended('refresh')])
    await app.signIn()
    held.release()
    await expectInLibrary(begun)
    expectAtMostShown(begun, expected)
    expect(app.session().accounts.map(({ state }) => state)).toEqual(['ready'])
    expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 4])
  },
)

fault('refreshes a token that expires during an upload', null, async (expected) => {
  const harness = await setupFor('parts', { cloud: { tokenSeconds: 120 } })
  const held = harness.cloud.hold('put-part')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  harness.clock.advance(600_000)
  held.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('refresh')).toBeGreaterThanOrEqual(1)
})

fault('requests a new URL when a part’s URL expires while its PUT waits', null, async (expected) => {
  const harness = await setupFor('parts', { cloud: { urlSeconds: 60 } })
  const held = harness.cloud.hold('put-part')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  harness.clock.advance(120_000)
  held.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('presignPart')).toBeGreaterThan(4)
})

fault('requests a new URL when a file’s URL expires while its PUT waits', null, async (expected) => {
  const harness = await setupFor('whole', { cloud: { urlSeconds: 60 } })
  const held = harness.cloud.hold('put-object')
  const begun = await beginUpload(harness, 'whole')
  await held.arrived
  harness.clock.advance(120_000)
  held.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('presignModel')).toBe(2)
})
