import { mkdir, mkdtemp, open, readFile, rm, stat, symlink, truncate, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles } from '../../../electron/discovery/scan/collect-files.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { detectShardedKind } from '../../../electron/recognition/kinds/shard-kind.ts'
import { findGroup } from '../../../electron/recognition/model-groups.ts'
import { families } from '../../fixtures/families.ts'
import { flux, half } from '../../fixtures/family.ts'
import { smallZip, writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'groups-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)

async function inspectPaths(paths: readonly string[]) {
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

test('groups a diffusers folder and keeps the relative paths of its files', async () => {
  const model = 'models/diffusers/flux-dev'
  await writeText(at(`${model}/model_index.json`), '{"_class_name": "FluxPipeline"}')
  await writeText(at(`${model}/tokenizer/vocab.json`), '{}')
  await writeText(at(`${model}/tokenizer/merges.txt`), 'a b')
  await writeText(at(`${model}/README.md`), '# Flux')
  await writeSafetensors(at(`${model}/vae/diffusion_pytorch_model.safetensors`))
  await writeSafetensors(at(`${model}/transformer/diffusion_pytorch_model.safetensors`), { tensors: flux })
  const { rows, skipped } = await inspectPaths([at('models')])
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

test('treats a checkpoint next to a diffusers index as a separate model', async () => {
  const model = 'models/diffusers/sdxl'
  await writeText(at(`${model}/model_index.json`), '{"_class_name": "StableDiffusionXLPipeline"}')
  await writeSafetensors(at(`${model}/sd_xl_base_1.0.safetensors`), families['SDXL checkpoint'])
  await writeSafetensors(at(`${model}/vae/diffusion_pytorch_model.safetensors`))
  const { rows } = await inspectPaths([at('models')])
  expect(rows.map(({ path, modelType, base, group }) => [path, modelType, base, group?.name])).toEqual([
    [`${model}/model_index.json`, 'diffusers', 'SDXL', 'sdxl'],
    ['models/checkpoints/sdxl/sd_xl_base_1.0.safetensors', 'checkpoints', 'SDXL', undefined],
    [`${model}/vae/diffusion_pytorch_model.safetensors`, 'diffusers', 'SDXL', 'sdxl'],
  ])
})

test('refuses a graph of a diffusers folder only if its weights are missing', async () => {
  const model = 'models/diffusers/onnx-model'
  await writeText(at(`${model}/model_index.json`), '{}')
  const graph = (location: string) =>
    onnxOf([{ name: 'w', shape: [2, 2], external: { location, length: 16 } }])
  await writeText(at(`${model}/text_encoder/model.onnx`), graph('weights.pb'))
  await writeText(at(`${model}/text_encoder/weights.pb`), Buffer.alloc(16, 1))
  await writeText(at(`${model}/unet/model.onnx`), graph('model.onnx_data'))
  await writeText(at(`${model}/unet/model.onnx_data`), Buffer.alloc(16, 1))
  await writeText(at(`${model}/vae_decoder/model.onnx`), graph('model.onnx_data'))
  const { rows, skipped } = await inspectPaths([at('models')])
  expect(rows.map(({ path, failure }) => [path.replace(`${model}/`, ''), failure])).toEqual([
    ['model_index.json', null],
    ['text_encoder/model.onnx', null],
    ['text_encoder/weights.pb', null],
    ['unet/model.onnx', null],
    ['unet/model.onnx_data', null],
    ['vae_decoder/model.onnx', 'file-part-missing'],
  ])
  expect(skipped).toEqual([])
})

test.each([
  ['model', 'big'],
  ['pytorch_model', 'big'],
  ['diffusion_pytorch_model.fp16', 'big'],
  ['my_model', 'my_model'],
])('calls a model in parts named %s %s', (stem, name) => {
  const part = `${stem}-00001-of-00002.safetensors`
  expect(findGroup(part, new Set([part]), '/models/big')?.name).toBe(name)
})

test('a model in one part, or a graph without other files, is no group', () => {
  for (const name of ['m-00001-of-00001.safetensors', 'a.onnx', 'a.onnx.data', 'weights.pb']) {
    expect(findGroup(name, new Set([name]), '/m'), name).toBeNull()
  }
})

test('refuses the numbered parts of a diffusers folder if one is missing', async () => {
  const model = at('models/diffusers/big')
  await writeText(join(model, 'model_index.json'), '{}')
  for (const number of [1, 3])
    await writeSafetensors(join(model, `transformer/m-0000${number}-of-00003.safetensors`))
  const { files } = await collectFiles([model])
  const failures = await Promise.all(files.map(async (file) => (await inspectFile(file.path, file)).failure))
  const missing = { code: 'file-part-missing', params: { missing: 'm-00002-of-00003.safetensors' } }
  expect(failures).toEqual([null, missing, missing])
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

test('groups numbered parts with their index, recognised by all their tensors', async () => {
  await writeShards(at('models/unet'))
  const { rows } = await inspectPaths([at('models')])
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

test('does not read numbered parts that are only in a cloud drive', async () => {
  await writeShards(at('m'))
  const part = at('m/flux-00002-of-00003.safetensors')
  await truncate(part, 0)
  await truncate(part, 5_000_000)
  await utimes(part, 1, 2)
  const shard = { stem: 'flux', count: 3, extension: '.safetensors' }
  expect((await detectShardedKind(at('m'), shard, 'darwin'))?.variant).toBe('schnell')
  expect((await stat(part)).atimeMs).toBe(1_000)
})

test('recognises numbered parts again once they are downloaded from a cloud drive', async () => {
  await writeShards(at('m'))
  const part = at('m/flux-00002-of-00003.safetensors')
  const { sizeBytes } = await writeSafetensors(part, {
    tensors: { 'guidance_in.in_layer.weight': guidance ?? half(1) },
  })
  const content = await readFile(part)
  await truncate(part, 0)
  await truncate(part, sizeBytes)
  await utimes(part, 1, 1)
  const shard = { stem: 'flux', count: 3, extension: '.safetensors' }
  expect((await detectShardedKind(at('m'), shard, 'darwin'))?.variant).toBe('schnell')
  const file = await open(part, 'r+')
  await file.write(content)
  await file.close()
  await utimes(part, 1, 1)
  expect((await detectShardedKind(at('m'), shard, 'darwin'))?.variant).toBe('dev')
})

test('groups numbered parts that are dropped as single files', async () => {
  await writeShards(at('drop'))
  const paths = [1, 2, 3].map((number) => at(`drop/flux-0000${number}-of-00003.safetensors`))
  const { rows } = await inspectPaths(paths)
  expect(new Set(rows.map(({ group }) => group?.key)).size).toBe(1)
})

test('adds the other parts and the index to a single dropped part', async () => {
  await writeShards(at('drop'))
  const { rows } = await inspectPaths([at('drop/flux-00002-of-00003.safetensors')])
  expect(rows.map(({ path, failure }) => [path.split('/').at(-1), failure])).toEqual([
    ['flux-00002-of-00003.safetensors', null],
    ['flux-00001-of-00003.safetensors', null],
    ['flux-00003-of-00003.safetensors', null],
    ['flux.safetensors.index.json', null],
  ])
  const all = [2, 1, 3].map((number) => at(`drop/flux-0000${number}-of-00003.safetensors`))
  const { files, skipped } = await collectFiles(all)
  expect(files.map(({ name, requiredBy }) => [name, requiredBy?.name])).toEqual([
    ['flux-00002-of-00003.safetensors', undefined],
    ['flux.safetensors.index.json', 'flux-00002-of-00003.safetensors'],
    ['flux-00001-of-00003.safetensors', undefined],
    ['flux-00003-of-00003.safetensors', undefined],
  ])
  expect(skipped).toEqual([])
})

test('refuses all parts of a model if one is missing, and names it', async () => {
  await writeShards(at('models/unet'), [1, 3])
  const { files } = await collectFiles([at('models')])
  for (const file of files) {
    expect((await inspectFile(file.path, file)).failure).toEqual({
      code: 'file-part-missing',
      params: { missing: 'flux-00002-of-00003.safetensors' },
    })
  }
})

test('groups a graph with its external weights, which must be complete', async () => {
  const external = { location: 'pose.onnx.data', length: 4_000 }
  await writeText(at('models/onnx/pose.onnx'), onnxOf([{ name: 'w', shape: [10, 200], external }]))
  expect((await inspectPaths([at('models')])).rows[0]?.failure).toBe('file-part-missing')
  await writeText(at('models/onnx/pose.onnx.data'), Buffer.alloc(3_999, 1))
  expect((await inspectPaths([at('models')])).rows[0]?.failure).toBe('file-part-missing')
  await writeText(at('models/onnx/pose.onnx.data'), Buffer.alloc(4_000, 1))
  const { rows } = await inspectPaths([at('models')])
  expect(rows.map(({ path, group, failure }) => [path, group?.name, group?.kind, failure])).toEqual([
    ['models/onnx/pose.onnx', 'pose', 'external', null],
    ['models/onnx/pose.onnx.data', 'pose', 'external', null],
  ])
})

test('groups a graph with weights in several numbered files', async () => {
  const weights = ['model.onnx_data', 'model.onnx_data_1', 'model.onnx_data_2']
  const graph = onnxOf(
    weights.map((location, index) => ({
      name: `${index}`,
      shape: [2, 2],
      external: { location, length: 16 },
    })),
  )
  await writeText(at('models/onnx/model.onnx'), graph)
  for (const name of weights) await writeText(at(`models/onnx/${name}`), Buffer.alloc(16, 1))
  await writeText(at('models/onnx/other.onnx'), onnxOf([]))
  const all = ['model.onnx', ...weights]
  const expected = all.map((name) => [name, 'model', 'external', null])
  for (const dropped of ['models', ...all.map((name) => `models/onnx/${name}`)]) {
    const { rows } = await inspectPaths([at(dropped)])
    const parts = rows.map(({ path, group, failure }) => [basename(path), group?.name, group?.kind, failure])
    expect(parts.filter(([name]) => name !== 'other.onnx').toSorted(), dropped).toEqual(expected)
  }
  await rm(at('models/onnx/model.onnx_data_1'))
  const { rows } = await inspectPaths([at('models/onnx/model.onnx')])
  expect(rows[0]?.failure).toBe('file-part-missing')
})

test('adds the weights to a dropped graph, and the graph to dropped weights', async () => {
  const external = { location: 'pose.onnx.data', length: 16 }
  await writeText(at('pose.onnx'), onnxOf([{ name: 'w', shape: [2, 2], external }]))
  await writeText(at('pose.onnx.data'), Buffer.alloc(16, 1))
  const old = { location: 'weights.pb', length: 16 }
  await writeText(at('old/model.onnx'), onnxOf([{ name: 'w', shape: [2, 2], external: old }]))
  await writeText(at('old/weights.pb'), Buffer.alloc(16, 1))
  for (const [dropped, names] of [
    ['pose.onnx', ['pose.onnx', 'pose.onnx.data']],
    ['pose.onnx.data', ['pose.onnx.data', 'pose.onnx']],
    ['old/model.onnx', ['model.onnx', 'weights.pb']],
  ] as const) {
    const { rows } = await inspectPaths([at(dropped)])
    expect(rows.map(({ path, failure }) => [path.split('/').at(-1), failure])).toEqual(
      names.map((name) => [name, null]),
    )
  }
})

test('skips and counts files that are only in a cloud drive, without reading them', async () => {
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
  // A retry must not download the file either.
  const retried = await inspectFile(at('online.safetensors'), { folder: '' }, 'darwin')
  expect(retried.failure?.code).toBe('file-placeholder')
  expect(retried.identity.sizeBytes).toBe(5_000_000)
})

test('asks about a link out of a dropped folder to a model, and refuses links to other files', async () => {
  await writeText(at('home/id_ed25519'), 'secret')
  await writeText(at('home/notes.zip'), smallZip())
  await writeSafetensors(at('home/vae'))
  await mkdir(at('drop'))
  const links = { 'key.bin': 'id_ed25519', 'notes.pt': 'notes.zip', 'vae.safetensors': 'vae' }
  for (const [name, target] of Object.entries(links)) await symlink(at(`home/${target}`), at(`drop/${name}`))
  const named = Object.keys(links).map((name) => at(`drop/${name}`))
  const dropped: [paths: string[], ofModel: string | undefined][] = [
    [[at('drop')], 'file-outside'],
    [named, undefined],
  ]
  for (const [paths, ofModel] of dropped) {
    const expected = [
      ['key.bin', 'file-link'],
      ['notes.pt', 'file-link'],
      ['vae.safetensors', ofModel],
    ]
    const { files } = await collectFiles(paths)
    const failures = files.map(async (file) => [
      file.name,
      (await inspectFile(file.path, file)).failure?.code,
    ])
    expect((await Promise.all(failures)).toSorted()).toEqual(expected)
  }
})

test('refuses a graph whose weights are a link to another place', async () => {
  const external = { location: 'pose.onnx.data', length: 16 }
  await writeText(at('home/secret'), Buffer.alloc(16, 1))
  await writeText(at('drop/pose.onnx'), onnxOf([{ name: 'w', shape: [2, 2], external }]))
  await symlink(at('home/secret'), at('drop/pose.onnx.data'))
  const { files } = await collectFiles([at('drop')])
  const inspections = await Promise.all(files.map((file) => inspectFile(file.path, file)))
  expect(inspections.map(({ failure }) => failure)).toEqual([
    { code: 'file-link', params: { name: 'pose.onnx.data' } },
  ])
})
