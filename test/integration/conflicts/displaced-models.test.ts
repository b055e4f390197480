import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { setup, valueOf } from '../../support/engine.ts'

const path = 'models/loras/style.safetensors'
const old = ['Old style', path, 'active']

/** An upload that is to take the place of a model, on a server that takes one model a path, with trouble ahead. */
async function replacing(...trouble: readonly Parameters<Cloud['fail']>[0][]) {
  const world = await setup()
  const { app, cloud, file } = world
  const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: path })
  for (const rule of trouble) cloud.fail(rule)
  const wishes = { target: { modelPath: path }, onConflict: 'replace' } as const
  const [id = ''] = await app.add(await file('loras/style.safetensors'), wishes)
  const library = () =>
    cloud
      .modelsOf(ALICES_TEAM_ID)
      .map(({ display_name: name, model_path, model_status: status }) => [name, model_path, status])
  return { ...world, id, oldId, library }
}

/** An old model that stands aside for an upload that waits to be tried again. */
async function standsAside() {
  const world = await replacing({ on: 'registerModel', how: 503, skip: 1, times: Infinity })
  const { app, id } = world
  await app.until(() => app.row(id).phase === 'retrying' && app.row(id).replaces?.asidePath)
  expect(world.library()).toEqual([['Old style', 'models/loras/style-2.safetensors', 'active']])
  return world
}

test('an old model whose upload is cancelled while it stands aside has its path again', async () => {
  const { app, id, library } = await standsAside()
  valueOf(await app.calls.cancel({ ids: [id] }))
  await expect.poll(library).toEqual([old])
})

test('moving it back is repeated until the server takes it', async () => {
  const { app, cloud, clock, id, library } = await standsAside()
  cloud.fail({ on: 'updateModel', how: 500, times: 2 })
  valueOf(await app.calls.cancel({ ids: [id] }))
  await expect
    .poll(() => {
      clock.advance(60_000)
      return library()
    })
    .toEqual([old])
})

test('moving it back is not forgotten over a restart', async () => {
  const { app, cloud, id, library, open, oldId } = await standsAside()
  cloud.fail({ on: 'updateModel', how: 500, times: Infinity })
  cloud.forgetOperations()
  valueOf(await app.calls.cancel({ ids: [id] }))
  await cloud.ended('updateModel')
  await app.stop()
  expect(library()).toEqual([['Old style', 'models/loras/style-2.safetensors', 'active']])
  cloud.clearFailures()
  await open()
  await expect.poll(library).toEqual([old])
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.id)).toEqual([oldId])
})

test('one that somebody has moved meanwhile stays where they put it', async () => {
  const { app, id, oldId, library } = await standsAside()
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  const change = { modelPath: 'models/vae/elsewhere.safetensors' }
  valueOf(await app.calls.changeModel({ choice, modelId: oldId, change }))
  valueOf(await app.calls.cancel({ ids: [id] }))
  await app.engine.cleanUpAbandoned()
  expect(library()).toEqual([['Old style', change.modelPath, 'active']])
})

test('one that can’t be moved back at once when the new model is refused for good is moved back later', async () => {
  const { app, clock, id, library } = await replacing(
    { on: 'registerModel', how: 403, skip: 1 },
    { on: 'updateModel', how: 500, skip: 1, times: 2 },
  )
  expect((await app.settled(id)).failure?.code).toBe('forbidden')
  await expect
    .poll(() => {
      clock.advance(60_000)
      return library()
    })
    .toEqual([old])
})
