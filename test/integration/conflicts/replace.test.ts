import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { collision, oldStyle as old, takenPath as path } from '../../support/collision.ts'
import { setup, valueOf } from '../../support/engine.ts'

test.each([404, 405])('both models stay if the server can’t delete models (%s)', async (how) => {
  const { app, cloud, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'deleteModel', how, times: Infinity })
  await decide('replace', { fate: 'delete' })
  expect((await app.settled(id)).failure?.code).toBe('old-model-stays')
  expect(library()).toHaveLength(2)
})

test('another path can be chosen if the server can’t move models', async () => {
  const { app, cloud, id, decide, library, countOf } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'updateModel', how: 405, times: Infinity })
  await decide('replace', { fate: 'delete' })
  const row = await app.settled(id)
  expect([row.failure?.code, row.replaces?.asidePath, library()]).toEqual(['conflict', null, [old]])
  await decide('rename', { path: 'models/loras/other.safetensors' })
  expect([(await app.settled(id)).phase, countOf('put-object')]).toEqual(['registered', 1])
})

test('an upload that got another path does not replace the model', async () => {
  const { app, cloud, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'presignModel', how: 500 })
  await decide('replace', { fate: 'delete' })
  await app.phase(id, 'retrying')
  const other = 'models/loras/other.safetensors'
  valueOf(await app.calls.editTarget({ id, change: { modelPath: other } }))
  valueOf(await app.calls.retry({ ids: [id] }))
  const row = await app.settled(id)
  expect([row.phase, library()]).toEqual(['registered', [old, [row.target.displayName, other, 'active']]])
})

test.each(['presignModel', 'put-object'])(
  'a model that was moved before %s is not removed by its replacement',
  async (step) => {
    const { app, cloud, id, oldId, decide, library } = await collision()
    const { accountId } = await app.phase(id, 'failed')
    const held = cloud.hold(step)
    await decide('replace', { fate: 'delete' })
    await held.arrived
    const elsewhere = 'models/loras/elsewhere.safetensors'
    const choice = { accountId, teamId: ALICES_TEAM_ID }
    valueOf(await app.calls.changeModel({ choice, modelId: oldId, change: { modelPath: elsewhere } }))
    held.release()
    const row = await app.settled(id)
    expect([row.phase, library()]).toEqual([
      'registered',
      [
        ['Old style', elsewhere, 'active'],
        [row.target.displayName, path, 'active'],
      ],
    ])
  },
)

test.each(['keep-both', 'replace'] as const)(
  'a decision (%s) about a model added during sending is applied at once',
  async (choice) => {
    const { app, cloud, file, countOf } = await setup()
    const held = cloud.hold('put-object')
    const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
    await held.arrived
    for (const name of ['style', 'style-2'])
      cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${name}.safetensors` })
    held.release()
    expect((await app.settled(id)).failure?.code).toBe('conflict')
    valueOf(await app.engine.decide({ ids: [id], choice, fate: 'disable' }))
    expect([(await app.settled(id)).phase, countOf('put-object')]).toEqual(['registered', 1])
    const at = cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.model_path)
    expect(at.filter((one) => one === 'models/loras/style-3.safetensors')).toHaveLength(1)
  },
)
