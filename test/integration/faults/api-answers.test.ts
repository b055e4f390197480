import { expect } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { arrives, expectInLibrary, expectStopped, stops } from './ends.ts'
import { begin, expectSeen, fault, meet, patiently, settled, worldFor } from './fault.ts'

fault('a 401 to presigning is answered by one refresh and one repeat', null, async (sees) => {
  const { countOf } = await arrives('whole', sees, { on: 'presignModel', how: 401 })
  expect([countOf('refresh'), countOf('presignModel')]).toEqual([1, 2])
})

fault(
  'a 401 to presigning a part is answered by one refresh, and no part waits for it',
  null,
  async (sees) => {
    const { countOf } = await arrives('parts', sees, { on: 'presignPart', how: 401, skip: 1 })
    expect([countOf('refresh'), countOf('put-part')]).toEqual([1, 4])
  },
)

fault('a 401 to registering is answered by one refresh, and nothing is sent again', null, async (sees) => {
  const { countOf } = await arrives('whole', sees, { on: 'registerModel', how: 401 })
  expect([countOf('refresh'), countOf('put-object')]).toEqual([1, 1])
})

fault('a dead sign-in stops the parts, and a new one goes on with them', 'signed-out', async (sees) => {
  const world = await worldFor('parts')
  world.cloud.endSessions(ALICE.email)
  world.cloud.fail({ on: 'completeMultipart', how: 401 })
  const begun = await begin(world, 'parts')
  expect((await settled(begun)).failure?.code).toBe(sees)
  const sent = world.countOf('put-part')
  await world.app.signIn()
  await patiently(begun, () => world.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect([sent, world.countOf('put-part'), world.countOf('initiateMultipart')]).toEqual([4, 4, 1])
})

fault('a role that may not add models is told so, and no byte is sent', 'forbidden', async (sees) => {
  const world = await worldFor('whole', { as: BOB })
  const [accountId = ''] = world.app.session().accounts.map(({ id }) => id)
  const begun = await begin(world, 'whole', {}, { team: { accountId, teamId: STUDIO_NORTH_ID } })
  await expectStopped(begun, sees)
  expect(world.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault('a 403 to registering keeps the stored file for the person’s next try', 'forbidden', async (sees) => {
  const begun = await meet('parts', { on: 'registerModel', how: 403 })
  expect((await settled(begun)).failure?.code).toBe(sees)
  await begun.app.calls.retry({ ids: [begun.id] })
  await expectInLibrary(begun)
  expect(begun.countOf('put-part')).toBe(4)
})

fault('a 404 to presigning stops before a byte is sent', 'not-found', async (sees) => {
  const { cloud } = await stops('whole', sees, { on: 'presignModel', how: 404 })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

fault(
  'a library path that another model has is refused, and another path needs no new upload',
  'conflict',
  async (sees) => {
    const world = await worldFor('whole')
    // With a list of the library it would be asked about before anything is sent.
    world.cloud.fail({ on: 'listModels', how: 404, times: Infinity })
    const target = { displayName: 'One', modelType: 'loras', modelPath: 'models/loras/one.safetensors' }
    const first = await begin(world, 'whole', { name: 'first.safetensors' }, { target })
    await settled(first)
    const begun = await begin(world, 'whole', {}, { target })
    expect((await settled(begun)).failure?.code).toBe(sees)
    expect(world.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
    world.cloud.clearFailures()
    await world.app.calls.editTarget({ id: begun.id, change: { modelPath: 'models/loras/two.safetensors' } })
    const row = await settled(begun)
    expect(row.phase).toBe('registered')
    expect(world.cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
      { id: world.app.row(first.id).modelId },
      { id: row.modelId, file_hash: `sha256:${row.sha256 ?? ''}`, storage_key: row.storageKey },
    ])
    expect([world.countOf('put-object'), (await world.cloud.objects()).length]).toEqual([2, 2])
  },
)

fault('a 409 that has no model behind it is the person’s to settle', 'conflict', async (sees) => {
  const begun = await meet('whole', { on: 'registerModel', how: 409 })
  await expectStopped(begun, sees, { orphans: 1 })
})

fault(
  'a file over the deployment’s limit is refused with its size before a byte is sent',
  'too-large-for-server',
  async (sees) => {
    const world = await worldFor('whole', { cloud: { maximumFileBytes: 100_000 } })
    await expectStopped(await begin(world, 'whole'), sees)
    expect(world.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
  },
)

fault('a 429 to presigning is waited out for as long as it says', 'rate-limited', async (sees) => {
  const { clock, ...begun } = await meet('whole', { on: 'presignModel', how: 429, retryAfterSeconds: 40 })
  const startedMs = clock.now()
  await expectInLibrary({ clock, ...begun })
  expectSeen({ clock, ...begun }, sees)
  expect(clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('a 429 without a time is waited out all the same', 'rate-limited', async (sees) => {
  await arrives('whole', sees, { on: 'presignModel', how: 429 })
})

fault(
  'a 429 to presigning a part cuts none that is on its way, and none of them is sent again',
  'rate-limited',
  async (sees) => {
    const world = await worldFor('parts')
    world.cloud.fail({ on: 'presignPart', how: 429, skip: 2, retryAfterSeconds: 40 })
    // The refusal also calls off URLs that are still being asked for: it has to wait for a PUT to be under
    // way.
    const asked = world.cloud.hold('presignPart', 'arrival', { skip: 2 })
    const held = world.cloud.hold('put-part', 1_000_000)
    const begun = await begin(world, 'parts')
    await held.arrived
    asked.release()
    await world.cloud.ended('presignPart', 3)
    held.release()
    await expectInLibrary(begun)
    expectSeen(begun, sees)
    expect([world.countOf('initiateMultipart'), world.countOf('put-part')]).toEqual([1, 4])
  },
)

fault('a 429 to registering sends nothing again', 'rate-limited', async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'registerModel', how: 429, retryAfterSeconds: 40 })
  expect(countOf('put-part')).toBe(4)
})

fault(
  'a server that stays in trouble is given up after ten tries, until the person tries again',
  'server-trouble',
  async (sees) => {
    const begun = await meet('parts', { on: 'completeMultipart', how: 500, times: Infinity })
    expect((await settled(begun)).failure?.code).toBe(sees)
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expectSeen(begun, sees)
    expect(begun.countOf('put-part')).toBe(4)
  },
)
