import { expect } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { arrives, expectInLibrary, expectStopped, stops } from './ends.ts'
import {
  beginUpload,
  expectShown,
  fault,
  uploadWithFaults,
  advanceUntil,
  settled,
  setupFor,
} from './fault.ts'

fault('a 401 to presigning is answered by one refresh and one repeat', null, async (expected) => {
  const { countOf } = await arrives('whole', expected, { on: 'presignModel', how: 401 })
  expect([countOf('refresh'), countOf('presignModel')]).toEqual([1, 2])
})

fault(
  'a 401 to presigning a part is answered by one refresh, and no part waits for it',
  null,
  async (expected) => {
    const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 401, skip: 1 })
    expect([countOf('refresh'), countOf('put-part')]).toEqual([1, 4])
  },
)

fault(
  'a 401 to registering is answered by one refresh, and nothing is sent again',
  null,
  async (expected) => {
    const { countOf } = await arrives('whole', expected, { on: 'registerModel', how: 401 })
    expect([countOf('refresh'), countOf('put-object')]).toEqual([1, 1])
  },
)

fault('a dead sign-in stops the parts, and a new one goes on with them', 'signed-out', async (expected) => {
  const harness = await setupFor('parts')
  harness.cloud.endSessions(ALICE.email)
  harness.cloud.fail({ on: 'completeMultipart', how: 401 })
  const begun = await beginUpload(harness, 'parts')
  expect((await settled(begun)).failure?.code).toBe(expected)
  const sent = harness.countOf('put-part')
  await harness.app.signIn()
  await advanceUntil(begun, () => harness.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect([sent, harness.countOf('put-part'), harness.countOf('initiateMultipart')]).toEqual([4, 4, 1])
})

fault('a role that may not add models is told so, and no byte is sent', 'forbidden', async (expected) => {
  const harness = await setupFor('whole', { as: BOB })
  const [accountId = ''] = harness.app.session().accounts.map(({ id }) => id)
  const begun = await beginUpload(harness, 'whole', {}, { team: { accountId, teamId: STUDIO_NORTH_ID } })
  await expectStopped(begun, expected)
  expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault(
  'a 403 to registering keeps the stored file for the person’s next try',
  'forbidden',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'registerModel', how: 403 })
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('put-part')).toBe(4)
  },
)

fault('a 404 to presigning stops before a byte is sent', 'not-found', async (expected) => {
  const { cloud } = await stops('whole', expected, { on: 'presignModel', how: 404 })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault(
  'a library path that another model has is refused, and another path needs no new upload',
  'conflict',
  async (expected) => {
    const harness = await setupFor('whole')
    // With a list of the library it would be asked about before anything is sent.
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

fault('a 409 that has no model behind it is the person’s to settle', 'conflict', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'registerModel', how: 409 })
  await expectStopped(begun, expected, { orphans: 1 })
})

fault(
  'a file over the deployment’s limit is refused with its size before a byte is sent',
  'too-large-for-server',
  async (expected) => {
    const harness = await setupFor('whole', { cloud: { maximumFileBytes: 100_000 } })
    await expectStopped(await beginUpload(harness, 'whole'), expected)
    expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
  },
)

fault('a 429 to presigning is waited out for as long as it says', 'rate-limited', async (expected) => {
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

fault('a 429 without a time is waited out all the same', 'rate-limited', async (expected) => {
  await arrives('whole', expected, { on: 'presignModel', how: 429 })
})

fault(
  'a 429 to presigning a part cuts none that is on its way, and none of them is sent again',
  'rate-limited',
  async (expected) => {
    const harness = await setupFor('parts')
    harness.cloud.fail({ on: 'presignPart', how: 429, skip: 2, retryAfterSeconds: 40 })
    // The refusal also calls off URLs that are still being asked for: it has to wait for a PUT to be under
    // way.
    const asked = harness.cloud.hold('presignPart', 'arrival', { skip: 2 })
    const held = harness.cloud.hold('put-part', 1_000_000)
    const begun = await beginUpload(harness, 'parts')
    await held.arrived
    asked.release()
    await harness.cloud.ended('presignPart', 3)
    held.release()
    await expectInLibrary(begun)
    expectShown(begun, expected)
    expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 4])
  },
)

fault('a 429 to registering sends nothing again', 'rate-limited', async (expected) => {
  const { countOf } = await arrives('parts', expected, {
    on: 'registerModel',
    how: 429,
    retryAfterSeconds: 40,
  })
  expect(countOf('put-part')).toBe(4)
})

fault(
  'a server that stays in trouble is given up after ten tries, until the person tries again',
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
