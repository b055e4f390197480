import { expect, test } from 'vitest'
import { families } from '../../fixtures/families.ts'
import { setup, valueOf, type App } from '../../support/engine.ts'

const { tensors } = families['kohya SDXL LoRA']
const other = families['kohya SD1 LoRA'].tensors

async function correct(app: App, id: string, modelType: string): Promise<void> {
  valueOf(await app.calls.editTarget({ id, change: { modelType } }))
}

const offersOf = (app: App) =>
  Object.fromEntries(app.rows().map(({ fileName, offeredType }) => [fileName, offeredType]))

test('offers a corrected type for files with the same architecture until it is declined', async () => {
  const { app, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [first = ''] = await app.add(await file('a.safetensors', { tensors }))
  await app.add(await file('b.safetensors', { tensors }))
  await app.add(await file('c.safetensors', { tensors: other }))
  await correct(app, first, 'xlabs')
  expect(offersOf(app)).toEqual({
    'a.safetensors': undefined,
    'b.safetensors': 'xlabs',
    'c.safetensors': undefined,
  })
  await app.stop()
  const again = await open()
  await again.add(await file('elsewhere/d.safetensors', { tensors }))
  expect(offersOf(again)).toMatchObject({ 'b.safetensors': 'xlabs', 'd.safetensors': 'xlabs' })
  const added = again.rows().find(({ fileName }) => fileName === 'd.safetensors')
  // It is only offered.
  expect(added?.target.modelType).toBe('loras')
  valueOf(await again.calls.declineType({ ids: [added?.id ?? ''] }))
  expect(offersOf(again)).toMatchObject({ 'b.safetensors': undefined, 'd.safetensors': undefined })
})
