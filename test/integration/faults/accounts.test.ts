import { expect } from 'vitest'
import { ALICE } from '../../cloud/accounts.ts'
import { expectInLibrary } from './expect-end.ts'
import {
  beginHeldUpload,
  beginUpload,
  continueSignedIn,
  expectAtMostShown,
  expectShown,
  fault,
  partBytes,
  advanceUntil,
  resumedBy,
  settled,
  setupFor,
  totalBytes,
} from './fault.ts'

const hourMs = 3_600_000

fault('keeps new tokens in memory when the keychain locks during an upload', null, async (expected) => {
  const begun = await beginHeldUpload('parts', { on: 'put-part' })
  begun.secretStore.failWith('keychain-locked')
  begun.cloud.fail({ on: 'completeMultipart', how: 401 })
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('refresh')).toBe(1)
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
    await continueSignedIn(again)
    await expectInLibrary(again)
    expect(harness.countOf('initiateMultipart')).toBe(1)
  },
)

fault('resumes its parts at the next sign-in after signing out', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', partBytes / 2, { skip: 2 })
  const begun = await beginUpload(harness, 'parts')
  const [stored] = await Promise.all([harness.cloud.ended('put-part', 2), held.arrived])
  await advanceUntil(begun, () => harness.app.row(begun.id).sentBytes >= totalBytes(stored))
  const [accountId = ''] = harness.app.session().accounts.map(({ id }) => id)
  await harness.app.calls.signOut({ accountId })
  expect(harness.app.rows()).toEqual([])
  held.release()
  await harness.app.signIn()
  await harness.app.until(({ rows }) =>
    rows.some(({ id, phase }) => id === begun.id && phase === 'registered'),
  )
  await expectInLibrary(begun)
  expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 6])
})

fault('keeps acknowledged parts when the server ends all sessions', 'signed-out', async (expected) => {
  const begun = await beginHeldUpload('parts', { on: 'put-part' })
  begun.cloud.endSessions(ALICE.email)
  begun.clock.advance(2 * hourMs)
  begun.release()
  expect((await settled(begun)).failure?.code).toBe(expected)
  await continueSignedIn(begun)
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('initiateMultipart')).toBe(1)
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
  const begun = await beginHeldUpload('parts', { on: 'put-part' }, { cloud: { tokenSeconds: 120 } })
  begun.clock.advance(600_000)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('refresh')).toBeGreaterThanOrEqual(1)
})

fault('requests a new URL when a part’s URL expires while its PUT waits', null, async (expected) => {
  const begun = await beginHeldUpload('parts', { on: 'put-part' }, { cloud: { urlSeconds: 60 } })
  begun.clock.advance(120_000)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('presignPart')).toBeGreaterThan(4)
})

fault('requests a new URL when a file’s URL expires while its PUT waits', null, async (expected) => {
  const begun = await beginHeldUpload('whole', { on: 'put-object' }, { cloud: { urlSeconds: 60 } })
  begun.clock.advance(120_000)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('presignModel')).toBe(2)
})
