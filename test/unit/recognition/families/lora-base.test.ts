import { expect, test } from 'vitest'
import type { TensorInfo } from '../../../../electron/recognition/formats/header.ts'
import { baseModels } from '../../../../electron/recognition/families/base-models.ts'
import { detectKind } from '../../../../electron/recognition/kinds/detect-kind.ts'

type Shapes = Readonly<Record<string, readonly number[]>>

const tensor = (shape: readonly number[]): TensorInfo => ({ dtype: 'F16', shape, sizeBytes: 2 })
const kindOf = (shapes: Shapes, metadata: Readonly<Record<string, string>> = {}) =>
  detectKind({
    tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, tensor(shape)])),
    metadata: new Map(Object.entries(metadata)),
  })
const peft = (layer: string, input: number, output = input): Shapes => ({
  [`${layer}.lora_A.weight`]: [16, input],
  [`${layer}.lora_B.weight`]: [output, 16],
})
const kohya = (layer: string, input: number, output = input): Shapes => ({
  [`${layer}.lora_down.weight`]: [16, input],
  [`${layer}.lora_up.weight`]: [output, 16],
  [`${layer}.alpha`]: [],
})

test.each([
  ['SD3.5 Large by its width', peft('transformer.transformer_blocks.0.attn.to_q', 2432), 'SD3.5'],
  [
    'Hunyuan Image by its width',
    kohya('lora_unet_double_blocks_18_img_attn_qkv', 3584, 10_752),
    'Hunyuan Image',
  ],
  [
    'the SDXL refiner by its text width',
    kohya('lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k', 1280, 768),
    'SDXL refiner',
  ],
  ['Anima by its text encoder', kohya('lora_te_layers_0_self_attn_q_proj', 1024), 'Anima'],
  ['SD2 by its text encoder', kohya('lora_te_text_model_encoder_layers_0_self_attn_q_proj', 1024), 'SD2'],
  ['Qwen-Image by its number of blocks', peft('transformer_blocks.59.attn.to_q', 3072), 'Qwen-Image'],
  [
    'Flux.1 by a layer that Chroma lacks',
    {
      ...kohya('lora_unet_double_blocks_18_img_attn_qkv', 3072, 9216),
      ...kohya('lora_unet_double_blocks_18_img_mod_lin', 3072, 18_432),
      ...kohya('lora_unet_double_blocks_18_img_mlp_0', 3072, 12_288),
    },
    'Flux.1',
  ],
] as const)('recognises %s', (_what, shapes, base) => {
  expect(kindOf(shapes)).toMatchObject({ modelType: 'loras', base })
})

test.each([
  ['attention of Flux.1', peft('diffusion_model.double_blocks.18.img_attn.qkv', 3072), 'Flux.1 / Chroma'],
  [
    'self attention of SD1',
    kohya('lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q', 320),
    'SD1 / SD2',
  ],
  ['a transformer of SD3 Medium', peft('transformer.transformer_blocks.23.attn.to_q', 1536), 'SD3 / SD3.5'],
  [
    'blocks of Cosmos-Predict2',
    peft('diffusion_model.blocks.0.self_attn.q_proj', 2048),
    'Cosmos-Predict2 / Anima',
  ],
] as const)('reports all families of %s', (_what, shapes, base) => {
  expect(kindOf(shapes)?.base).toBe(base)
})

test('reports no family when more than five are possible', () => {
  expect(kindOf(peft('transformer_blocks.0.attn.to_q', 3072))).toMatchObject({
    modelType: 'loras',
    base: null,
  })
})

test('reports no family when widths contradict all', () => {
  expect(kindOf(peft('transformer_blocks.0.attn.to_q', 77))).toMatchObject({ modelType: 'loras', base: null })
})

test('lets the metadata choose among the possible families', () => {
  const shapes = peft('diffusion_model.double_blocks.18.img_attn.qkv', 3072)
  expect(kindOf(shapes, { 'modelspec.architecture': 'chroma/lora' })?.base).toBe('Chroma')
  expect(kindOf(shapes, { ss_base_model_version: 'flux1' })?.base).toBe('Flux.1')
})

test('recognises no LoRA by tensors that end in alpha', () => {
  const snake = {
    'decoder.layers.1.layers.0.alpha': [1024],
    'decoder.layers.1.layers.2.layers.0.alpha': [512],
  }
  expect(kindOf(snake)?.modelType).not.toBe('loras')
  expect(kindOf({ ...snake, 'decoder.layers.1.layers.0.beta': [1024] })).toMatchObject({
    modelType: 'vae',
    base: 'Stable Audio',
  })
})

test('recognises a LoRA with more different layers than any model has', () => {
  const tensors = new Map(
    Array.from({ length: 100_000 }, (_, at) => [`layer${at}x.lora_down.weight`, tensor([8, 8])] as const),
  )
  expect(detectKind({ tensors, metadata: new Map() })).toMatchObject({ modelType: 'loras', base: null })
})

test('describes each base model once, with lower-case words for its metadata', () => {
  const names = baseModels.map(({ base }) => base)
  expect(new Set(names).size).toBe(names.length)
  for (const { base, architectures = [] } of baseModels) {
    for (const word of architectures) expect(word, base).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*-?$/)
  }
})
