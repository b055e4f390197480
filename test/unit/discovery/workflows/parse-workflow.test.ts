import { expect, test } from 'vitest'
import type { NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import {
  mergeNeededModels,
  parseNeededModels,
} from '../../../../electron/discovery/workflows/parse-workflow.ts'
import { apiWorkflow, pageWorkflow } from '../../../fixtures/workflows.ts'

const namesAndTypes = (models: readonly NeededModel[] | null) =>
  models?.map(({ name, modelType }) => [name, modelType])

test('finds models of the API format by class and input', () => {
  expect(namesAndTypes(parseNeededModels(apiWorkflow))).toEqual([
    ['easynegative', 'embeddings'],
    ['ae.safetensors', 'vae'],
    ['t5xxl_fp16.safetensors', 'text_encoders'],
    ['clip_l.safetensors', 'text_encoders'],
    ['flux1-dev.safetensors', 'diffusion_models'],
    ['faces/grain.safetensors', 'loras'],
    ['flux/depth.safetensors', 'controlnet'],
    ['4x-UltraSharp.pth', 'upscale_models'],
  ])
})

test('reads subgraphs, group nodes, stacks and unknown nodes, but no notes', () => {
  const models = parseNeededModels(pageWorkflow)
  expect(models?.map(({ name, modelType, isOff }) => [name, modelType, isOff])).toEqual([
    ['sd_xl_base_1.0.safetensors', 'checkpoints', false],
    ['off.safetensors', 'loras', true],
    ['style/ink.safetensors', 'loras', false],
    ['unused.safetensors', 'loras', true],
    ['8x_Thing.pth', 'upscale_models', false],
    ['strange/thing.gguf', null, false],
    ['wan2.2-Q4_K_M.gguf', 'diffusion_models', false],
    ['clip_vision_h.safetensors', 'clip_vision', false],
  ])
  expect(models?.[0]).toEqual({
    name: 'sd_xl_base_1.0.safetensors',
    modelType: 'checkpoints',
    typeSource: 'loader',
    url: 'https://models.example/sd_xl_base_1.0.safetensors?download=true',
    sha256: '31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b',
    isOff: false,
    nodes: ['CheckpointLoaderSimple'],
  })
})

test('merges a model of two nodes, which is off only if both are', () => {
  const node = (mode: number) => ({ type: 'LoraLoader', mode, widgets_values: ['A.safetensors', 1, 1] })
  expect(parseNeededModels({ nodes: [node(4), node(0)] })).toMatchObject([
    { name: 'A.safetensors', isOff: false },
  ])
  expect(parseNeededModels({ nodes: [node(4), node(2)] })).toMatchObject([{ isOff: true }])
})

test('skips nodes of the API format without a class or without named inputs', () => {
  const loader = { class_type: 'VAELoader', inputs: { vae_name: 'a.pt' } }
  const nodes = [
    loader,
    { inputs: { vae_name: 'b.pt' } },
    { class_type: 'VAELoader', inputs: ['c.pt'] },
    { class_type: 'VAELoader' },
    null,
  ]
  expect(parseNeededModels({ ...nodes })).toMatchObject([
    { name: 'a.pt', isOff: false, nodes: ['VAELoader'] },
  ])
})

test('reads values inside lists and objects by the names of their widgets', () => {
  const widgets_values = { vae_name: ['a.pt', null], stack: [{ lora_name: 'b.pt' }], count: 7, nothing: null }
  expect(namesAndTypes(parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values }] }))).toEqual([
    ['a.pt', 'vae'],
    ['b.pt', 'loras'],
  ])
})

test('keeps the first of two types that are equally certain', () => {
  const inputs = { vae_name: 'a.pt', lora_name: 'a.pt' }
  expect(namesAndTypes(parseNeededModels({ '1': { class_type: 'Mystery', inputs } }))).toEqual([
    ['a.pt', 'vae'],
  ])
})

test.each([undefined, null])('lists the models of a node whose values are %s', (widgets_values) => {
  const models = [{ name: 'a.pt', directory: 'my_models\\deep' }]
  expect(
    parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values, properties: { models } }] }),
  ).toMatchObject([{ name: 'a.pt', modelType: 'my_models', isOff: false, nodes: ['Mystery'] }])
})

test('lists the models of the whole workflow without a node, and ignores entries without a name', () => {
  const models = [{ name: 'a.pt', directory: 'vae' }, { directory: 'vae' }, 'b.pt', { name: 'c.pt' }]
  expect(parseNeededModels({ nodes: [], links: [], models })).toMatchObject([
    { name: 'a.pt', modelType: 'vae', typeSource: 'list', isOff: false, nodes: [] },
    { name: 'c.pt', modelType: null, typeSource: null, isOff: false, nodes: [] },
  ])
})

test('fills in unknown facts when it merges models', () => {
  const one = parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values: ['x.safetensors'] }] }) ?? []
  const other =
    parseNeededModels({ '1': { class_type: 'Mystery', inputs: { vae_name: 'X.safetensors' } } }) ?? []
  expect(namesAndTypes(mergeNeededModels([one, other]))).toEqual([['x.safetensors', 'vae']])
})

test.each([
  ['a list', []],
  ['a word', 'workflow'],
  ['nothing', null],
  ['a diffusers config', { _class_name: 'FluxTransformer2DModel', num_layers: 19 }],
  ['a Civitai sidecar', { id: 5, files: [{ name: 'x.safetensors' }], nodes: null }],
  ['an empty list of nodes', { nodes: [] }],
  ['nodes without a class', { nodes: [{ id: 5 }, 7, null] }],
  ['an index of shards', { metadata: {}, weight_map: { a: 'model-00001-of-00002.safetensors' } }],
])('does not take %s for a workflow', (_what, value) => expect(parseNeededModels(value)).toBeNull())

test('returns an empty list for a workflow without models', () => {
  expect(parseNeededModels({ nodes: [], links: [] })).toEqual([])
})

test('finds both formats inside a prompt request', () => {
  expect(namesAndTypes(parseNeededModels({ client_id: 'x', prompt: apiWorkflow }))).toHaveLength(8)
  expect(namesAndTypes(parseNeededModels({ workflow: pageWorkflow, prompt: {} }))).toHaveLength(8)
})

test('rejects URLs, sentences and `..` as names, and shortens absolute paths', () => {
  const parseName = (value: string) =>
    parseNeededModels({ '1': { class_type: 'UNETLoader', inputs: { unet_name: value } } })
  for (const invalid of [
    'https://a.example/x.safetensors',
    '../x.safetensors',
    'a\nb.safetensors',
    'x'.repeat(500) + '.pth',
  ]) {
    expect(parseName(invalid)).toEqual([])
  }
  expect(namesAndTypes(parseName('D:\\AI\\models\\unet\\x.gguf'))).toEqual([['x.gguf', 'diffusion_models']])
  expect(namesAndTypes(parseName('/home/mira/x.gguf'))).toEqual([['x.gguf', 'diffusion_models']])
  expect(namesAndTypes(parseName('./flux//x.gguf'))).toEqual([['flux/x.gguf', 'diffusion_models']])
})

test('leaves out URLs other than http and https', () => {
  const parseListed = (url: string) =>
    parseNeededModels({ nodes: [], links: [], models: [{ name: 'x.pth', url, directory: 'unet' }] })?.[0]
  expect(parseListed('javascript:alert(1)')).toMatchObject({ url: null, modelType: 'diffusion_models' })
  expect(parseListed('file:///etc/passwd')?.url).toBeNull()
})

test('limits nodes, models and depth of a hostile workflow', () => {
  const nodes = Array.from({ length: 60_000 }, (_, id) => ({
    id,
    type: 'LoraLoader',
    widgets_values: [`${id}.pth`],
  }))
  expect(parseNeededModels({ nodes })).toHaveLength(1_000)
  let deep: unknown = 'x.safetensors'
  for (let level = 0; level < 5_000; level += 1) deep = { deep }
  expect(parseNeededModels({ nodes: [{ type: 'A', widgets_values: [deep] }] })).toEqual([])
  const odd = JSON.parse('{"nodes":[{"type":"__proto__","widgets_values":["constructor.pth"]}]}') as unknown
  expect(parseNeededModels(odd)).toMatchObject([{ name: 'constructor.pth', modelType: null }])
})

test('reads values that nest up to eight levels deep', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 'x.pt' : [nested(depth - 1)])
  const modelsWith = (depth: number) =>
    parseNeededModels({ nodes: [{ type: 'A', widgets_values: [nested(depth)] }] })
  expect([modelsWith(8)?.length, modelsWith(9)?.length]).toEqual([1, 0])
})

test('reads names of up to 400 characters', () => {
  const modelsWith = (length: number) =>
    parseNeededModels({ nodes: [{ type: 'A', widgets_values: ['x.pt'.padStart(length, 'x')] }] })
  expect([modelsWith(400)?.length, modelsWith(401)?.length]).toEqual([1, 0])
})

test('keeps URLs of up to 2,000 characters, and types of up to 50', () => {
  const listed = (length: number) => {
    const url = 'http://a.example/'.padEnd(length, 'x')
    const models = [{ name: 'x.pt', url, directory: `${'t'.repeat(60)}/deep` }]
    return parseNeededModels({ nodes: [], links: [], models })?.[0]
  }
  expect(listed(2_000)).toMatchObject({ url: expect.stringMatching(/^http:/), modelType: 't'.repeat(50) })
  expect(listed(2_001)).toMatchObject({ url: null })
})

test('reads embeddings with names of up to 200 characters in the first 100,000 of a prompt', () => {
  const namesIn = (text: string) =>
    parseNeededModels({ nodes: [{ type: 'CLIPTextEncode', widgets_values: [text] }] })?.map(
      ({ name }) => name,
    )
  const at = (end: number, name: string) => `embedding:${name}`.padStart(end)
  expect(namesIn(at(100_000, 'ab'))).toEqual(['ab'])
  expect(namesIn(at(100_001, 'ab'))).toEqual(['a'])
  expect(namesIn(`embedding:${'n'.repeat(201)}`)).toEqual(['n'.repeat(200)])
  expect(namesIn('myembedding:a embedding:.,')).toEqual([])
})

test('reads a row of a stack as off only if its switch is false', () => {
  const rows = [false, true, 0].map((on, index) => ({ on, lora: `${index}.pt` }))
  const models = parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values: rows }] })
  expect(models?.map(({ isOff }) => isOff)).toEqual([true, false, false])
})

test('takes no hash that is not 64 hexadecimal digits', () => {
  const hashes = ['ab'.repeat(31), 'ab'.repeat(33), 'xy'.repeat(32), `${'ab'.repeat(32)} `]
  const models = hashes.map((hash, index) => ({ name: `${index}.pt`, hash }))
  const found = parseNeededModels({ nodes: [], links: [], models })
  expect(found?.map(({ sha256 }) => sha256)).toEqual([null, null, null, null])
})

test('lists at most a thousand models of a list', () => {
  const models = Array.from({ length: 1_001 }, () => ({}) as object)
  models[999] = { name: 'last.pt' }
  models[1_000] = { name: 'over.pt' }
  const found = parseNeededModels({ nodes: [], links: [], models })
  expect(found?.map(({ name }) => name)).toEqual(['last.pt'])
})

test('reads a folder from a DiffusersLoader in both formats', () => {
  const api = { '1': { class_type: 'DiffusersLoader', inputs: { model_path: 'base\\sdxl-turbo' } } }
  const page = { nodes: [{ type: 'DiffusersLoader', mode: 0, widgets_values: ['sdxl-turbo'] }] }
  expect([...(parseNeededModels(api) ?? []), ...(parseNeededModels(page) ?? [])]).toMatchObject([
    { name: 'base/sdxl-turbo', modelType: 'diffusers', isFolder: true },
    { name: 'sdxl-turbo', modelType: 'diffusers', isFolder: true },
  ])
  expect(parseNeededModels({ '1': api['1'], '2': api['1'] })).toMatchObject([{ isFolder: true }])
})

test('a node that loads the model takes precedence over words in names', () => {
  const name = 'ltx-2.3-22b-dev.safetensors'
  const encoder = { type: 'LTXAVTextEncoderLoader', widgets_values: ['gemma.safetensors', name, 'default'] }
  const unknown = { type: 'Some T5 Encoder', widgets_values: [name] }
  const checkpoint = { type: 'CheckpointLoaderSimple', widgets_values: [name] }
  expect(namesAndTypes(parseNeededModels({ nodes: [encoder] }))).toEqual([
    ['gemma.safetensors', 'text_encoders'],
    [name, 'checkpoints'],
  ])
  expect(namesAndTypes(parseNeededModels({ nodes: [unknown] }))).toEqual([[name, 'text_encoders']])
  expect(namesAndTypes(parseNeededModels({ nodes: [unknown, checkpoint] }))).toEqual([[name, 'checkpoints']])
  const parts = [unknown, checkpoint].map((node) => parseNeededModels({ nodes: [node] }) ?? [])
  expect(namesAndTypes(mergeNeededModels(parts))).toEqual([[name, 'checkpoints']])
})

test('the workflow’s list of models takes precedence over words, but not over the node', () => {
  const models = [{ name: 'x.safetensors', directory: 'model_patches/z-image', url: 'https://a.example/x' }]
  const node = (type: string) => ({ type, widgets_values: ['x.safetensors'], properties: { models } })
  expect(parseNeededModels({ nodes: [node('Strange ControlNet')] })).toMatchObject([
    { modelType: 'model_patches', url: 'https://a.example/x' },
  ])
  expect(parseNeededModels({ nodes: [node('ControlNetLoader')] })).toMatchObject([
    { modelType: 'controlnet' },
  ])
})

test('lists two models if nodes load one name from two folders', () => {
  const nodes = ['VAELoader', 'ControlNetLoader', 'Mystery VAE'].map((type) => ({
    type,
    widgets_values: ['diffusion_pytorch_model.safetensors'],
  }))
  expect(parseNeededModels({ nodes })).toMatchObject([
    { modelType: 'vae', nodes: ['VAELoader', 'Mystery VAE'] },
    { modelType: 'controlnet', nodes: ['ControlNetLoader'] },
  ])
})

test('ignores listed models that the node no longer selects', () => {
  const listed = (name: string) => ({ name, directory: 'loras', url: `https://a.example/${name}` })
  const models = [listed('old.safetensors'), listed('New.safetensors')]
  const node = { type: 'LoraLoader', widgets_values: ['flux\\new.safetensors', 1, 1], properties: { models } }
  expect(parseNeededModels({ nodes: [node] })).toMatchObject([
    { name: 'flux/new.safetensors', url: 'https://a.example/New.safetensors' },
  ])
})

test('reads a SHA-256, but no hash of another algorithm', () => {
  const hashOf = (hashType: unknown) => {
    const models = [{ name: 'x.pth', directory: 'vae', hash: 'AB'.repeat(32), hash_type: hashType }]
    return parseNeededModels({ nodes: [], links: [], models })?.[0]?.sha256
  }
  expect(['SHA256', 'sha-256', undefined].map(hashOf)).toEqual(Array(3).fill('ab'.repeat(32)))
  expect(hashOf('BLAKE3')).toBeNull()
})

test('finds the formats inside a request and inside a text', () => {
  const extra_pnginfo = { workflow: pageWorkflow }
  const request = { prompt: apiWorkflow, extra_data: { extra_pnginfo } }
  expect(parseNeededModels(request)).toHaveLength(16)
  expect(parseNeededModels({ output: apiWorkflow, workflow: pageWorkflow })).toHaveLength(16)
  expect(parseNeededModels({ prompt: JSON.stringify(apiWorkflow) })).toHaveLength(8)
  expect(parseNeededModels({ prompt: 'a ferry in the fog' })).toBeNull()
})

test('reads embeddings with names in other scripts', () => {
  const text = 'embedding:负面, embedding:EasyNegative负. (embedding:名字:1.2) embedding:folder\\naïve.pt'
  const nodes = [{ type: 'CLIPTextEncode', widgets_values: [text] }]
  expect(namesAndTypes(parseNeededModels({ nodes }))).toEqual(
    ['负面', 'EasyNegative负', '名字', 'folder/naïve.pt'].map((name) => [name, 'embeddings']),
  )
})

test('reads an embedding with an extension, and no names from nodes that show texts', () => {
  const node = (type: string, text: string) => ({ type, widgets_values: [text] })
  const nodes = [
    node('CLIPTextEncode', 'embedding:EasyNegative.pt'),
    node('ShowText|pysssss', 'shown.safetensors'),
    node('easy showAnything', 'shown.safetensors'),
    node('PreviewAny', 'shown.safetensors'),
  ]
  expect(namesAndTypes(parseNeededModels({ nodes }))).toEqual([['EasyNegative.pt', 'embeddings']])
})

test('lists both files of a tiny autoencoder, which the node names without an extension', () => {
  const node = (type: string) => ({ type, widgets_values: ['taesd3'] })
  expect(namesAndTypes(parseNeededModels({ nodes: [node('VAELoader'), node('KSampler')] }))).toEqual([
    ['taesd3_encoder', 'vae_approx'],
    ['taesd3_decoder', 'vae_approx'],
  ])
})

test.each([
  [
    'a value after each seed',
    ['seed', 'vae_name', 'lora_name'],
    [7, 'randomize', 'a.pt', 'b.pt'],
    ['vae', 'loras'],
  ],
  ['the same value for another widget', ['seed', 'mode', 'vae_name'], [7, 'fixed', 'fixed', 'a.pt'], ['vae']],
  [
    'a value that only looks like one after a seed',
    ['mode', 'seed', 'vae_name'],
    ['fixed', 7, 'randomize', 'a.pt'],
    ['vae'],
  ],
  ['values that no widget stands for', ['vae_name'], ['x', 'a.pt'], [null]],
  ['fewer values than widgets', ['vae_name', 'mode', 'seed'], ['a.pt', 'x'], [null]],
])('reads a node with %s', (_what, widgets, widgets_values, types) => {
  const inputs = widgets.map((name) => ({ name, widget: { name } }))
  const models = parseNeededModels({ nodes: [{ type: 'Mystery', inputs, widgets_values }] })
  expect(models?.map(({ modelType }) => modelType)).toEqual(types)
})
