import { expect } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { expectRecovery, expectInLibrary, expectStopped, expectFailure } from './expect-end.ts'
import {
  beginUpload,
  continueSignedIn,
  expectShown,
  fault,
  resumedBy,
  uploadWithFaults,
  settled,
  setupFor,
} from './fault.ts'

fault('refreshes the token once and repeats when presigning returns 401', null, async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, { on: 'presignModel', how: 401 })
  expect([countOf('refresh'), countOf('presignModel')]).toEqual([1, 2])
})

fault(
  'refreshes the token once and resends no part when presigning a part returns 401',
  null,
  async (expected) => {
    const { countOf } = await expectRecovery('parts', expected, { on: 'presignPart', how: 401, skip: 1 })
    expect([countOf('refresh'), countOf('put-part')]).toEqual([1, 4])
  },
)

fault('refreshes the token once and resends nothing when registering returns 401', null, async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, { on: 'registerModel', how: 401 })
  expect([countOf('refresh'), countOf('put-object')]).toEqual([1, 1])
})

fault(
  'keeps all parts when the session has ended, and finishes after a new sign-in',
  'signed-out',
  async (expected) => {
    const harness = await setupFor('parts')
    harness.cloud.endSessions(ALICE.email)
    harness.cloud.fail({ on: 'completeMultipart', how: 401 })
    const begun = await beginUpload(harness, 'parts')
    expect((await settled(begun)).failure?.code).toBe(expected)
    const sent = harness.countOf('put-part')
    await continueSignedIn(begun)
    await expectInLibrary(begun)
    expectShown(begun, expected)
    expect([sent, harness.countOf('put-part'), harness.countOf('initiateMultipart')]).toEqual([4, 4, 1])
  },
)

fault('retries a 401 of a gateway without ending the session', 'not-the-api', async (expected) => {
  const { countOf, app } = await expectRecovery('whole', expected, {
    on: 'presignModel',
    how: 'html',
    status: 401,
  })
  expect([countOf('refresh'), app.session().accounts.map(({ state }) => state)]).toEqual([0, ['ready']])
})

fault(
  'retries a gateway’s 4xx page to the refresh without ending the session',
  'not-the-api',
  async (expected) => {
    for (const status of [400, 405, 451]) {
      const { countOf, app } = await expectRecovery(
        'whole',
        expected,
        { on: 'presignModel', how: 401 },
        { on: 'refresh', how: 'html', status, times: 2 },
      )
      expect(countOf('refresh')).toBe(2)
      expect(app.session().accounts.map(({ state }) => state)).toEqual(['ready'])
    }
  },
)

fault('fails without sending when the role may not add models', 'forbidden', async (expected) => {
  const harness = await setupFor('whole', { as: BOB })
  const [accountId = ''] = harness.app.session().accounts.map(({ id }) => id)
  const begun = await beginUpload(harness, 'whole', {}, { team: { accountId, teamId: STUDIO_NORTH_ID } })
  await expectStopped(begun, expected)
  expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault(
  'keeps the stored file for the next attempt when registering returns 403',
  'forbidden',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'registerModel', how: 403 })
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('put-part')).toBe(4)
  },
)

fault('fails without sending when presigning returns 404', 'not-found', async (expected) => {
  const { cloud } = await expectFailure('whole', expected, { on: 'presignModel', how: 404 })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault(
  'accepts another path without a new upload when the library path is taken',
  'conflict',
  async (expected) => {
    const harness = await setupFor('whole')
    // With a model list, the conflict would be found before anything is sent.
    harness.cloud.fail({ on: 'listModels', how: 404, times: Infinity })
    const target = { displayName: 'One', modelType: 'loras', modelPath: 'models/loras/one.safetensors' }
    const first = await beginUpload(harness, 'whole', { name: 'first.safetensors' }, { target })
    await settled(first)
    const begun = await beginUpload(harness, 'whole', {}, { target })
    expect((await settled(begun)).failure?.code).toBe(expected)
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
    harness.cloud.clearFailures()
    await harness.app.calls.editTarget({
      id: begun.id,
      change: { modelPath: 'models/loras/two.safetensors' },
    })
    const row = await settled(begun)
    expect(row.phase).toBe('registered')
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
      { id: harness.app.row(first.id).modelId },
      { id: row.modelId, file_hash: `sha256:${row.sha256 ?? ''}`, storage_key: row.storageKey },
    ])
    expect([harness.countOf('put-object'), (await harness.cloud.objects()).length]).toEqual([2, 2])
  },
)

fault('fails when registering returns 409 although no model has the path', 'conflict', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'registerModel', how: 409 })
  await expectStopped(begun, expected, { orphans: 1 })
})

fault(
  'fails without sending when the file exceeds the server’s limit',
  'too-large-for-server',
  async (expected) => {
    const harness = await setupFor('whole', { cloud: { maximumFileBytes: 100_000 } })
    await expectStopped(await beginUpload(harness, 'whole'), expected)
    expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
  },
)

fault('waits as long as a 429 to presigning says', 'rate-limited', async (expected) => {
  const { clock, ...begun } = await uploadWithFaults('whole', {
    on: 'presignModel',
    how: 429,
    retryAfterSeconds: 40,
  })
  const startedMs = clock.now()
  await expectInLibrary({ clock, ...begun })
  expectShown({ clock, ...begun }, expected)
  expect(clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('waits and retries after a 429 without Retry-After', 'rate-limited', async (expected) => {
  await expectRecovery('whole', expected, { on: 'presignModel', how: 429 })
})

fault('keeps parts in flight when presigning a part returns 429', 'rate-limited', async (expected) => {
  const harness = await setupFor('parts')
  harness.cloud.fail({ on: 'presignPart', how: 429, skip: 2, retryAfterSeconds: 40 })
  // The 429 also cancels pending presign requests, so it must come after a PUT has started.
  const presignHold = harness.cloud.hold('presignPart', 'arrival', { skip: 2 })
  const held = harness.cloud.hold('put-part', 1_000_000)
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  presignHold.release()
  await harness.cloud.ended('presignPart', 3)
  held.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 4])
})

fault('waits and resends nothing when registering returns 429', 'rate-limited', async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'registerModel',
    how: 429,
    retryAfterSeconds: 40,
  })
  expect(countOf('put-part')).toBe(4)
})

fault('waits and resends nothing when completing returns 429', 'rate-limited', async (expected) => {
  const rule = { on: 'completeMultipart', how: 429, retryAfterSeconds: 40 }
  const { countOf } = await expectRecovery('parts', expected, rule)
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('restarts once when completing returns 404 twice', 'upload-ended', async (expected) => {
  const rule = { on: 'completeMultipart', how: 404, times: 2 }
  const { countOf } = await expectRecovery('parts', expected, rule)
  expect([countOf('initiateMultipart'), countOf('put-part'), countOf('registerModel')]).toEqual([2, 8, 1])
})

fault(
  'leaves a second restart to the user when completing returns 404 again',
  'not-found',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'completeMultipart', how: 404, times: 4 })
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect([begun.countOf('initiateMultipart'), begun.countOf('registerModel')]).toEqual([3, 1])
  },
)

fault(
  'keeps all parts and registers nothing while completing is refused',
  'storage-refused',
  async (expected) => {
    const rules = [400, 422, 409].map((how) => ({ on: 'completeMultipart', how, times: 2 }))
    const begun = await uploadWithFaults('parts', ...rules)
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.stop()
    const resumed = resumedBy(begun, await begun.open())
    await resumed.app.calls.retry({ ids: [begun.id] })
    expect((await settled(resumed)).failure?.code).toBe(expected)
    expect([begun.countOf('completeMultipart'), begun.countOf('registerModel')]).toEqual([6, 0])
    await resumed.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(resumed)
    expectShown(resumed, expected)
    expect([begun.countOf('initiateMultipart'), begun.countOf('put-part')]).toEqual([1, 4])
  },
)

fault(
  'gives up when the server keeps returning 500, and resumes when the user retries',
  'server-trouble',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'completeMultipart', how: 500, times: Infinity })
    expect((await settled(begun)).failure?.code).toBe(expected)
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expectShown(begun, expected)
    expect(begun.countOf('put-part')).toBe(4)
  },
)
