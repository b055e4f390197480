import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { advanceUntil, begunUpload } from '../faults/fault.ts'

const path = 'models/loras/style.safetensors'
const old = ['Old style', path, 'active']

/** An upload that replaces a model, on a server that allows one model per path and fails as given. */
async function startReplacement(...trouble: readonly Parameters<Cloud['fail']>[0][]) {
  const context = await setup()
  const { app, cloud, file } = context
  const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: path })
  for (const rule of trouble) cloud.fail(rule)
  const options = { target: { modelPath: path }, onConflict: 'replace' } as const
  const [id = ''] = await app.add(await file('loras/style.safetensors'), options)
  const library = () =>
    cloud
      .modelsOf(ALICES_TEAM_ID)
      .map(({ display_name: name, model_path, model_status: status }) => [name, model_path, status])
  return { ...context, id, oldId, library }
}

/** An upload that has displaced the old model and waits for its retry. */
async function displaceOldModel() {
  const context = await startReplacement({ on: 'registerModel', how: 503, skip: 1, times: Infinity })
  const { app, id } = context
  await app.until(() => app.row(id).phase === 'retrying' && app.row(id).replaces?.asidePath)
  expect(context.library()).toEqual([['Old style', 'models/loras/style-2.safetensors', 'active']])
  return context
}

/** Advances the clock over the repetitions until the old model is at its path again, and the only one. */
async function untilMovedBack(context: Awaited<ReturnType<typeof startReplacement>>): Promise<void> {
  const { id, library } = context
  await advanceUntil(begunUpload(context, id), () => library().every(([, at]) => at === path))
  expect(library()).toEqual([old])
}

test('a displaced model is moved back when its upload is cancelled', async () => {
  const { app, id, library } = await displaceOldModel()
  valueOf(await app.calls.cancel({ ids: [id] }))
  await expect.poll(library).toEqual([old])
})

test('moving a displaced model back is repeated until the server accepts it', async () => {
  const context = await displaceOldModel()
  const { app, cloud, id } = context
  cloud.fail({ on: 'updateModel', how: 500, times: 2 })
  valueOf(await app.calls.cancel({ ids: [id] }))
  await untilMovedBack(context)
})

test('a displaced model is moved back after a restart', async () => {
  const { app, cloud, id, library, open, oldId } = await displaceOldModel()
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

test('a displaced model that another user has moved stays there', async () => {
  const { app, id, oldId, library } = await displaceOldModel()
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  const change = { modelPath: 'models/vae/elsewhere.safetensors' }
  valueOf(await app.calls.changeModel({ choice, modelId: oldId, change }))
  valueOf(await app.calls.cancel({ ids: [id] }))
  await app.engine.cleanUpAbandoned()
  expect(library()).toEqual([['Old style', change.modelPath, 'active']])
})

test('moving back is repeated later if it fails after the new model was refused', async () => {
  const context = await startReplacement(
    { on: 'registerModel', how: 403, skip: 1 },
    { on: 'updateModel', how: 500, skip: 1, times: 2 },
  )
  expect((await context.app.settled(context.id)).failure?.code).toBe('forbidden')
  await untilMovedBack(context)
})
