import { expect, test } from 'vitest'
import type { TensorInfo } from '../../../../electron/recognition/formats/header.ts'
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
  [
    'Wan by the changes of a norm',
    { 'diffusion_model.blocks.0.norm3.diff': [5120], 'diffusion_model.blocks.0.norm3.diff_b': [5120] },
    'Wan',
  ],
  [
    'Flux.1 by rotations of OFT',
    { 'transformer.single_transformer_blocks.37.norm.linear.oft_R.weight': [48, 2016] },
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
  // Flux.2 Klein 4B is as wide and has as many.
  [
    'the last single block of LongCat-Image',
    peft('diffusion_model.single_blocks.19.linear1', 3072),
    'LongCat-Image / Flux.2',
  ],
  ['a transformer of SD3 Medium', peft('transformer.transformer_blocks.23.attn.to_q', 1536), 'SD3 / SD3.5'],
  [
    'a first transformer block, which all UNets have',
    kohya('lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q', 640),
    'SD1 / SD2 / SDXL',
  ],
  [
    'blocks of Cosmos-Predict2',
    peft('diffusion_model.blocks.0.self_attn.q_proj', 2048),
    'Cosmos-Predict2 / Anima',
  ],
  [
    'the last block of Cosmos-Predict2',
    peft('diffusion_model.blocks.27.self_attn.q_proj', 2048),
    'Cosmos-Predict2 / Anima',
  ],
  [
    'the last block of Cosmos-Predict2 in diffusers’ names',
    peft('transformer.transformer_blocks.27.attn1.to_q', 2048),
    'Cosmos-Predict2 / Anima / LTX-Video',
  ],
] as const)('reports all families of %s', (_what, shapes, base) => {
  expect(kindOf(shapes)?.base).toBe(base)
})

test('reports five possible families, and none when more are possible', () => {
  const basesOf = (block: number) =>
    kindOf(peft(`single_transformer_blocks.${block}.attn.to_q`, 3072))?.base?.split(' / ')
  expect(basesOf(27)).toEqual(['Flux.1', 'Chroma', 'Hunyuan Video', 'FramePack', 'AuraFlow'])
  // Ovis-Image has 27 blocks.
  expect(basesOf(25)).toBeUndefined()
})

test('distinguishes families by the output of a layer', () => {
  const basesOf = (output: number) =>
    kindOf(peft('transformer.single_transformer_blocks.0.proj_mlp', 3072, output))?.base?.split(' / ')
  // Ovis-Image has a gated activation.
  expect(basesOf(24_576)).toEqual(['Ovis-Image'])
  expect(basesOf(12_288)).toContain('Flux.1')
  expect(basesOf(12_288)).not.toContain('Ovis-Image')
})

test('lets the metadata choose among the possible families', () => {
  const shapes = peft('diffusion_model.double_blocks.18.img_attn.qkv', 3072)
  expect(kindOf(shapes, { 'modelspec.architecture': 'chroma/lora' })?.base).toBe('Chroma')
  expect(kindOf(shapes, { ss_base_model_version: 'flux1' })?.base).toBe('Flux.1')
  // The class is one of SD1 and SD2.
  const config = '{"_class_name": "StableDiffusionPipeline"}'
  const ofSd2 = kohya('lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k', 1024, 640)
  expect(kindOf(ofSd2, { config })?.base).toBe('SD2')
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
