import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles } from '../../../electron/models/collect.ts'
import { inspectFile } from '../../../electron/models/inspect.ts'
import { flux, half } from '../../fixtures/family.ts'
import { writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'groups-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)

async function told(paths: readonly string[]) {
  const { files, skipped } = await collectFiles(paths)
  const rows = await Promise.all(
    files.map(async (file) => {
      const { recognition, target, failure } = await inspectFile(file.path, file)
      const { group, base, modelType } = recognition
      return { path: target.modelPath, modelType, base, group, failure: failure?.code ?? null }
    }),
  )
  return { rows, skipped: skipped.map(({ name, reason }) => [name.split('/').slice(1).join('/'), reason]) }
}

test('a diffusers folder is one group: its files keep their places below one folder of the library', async () => {
  const model = 'models/diffusers/flux-dev'
  await writeText(at(`${model}/model_index.json`), '{"_class_name": "FluxPipeline"}')
  await writeText(at(`${model}/tokenizer/vocab.json`), '{}')
  await writeText(at(`${model}/tokenizer/merges.txt`), 'a b')
  await writeText(at(`${model}/README.md`), '# Flux')
  await writeSafetensors(at(`${model}/vae/diffusion_pytorch_model.safetensors`))
  await writeSafetensors(at(`${model}/transformer/diffusion_pytorch_model.safetensors`), { tensors: flux })
  const { rows, skipped } = await told([at('models')])
  expect(rows.map(({ path, modelType, base }) => [path, modelType, base])).toEqual(
    [
      'model_index.json',
      'tokenizer/merges.txt',
      'tokenizer/vocab.json',
      'transformer/diffusion_pytorch_model.safetensors',
      'vae/diffusion_pytorch_model.safetensors',
    ].map((path) => [`${model}/${path}`, 'diffusers', 'Flux.1']),
  )
  expect(new Set(rows.map(({ group }) => group?.key)).size).toBe(1)
  expect(rows[0]?.group).toEqual({ key: expect.any(String), name: 'flux-dev', kind: 'diffusers' })
  expect(JSON.stringify(rows)).not.toContain(root)
  expect(skipped).toEqual([['diffusers/flux-dev/README.md', 'not-a-model']])
})

const { 'guidance_in.in_layer.weight': guidance, ...rest } = flux
async function writeShards(folder: string, numbers: readonly number[] = [1, 2, 3]) {
  const parts = [rest, { 'guidance_in.in_layer.weight': guidance ?? half(1) }, { 'final.weight': half(4, 4) }]
  for (const number of numbers) {
    const name = `flux-0000${number}-of-00003.safetensors`
    await writeSafetensors(join(folder, name), { tensors: parts[number - 1] ?? {} })
  }
  await writeText(join(folder, 'flux.safetensors.index.json'), '{"weight_map": {}}')
}

test('numbered parts are one group with their index, told by the tensors of all of them', async () => {
  await writeShards(at('models/unet'))
  const { rows } = await told([at('models')])
  expect(rows.map(({ path, modelType, base, failure }) => [path, modelType, base, failure])).toEqual(
    [
      'flux-00001-of-00003.safetensors',
      'flux-00002-of-00003.safetensors',
      'flux-00003-of-00003.safetensors',
      'flux.safetensors.index.json',
    ].map((name) => [`models/diffusion_models/${name}`, 'diffusion_models', 'Flux.1', null]),
  )
  expect(rows.map(({ group }) => [group?.name, group?.kind])).toEqual(rows.map(() => ['flux', 'shards']))
})

test('dropped one by one, parts are a group too', async () => {
  await writeShards(at('drop'))
  const paths = [1, 2, 3].map((number) => at(`drop/flux-0000${number}-of-00003.safetensors`))
  const { rows } = await told(paths)
  expect(new Set(rows.map(({ group }) => group?.key)).size).toBe(1)
})

test('a model with a part missing is not sent, and the part is named', async () => {
  await writeShards(at('models/unet'), [1, 3])
  const { files } = await collectFiles([at('models')])
  for (const file of files) {
    expect((await inspectFile(file.path, file)).failure).toEqual({
      code: 'file-part-missing',
      params: { missing: 'flux-00002-of-00003.safetensors' },
    })
  }
})

test('a graph keeps the weights beside it', async () => {
  const external = { location: 'pose.onnx.data', length: 4_000 }
  await writeText(at('models/onnx/pose.onnx'), onnxOf([{ name: 'w', shape: [10, 200], external }]))
  expect((await told([at('models')])).rows[0]?.failure).toBe('file-part-missing')
  await writeText(at('models/onnx/pose.onnx.data'), Buffer.alloc(3_999, 1))
  expect((await told([at('models')])).rows[0]?.failure).toBe('file-part-missing')
  await writeText(at('models/onnx/pose.onnx.data'), Buffer.alloc(4_000, 1))
  const { rows } = await told([at('models')])
  expect(rows.map(({ path, group, failure }) => [path, group?.name, group?.kind, failure])).toEqual([
    ['models/onnx/pose.onnx', 'pose', 'external', null],
    ['models/onnx/pose.onnx.data', 'pose', 'external', null],
  ])
})

test('files that are only in a cloud drive are left alone, and counted', async () => {
  const online = await open(at('online.safetensors'), 'w')
  await online.truncate(5_000_000)
  await online.close()
  await writeSafetensors(at('here.safetensors'), { payload: { seed: 1 } })
  await writeText(at('far.safetensors.nextcloud'), ' ')
  const { files, skipped } = await collectFiles([root], { platform: 'win32' })
  expect(files.map(({ name }) => name)).toEqual(['here.safetensors'])
  expect(skipped.map(({ reason }) => reason)).toEqual(['placeholder', 'placeholder'])
  const dropped = await collectFiles([at('online.safetensors')], { platform: 'darwin' })
  expect(dropped.files[0]?.failure?.code).toBe('file-placeholder')
})
