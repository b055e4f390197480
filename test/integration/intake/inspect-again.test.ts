import { rm, symlink, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { families } from '../../fixtures/families.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { setup, valueOf } from '../../support/engine.ts'

const part = (number: number) => `flux-0000${number}-of-00003.safetensors`

/** A model of three parts without the second: two rows that wait for it. */
async function torn() {
  const harness = await setup()
  const { app, file, folder } = harness
  await file(`unet/${part(1)}`)
  await file(`unet/${part(3)}`)
  const ids = await app.add(join(folder, 'files/unet'))
  return { ...harness, ids, codes: () => ids.map((id) => app.row(id).failure?.code) }
}

test('does not send a retried part while another is missing', async () => {
  const { app, ids, codes, asked, folder } = await torn()
  expect(codes()).toEqual(['file-part-missing', 'file-part-missing'])
  valueOf(await app.calls.retry({ ids: [...ids] }))
  expect(codes()).toEqual(['file-part-missing', 'file-part-missing'])
  await app.add(join(folder, 'files/unet'))
  expect(codes()).toEqual(['file-part-missing', 'file-part-missing'])
  expect(asked()).not.toContain('presignModel')
})

test('sends each part once all are present, also after a restart', async () => {
  const { app, open, ids, file, codes } = await torn()
  await app.stop()
  const later = await open()
  valueOf(await later.calls.retry({ ids: [...ids] }))
  expect(ids.map((id) => later.row(id).failure?.code)).toEqual(codes())
  await file(`unet/${part(2)}`)
  valueOf(await later.calls.retry({ ids: [...ids] }))
  for (const id of ids) expect((await later.settled(id)).phase).toBe('registered')
})

test('looks for the parts of links in the folder of the links', async () => {
  const { app, file, folder } = await setup()
  const links = join(folder, 'files/models--a/snapshots/main')
  await mkdir(links, { recursive: true })
  const blob = async (number: number) =>
    symlink(await file(`models--a/blobs/${number}`), join(links, part(number)))
  await blob(1)
  const [id = ''] = await app.add(links)
  expect(app.row(id).failure?.code).toBe('file-part-missing')
  await blob(2)
  await blob(3)
  valueOf(await app.calls.retry({ ids: [id] }))
  expect((await app.settled(id)).phase).toBe('registered')
})

const sizeBytes = 2_000_000
const lora = { sizeBytes, tensors: families['kohya SDXL LoRA'].tensors }
const vae = { sizeBytes, tensors: families['Flux.1 VAE'].tensors }

/** Adds a truncated LoRA, replaces it by a complete VAE and retries. */
async function replaced(
  edit: (app: Awaited<ReturnType<typeof setup>>['app'], id: string) => Promise<unknown>,
) {
  const { app, file } = await setup()
  const path = await file('thing.safetensors', { ...lora, cutBytes: 1 })
  const [id = ''] = await app.add(path)
  expect(app.row(id)).toMatchObject({ recognition: { modelType: 'loras' }, target: { modelType: 'loras' } })
  await edit(app, id)
  await rm(path)
  await file('thing.safetensors', vae)
  valueOf(await app.calls.retry({ ids: [id] }))
  return app.settled(id)
}

test('reports a broken file that is added again as refused until it is sound', async () => {
  const { app, file } = await setup()
  const path = await file('thing.safetensors', { ...lora, cutBytes: 1 })
  const [id = ''] = await app.add(path)
  const addAgain = async () => valueOf(await app.engine.add([path]))
  expect(await addAgain()).toEqual({ added: 0, refused: 1, skipped: [] })
  expect(app.rows()).toMatchObject([{ id, phase: 'failed', failure: { code: 'file-cut-short' } }])
  await rm(path)
  await file('thing.safetensors', lora)
  expect(await addAgain()).toEqual({ added: 1, refused: 0, skipped: [] })
  expect((await app.settled(id)).phase).toBe('registered')
})

test('detects the type of a file that replaced another, and its folder', async () => {
  expect(await replaced(async () => {})).toMatchObject({
    phase: 'registered',
    recognition: { modelType: 'vae', base: 'Flux.1 / SD3' },
    target: { modelType: 'vae', modelPath: 'models/vae/thing.safetensors' },
  })
})

test('keeps the target that the user edited', async () => {
  const said = { modelType: 'style_models', modelPath: 'models/style_models/mine.safetensors' }
  const row = await replaced((app, id) => app.calls.editTarget({ id, change: said }))
  expect(row).toMatchObject({ phase: 'registered', recognition: { modelType: 'vae' }, target: said })
})

test('places a sidecar in the folder that was chosen for its model', async () => {
  const { app, folder } = await setup()
  await app.calls.pauseAll(undefined)
  const external = { location: 'pose.onnx.data', length: 16 }
  const { path } = await writeText(
    join(folder, 'files/pose.onnx'),
    onnxOf([{ name: 'w', shape: [2, 2], external }]),
  )
  await writeText(`${path}.data`, Buffer.alloc(16, 1))
  const target = { displayName: 'Pose', modelType: 'detection', modelPath: 'models/detection/mine/p.onnx' }
  const ids = await app.add(path, { target })
  expect(ids.map((id) => app.row(id).target)).toEqual([
    target,
    { ...target, displayName: 'pose.onnx', modelPath: 'models/detection/mine/pose.onnx.data' },
  ])
})
