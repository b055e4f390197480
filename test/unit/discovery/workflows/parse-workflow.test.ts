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

test('reads values inside lists and objects by the names of their widgets', () => {
  const widgets_values = { vae_name: ['a.pt', null], stack: [{ lora_name: 'b.pt' }], count: 7, nothing: null }
  expect(namesAndTypes(parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values }] }))).toEqual([
    ['a.pt', 'vae'],
    ['b.pt', 'loras'],
  ])
})

test.each([undefined, null])('lists the models of a node whose values are %s', (widgets_values) => {
  const models = [{ name: 'a.pt', directory: 'my_models\\deep' }]
  expect(
    parseNeededModels({ nodes: [{ type: 'Mystery', widgets_values, properties: { models } }] }),
  ).toMatchObject([{ name: 'a.pt', modelType: 'my_models', isOff: false, nodes: ['Mystery'] }])
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
