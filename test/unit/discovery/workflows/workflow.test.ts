import { expect, test } from 'vitest'
import { joinNeeds, needsOf, type Need } from '../../../../electron/discovery/workflows/workflow.ts'
import { typeOfInput } from '../../../../electron/discovery/workflows/workflow-loaders.ts'
import { apiWorkflow, pageWorkflow } from '../../../fixtures/workflows.ts'

const short = (needs: readonly Need[] | null) => needs?.map(({ name, modelType }) => [name, modelType])

test('the API format names its models by class and input', () => {
  expect(short(needsOf(apiWorkflow))).toEqual([
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

test('the page format is read with its subgraphs, group nodes, stacks and unknown nodes, and without its notes', () => {
  const needs = needsOf(pageWorkflow)
  expect(needs?.map(({ name, modelType, isOff }) => [name, modelType, isOff])).toEqual([
    ['sd_xl_base_1.0.safetensors', 'checkpoints', false],
    ['off.safetensors', 'loras', true],
    ['style/ink.safetensors', 'loras', false],
    ['unused.safetensors', 'loras', true],
    ['8x_Thing.pth', 'upscale_models', false],
    ['strange/thing.gguf', null, false],
    ['wan2.2-Q4_K_M.gguf', 'diffusion_models', false],
    ['clip_vision_h.safetensors', 'clip_vision', false],
  ])
  expect(needs?.[0]).toEqual({
    name: 'sd_xl_base_1.0.safetensors',
    modelType: 'checkpoints',
    url: 'https://models.example/sd_xl_base_1.0.safetensors?download=true',
    sha256: '31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b',
    isOff: false,
    nodes: ['CheckpointLoaderSimple'],
  })
})

test('a model that two nodes name is one need, off only when both are', () => {
  const node = (mode: number) => ({ type: 'LoraLoader', mode, widgets_values: ['A.safetensors', 1, 1] })
  expect(needsOf({ nodes: [node(4), node(0)] })).toMatchObject([{ name: 'A.safetensors', isOff: false }])
  expect(needsOf({ nodes: [node(4), node(2)] })).toMatchObject([{ isOff: true }])
})

test('readings of one picture fill each other in', () => {
  const one = needsOf({ nodes: [{ type: 'Mystery', widgets_values: ['x.safetensors'] }] }) ?? []
  const other = needsOf({ '1': { class_type: 'Mystery', inputs: { vae_name: 'X.safetensors' } } }) ?? []
  expect(short(joinNeeds([one, other]))).toEqual([['x.safetensors', 'vae']])
})

test.each([
  ['a list', []],
  ['a word', 'workflow'],
  ['nothing', null],
  ['a diffusers config', { _class_name: 'FluxTransformer2DModel', num_layers: 19 }],
  ['a Civitai sidecar', { id: 5, files: [{ name: 'x.safetensors' }], nodes: null }],
  ['an index of shards', { metadata: {}, weight_map: { a: 'model-00001-of-00002.safetensors' } }],
])('%s is no workflow', (_what, value) => expect(needsOf(value)).toBeNull())

test('a workflow that names no model is one all the same', () => {
  expect(needsOf({ nodes: [], links: [] })).toEqual([])
})

test('wrapped as a prompt request, either format is found', () => {
  expect(short(needsOf({ client_id: 'x', prompt: apiWorkflow }))).toHaveLength(8)
  expect(short(needsOf({ workflow: pageWorkflow, prompt: {} }))).toHaveLength(8)
})

test('addresses, sentences and paths out of the folder are no names; whole paths keep their last part', () => {
  const named = (value: string) =>
    needsOf({ '1': { class_type: 'UNETLoader', inputs: { unet_name: value } } })
  for (const bad of [
    'https://a.example/x.safetensors',
    '../x.safetensors',
    'a\nb.safetensors',
    'x'.repeat(500) + '.pth',
  ]) {
    expect(named(bad)).toEqual([])
  }
  expect(short(named('D:\\AI\\models\\unet\\x.gguf'))).toEqual([['x.gguf', 'diffusion_models']])
  expect(short(named('/home/mira/x.gguf'))).toEqual([['x.gguf', 'diffusion_models']])
})

test('an address that is none of the web is left out', () => {
  const listed = (url: string) =>
    needsOf({ nodes: [], links: [], models: [{ name: 'x.pth', url, directory: 'unet' }] })?.[0]
  expect(listed('javascript:alert(1)')).toMatchObject({ url: null, modelType: 'diffusion_models' })
  expect(listed('file:///etc/passwd')?.url).toBeNull()
})

test('a hostile workflow ends: very many nodes, names and depths', () => {
  const nodes = Array.from({ length: 60_000 }, (_, id) => ({
    id,
    type: 'LoraLoader',
    widgets_values: [`${id}.pth`],
  }))
  expect(needsOf({ nodes })).toHaveLength(1_000)
  let deep: unknown = 'x.safetensors'
  for (let level = 0; level < 5_000; level += 1) deep = { deep }
  expect(needsOf({ nodes: [{ type: 'A', widgets_values: [deep] }] })).toEqual([])
  const odd = JSON.parse('{"nodes":[{"type":"__proto__","widgets_values":["constructor.pth"]}]}') as unknown
  expect(needsOf(odd)).toMatchObject([{ name: 'constructor.pth', modelType: null }])
})

test('a loader of diffusers models names a folder, in whichever form it was saved', () => {
  const api = { '1': { class_type: 'DiffusersLoader', inputs: { model_path: 'base\\sdxl-turbo' } } }
  const page = { nodes: [{ type: 'DiffusersLoader', mode: 0, widgets_values: ['sdxl-turbo'] }] }
  expect([...(needsOf(api) ?? []), ...(needsOf(page) ?? [])]).toMatchObject([
    { name: 'base/sdxl-turbo', modelType: 'diffusers', isFolder: true },
    { name: 'sdxl-turbo', modelType: 'diffusers', isFolder: true },
  ])
})

test.each([
  ['CheckpointLoaderSimple', 'ckpt_name', 'checkpoints'],
  ['UNETLoader', 'unet_name', 'diffusion_models'],
  ['TripleCLIPLoader', 'clip_name3', 'text_encoders'],
  ['CLIPVisionLoader', 'clip_name', 'clip_vision'],
  ['IPAdapterModelLoader', 'ipadapter_file', 'ipadapter'],
  ['StyleModelLoader', 'style_model_name', 'style_models'],
  ['HypernetworkLoader', 'hypernetwork_name', 'hypernetworks'],
  ['Efficient Loader', 'vae_name', 'vae'],
  ['Efficient Loader', 'ckpt_name', 'checkpoints'],
  ['Efficient Loader', 'lora_name', 'loras'],
  ['SomebodysControlNetThing', null, 'controlnet'],
  ['Mystery', 'model', null],
])('%s.%s asks for %s', (className, input, modelType) =>
  expect(typeOfInput(className, input)).toBe(modelType),
)
