import { join } from 'node:path'
import { expect, test } from 'vitest'
import { families } from '../../fixtures/families.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { setup, valueOf, type App } from '../../support/engine.ts'

const { tensors } = families['kohya SDXL LoRA']
const other = families['kohya SD1 LoRA'].tensors

async function correct(app: App, id: string, modelType: string): Promise<void> {
  valueOf(await app.calls.editTarget({ id, change: { modelType } }))
}

/** A paused app with two files of the same architecture. */
async function setupPair() {
  const harness = await setup()
  const { app, file } = harness
  await app.calls.pauseAll(undefined)
  const [first = '', second = ''] = await app.add([
    await file('a.safetensors', { tensors }),
    await file('b.safetensors', { tensors }),
  ])
  return { ...harness, first, second }
}

const offersOf = (app: App) =>
  Object.fromEntries(app.rows().map(({ fileName, offeredType }) => [fileName, offeredType]))

test('offers a corrected type for files with the same architecture', async () => {
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
})

test('offers a corrected type for files without tensors only in the same folder', async () => {
  const { app, folder } = await setup()
  await app.calls.pauseAll(undefined)
  const names = ['x/a.pt2x', 'x/b.pt2x', 'y/c.pt2x']
  const written = await Promise.all(names.map((name) => writeText(join(folder, 'files', name), name)))
  const [first = ''] = await app.add(written.map(({ path }) => path))
  await correct(app, first, 'onnx')
  expect(offersOf(app)).toEqual({ 'a.pt2x': undefined, 'b.pt2x': 'onnx', 'c.pt2x': undefined })
})

test('withdraws a declined offer, and makes none again', async () => {
  const { app, file, first, second } = await setupPair()
  await correct(app, first, 'xlabs')
  valueOf(await app.calls.declineType({ ids: [second] }))
  await app.add(await file('c.safetensors', { tensors }))
  expect(offersOf(app)).toEqual({
    'a.safetensors': undefined,
    'b.safetensors': undefined,
    'c.safetensors': undefined,
  })
})

test('withdraws the offers when the suggested type is chosen again', async () => {
  const { app, first, second } = await setupPair()
  await correct(app, first, 'xlabs')
  valueOf(await app.calls.editTarget({ id: second, change: { displayName: 'Mine' } }))
  expect(offersOf(app)).toMatchObject({ 'b.safetensors': 'xlabs' })
  await correct(app, first, 'loras')
  expect(offersOf(app)).toMatchObject({ 'b.safetensors': undefined })
})
