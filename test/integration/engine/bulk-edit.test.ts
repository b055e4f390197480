import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, valueOf } from '../../support/engine.ts'

const typed = (modelPath: string) => ({ displayName: 'A name', modelType: 'vae', modelPath })

test('edits the targets of many waiting uploads at once, also after a restart', async () => {
  const { app, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const ids = await app.add([await file('loras/one.safetensors'), await file('loras/two.safetensors')])
  const changes = ids.map((id, index) => ({ id, target: typed(`models/vae/${index}.safetensors`) }))
  expect(valueOf(await app.calls.editTargets({ changes }))).toEqual(ids)
  await app.stop()
  const again = await open()
  expect(ids.map((id) => again.row(id).target)).toEqual(changes.map(({ target }) => target))
})

test('rejects all edits when one path is invalid', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const ids = await app.add([await file('loras/one.safetensors'), await file('loras/two.safetensors')])
  const before = ids.map((id) => app.row(id).target)
  const changes = ids.map((id, index) => ({
    id,
    target: typed(index === 0 ? 'models/vae/0.safetensors' : '/no'),
  }))
  const answer = await app.calls.editTargets({ changes })
  expect(answer).toMatchObject({ ok: false, failure: { code: 'target-path' } })
  expect(ids.map((id) => app.row(id).target)).toEqual(before)
})

test('skips uploads that are done or unknown', async () => {
  const { app, file, cloud } = await setup()
  const [done = ''] = await app.add(await file('loras/one.safetensors'))
  await app.settled(done)
  const changes = [done, 'nobody'].map((id) => ({ id, target: typed('models/vae/x.safetensors') }))
  expect(valueOf(await app.calls.editTargets({ changes }))).toEqual([])
  expect(app.row(done).target.modelPath).toBe('models/loras/one.safetensors')
  expect(cloud.modelsOf(ALICES_TEAM_ID)[0]?.model_path).toBe('models/loras/one.safetensors')
})
