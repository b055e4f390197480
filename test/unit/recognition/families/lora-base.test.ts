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

/** Of each family a layer with `#` for its block, its input width, and the number of such blocks. */
test.for<[base: string, layer: string, width: number, blocks: number]>([
  ['Chroma', 'single_blocks.#.linear1', 3072, 38],
  ['Chroma', 'transformer_blocks.#.attn.to_q', 3072, 19],
  ['Chroma', 'single_transformer_blocks.#.attn.to_q', 3072, 38],
  ['Flux.1', 'double_blocks.#.img_mod.lin', 3072, 19],
  ['Flux.1', 'single_blocks.#.modulation.lin', 3072, 38],
  ['Flux.1', 'transformer_blocks.#.norm1.linear', 3072, 19],
  ['Flux.1', 'single_transformer_blocks.#.norm.linear', 3072, 38],
  ['Flux.2', 'double_blocks.#.img_attn.qkv', 6144, 8],
  ['Flux.2', 'single_blocks.#.linear1', 6144, 48],
  ['Flux.2', 'transformer_blocks.#.attn.to_q', 6144, 8],
  ['Flux.2', 'single_transformer_blocks.#.attn.to_qkv_mlp_proj', 6144, 48],
  ['LongCat-Image', 'single_blocks.#.linear1', 3072, 20],
  ['LongCat-Image', 'transformer_blocks.#.attn.to_q', 3072, 10],
  ['Ovis-Image', 'double_blocks.#.img_mlp.gate_proj', 3072, 6],
  ['Ovis-Image', 'double_blocks.#.img_mlp.up_proj', 3072, 6],
  ['Ovis-Image', 'transformer_blocks.#.attn.to_q', 3072, 6],
  ['Ovis-Image', 'single_transformer_blocks.#.attn.to_q', 3072, 27],
  ['AuraFlow', 'single_transformer_blocks.#.attn.to_q', 3072, 32],
  ['Hunyuan-DiT', 'blocks.#.attn1.Wqkv', 1408, 40],
  ['Hunyuan Video', 'double_blocks.#.img_attn_qkv', 3072, 20],
  ['Hunyuan Video', 'single_blocks.#.linear1', 3072, 40],
  ['Hunyuan Video', 'transformer_blocks.#.attn.to_q', 3072, 20],
  ['Hunyuan Video', 'single_transformer_blocks.#.attn.to_q', 3072, 40],
  ['Hunyuan Video 1.5', 'double_blocks.#.img_attn_qkv', 2048, 54],
  ['Hunyuan Video 1.5', 'transformer_blocks.#.attn.to_q', 2048, 54],
  ['Qwen-Image', 'transformer_blocks.#.attn.to_q', 3072, 60],
  ['ACE-Step', 'transformer_blocks.#.cross_attn.to_q', 2560, 24],
  ['PixArt', 'transformer_blocks.#.attn1.to_q', 1152, 28],
  ['PixArt', 'blocks.#.attn.qkv', 1152, 28],
  ['CogView3', 'transformer_blocks.#.attn1.to_q', 2560, 30],
  ['CogView3', 'transformer_blocks.#.ff.net.0.proj', 2560, 30],
  ['CogView3', 'transformer_blocks.#.ff.net.2', 10_240, 30],
  ['NewBie', 'layers.#.attention.qkv', 2304, 36],
  ['Lumina 2', 'layers.#.attention.qkv', 2304, 26],
  ['Z-Image', 'layers.#.attention.to_q', 3840, 30],
  ['OmniGen2', 'layers.#.attn.to_q', 2520, 32],
  ['SD3.5', 'joint_blocks.#.x_block.mlp.fc1', 2432, 38],
  ['SDXL refiner', 'down_blocks.1.attentions.0.transformer_blocks.#.attn1.to_q', 768, 4],
  ['SDXL refiner', 'down_blocks.2.attentions.0.transformer_blocks.#.attn1.to_q', 1536, 4],
  ['SDXL', 'down_blocks.2.attentions.0.transformer_blocks.#.attn1.to_q', 1280, 10],
  ['Wan', 'blocks.#.self_attn.q', 5120, 40],
  ['Mochi', 'blocks.#.attn.qkv_x', 3072, 48],
  ['Mochi', 'transformer_blocks.#.attn1.to_q', 3072, 48],
  ['MiniMax H3', 'blocks.#.attn.qkv_proj', 5376, 50],
  ['MiniMax H3', 'blocks.#.mlp.fc1', 5376, 50],
  ['MiniMax H3', 'transformer_blocks.#.attn.to_q', 5376, 50],
  ['MiniMax H3', 'transformer_blocks.#.ff.net.0.proj', 5376, 50],
  ['MiniMax H3', 'transformer_blocks.#.ff.net.2', 14_336, 50],
  ['LTX-Video', 'transformer_blocks.#.attn1.to_q', 4096, 48],
  ['Anima', 'blocks.#.self_attn.q_proj', 2048, 28],
  ['Anima', 'transformer_blocks.#.attn1.to_q', 2048, 28],
  ['Cosmos-Predict2', 'blocks.#.self_attn.q_proj', 5120, 36],
  ['Cosmos-Predict2', 'transformer_blocks.#.attn1.to_q', 5120, 36],
  ['Hunyuan Image', 'double_blocks.#.img_attn_qkv', 3584, 20],
  ['Hunyuan Image', 'single_blocks.#.linear1', 3584, 40],
  ['Hunyuan Image', 'transformer_blocks.#.attn.to_q', 3328, 20],
  ['Hunyuan Image', 'single_transformer_blocks.#.attn.to_q', 3328, 40],
  ['FramePack', 'transformer_blocks.#.attn.to_q', 3072, 20],
  ['FramePack', 'single_transformer_blocks.#.attn.to_q', 3072, 40],
  ['CogView4', 'transformer_blocks.#.attn1.to_q', 4096, 28],
  ['CogVideoX', 'transformer_blocks.#.attn1.to_q', 3072, 42],
  ['LTX-Video', 'transformer_blocks.#.attn1.to_q', 2048, 28],
  ['SD3', 'joint_blocks.#.x_block.mlp.fc1', 1536, 24],
  ['SD3', 'transformer_blocks.#.attn.to_q', 1536, 24],
  ['SD1', 'down_blocks.0.attentions.0.transformer_blocks.#.attn1.to_q', 320, 1],
  ['SD2', 'mid_block.attentions.0.transformer_blocks.#.attn1.to_q', 1280, 1],
  ['Allegro', 'transformer_blocks.#.attn1.to_q', 2304, 32],
  ['Allegro', 'transformer_blocks.#.attn2.to_k', 2304, 32],
])(
  'recognises %s by %s with an input of %i in one of %i blocks, and in no later one',
  ([base, layer, width, blocks]) => {
    const basesOf = (block: number) =>
      kindOf(peft(layer.replace('#', String(block)), width))?.base?.split(' / ') ?? []
    expect(basesOf(blocks - 1)).toContain(base)
    expect(basesOf(blocks)).not.toContain(base)
  },
)

/** Layers outside of the blocks, with their input width. */
test.for<[base: string, layer: string, width: number]>([
  ['Chroma', 'final_layer.linear', 3072],
  ['Flux.1', 'final_layer.linear', 3072],
  ['Flux.1', 'single_blocks.0.linear1_qkv', 3072],
  ...[64, 128, 384].flatMap((width): [string, string, number][] => [
    ['Flux.1', 'img_in', width],
    ['Flux.1', 'x_embedder', width],
  ]),
  ['Flux.1', 'context_embedder', 4096],
  ['Flux.1', 'norm_out.linear', 3072],
  ['Flux.1', 'proj_out', 3072],
  ...[15_360, 12_288, 7680].flatMap((width): [string, string, number][] => [
    ['Flux.2', 'txt_in', width],
    ['Flux.2', 'context_embedder', width],
  ]),
  ['Flux.2', 'img_in', 128],
  ['Flux.2', 'x_embedder', 128],
  ['Qwen-Image', 'img_in', 64],
  ['Qwen-Image', 'txt_in', 3584],
  ['Qwen-Image', 'proj_out', 3072],
  ['Qwen-Image', 'norm_out.linear', 3072],
  ['Sana', 'transformer_blocks.0.attn1.to_q', 1152],
  ['Sana', 'transformer_blocks.0.attn2.to_out.0', 2240],
  ['Hunyuan-DiT', 'blocks.0.attn2.kv_proj', 1024],
  ['Hunyuan-DiT', 'blocks.0.attn2.to_k', 1024],
  ['Hunyuan-DiT', 'blocks.0.mlp.fc2', 6144],
  ['Hunyuan-DiT', 'blocks.0.ff.net.2', 6144],
  ['Hunyuan-DiT', 'blocks.20.skip_linear', 2816],
  ['PixArt', 'blocks.0.cross_attn.kv_linear', 1152],
  ['PixArt', 'blocks.0.mlp.fc2', 4608],
  ['Ideogram 4', 'layers.0.attention.to_q', 4608],
  ['Ideogram 4', 'layers.0.attention.o', 4608],
  ['Ideogram 4', 'layers.0.feed_forward.w1', 4608],
  ['Krea 2', 'blocks.0.attn.wq', 6144],
  ['Krea 2', 'blocks.0.mlp.up', 6144],
  ['Krea 2', 'transformer_blocks.0.attn.to_gate', 6144],
  ['Krea 2', 'transformer_blocks.0.ff.up', 6144],
  ['CogView4', 'transformer_blocks.0.ff.net.2', 16_384],
  ['CogVideoX', 'transformer_blocks.0.attn1.to_q', 1920],
  ['CogVideoX', 'transformer_blocks.0.norm1.linear', 512],
  ['CogVideoX', 'transformer_blocks.0.norm2.linear', 512],
  ['CogVideoX', 'transformer_blocks.0.ff.net.2', 7680],
  ['CogVideoX', 'transformer_blocks.41.ff.net.2', 12_288],
  ['Mochi', 'blocks.0.attn.qkv_y', 1536],
  ['Mochi', 'transformer_blocks.0.attn1.add_q_proj', 1536],
  ['Mochi', 'transformer_blocks.0.ff_context.net.0.proj', 1536],
  ...[1536, 3072, 5120, 8960, 13_824, 14_336].map((width): [string, string, number] => [
    'Wan',
    'blocks.0.ffn.2',
    width,
  ]),
  ['LTX-Video', 'transformer_blocks.0.ff.net.2', 8192],
  ['LTX-Video', 'transformer_blocks.0.ff.net.2', 16_384],
  ['SD3', 'joint_blocks.0.context_block.mlp.fc2', 6144],
  ['SD3.5', 'joint_blocks.0.context_block.mlp.fc2', 9728],
  ['SD3.5', 'joint_blocks.0.x_block.attn2.qkv', 1536],
  ['SD3.5', 'transformer_blocks.0.attn2.to_q', 1536],
  ['Lumina 2', 'cap_embedder.1', 2304],
  ['Lumina 2', 'te.model.layers.0.self_attn.q_proj', 2304],
  ['Lumina 2', 'te.model.layers.0.mlp.gate_proj', 2304],
  ['Z-Image', 'cap_embedder.1', 2560],
  ['SDXL refiner', 'text_encoder.text_model.encoder.layers.0.self_attn.q_proj', 1280],
  ['Anima', 'te.layers.0.mlp.gate_proj', 1024],
  ['Cosmos', 't_embedder.1.linear_1', 4096],
  ['Cosmos', 't_embedder.1.linear_1', 5120],
  ['Cosmos', 't_embedder.1.linear_2', 5120],
  ['Cosmos-Predict2', 'blocks.0.cross_attn.k_proj', 1024],
  ['Cosmos-Predict2', 'transformer_blocks.0.attn2.to_k', 1024],
  ['LTX-Video', 'patchify_proj', 128],
  ['LTX-Video', 'proj_in', 128],
])('recognises %s by %s with an input of %i, and rejects another width', ([base, layer, width]) => {
  const basesOf = (input: number) => kindOf(peft(layer, input))?.base?.split(' / ') ?? []
  expect(basesOf(width)).toContain(base)
  expect(basesOf(width + 8)).not.toContain(base)
})

test('reports five possible families, and none when more are possible', () => {
  const basesOf = (block: number) =>
    kindOf(peft(`single_transformer_blocks.${block}.attn.to_q`, 3072))?.base?.split(' / ')
  expect(basesOf(27)).toEqual(['Flux.1', 'Chroma', 'Hunyuan Video', 'FramePack', 'AuraFlow'])
  // Ovis-Image has 27 blocks.
  expect(basesOf(25)).toBeUndefined()
})

test('reports no family when many are possible', () => {
  expect(kindOf(peft('transformer_blocks.0.attn.to_q', 3072))).toMatchObject({
    modelType: 'loras',
    base: null,
  })
})

test('reports no family when widths contradict all', () => {
  expect(kindOf(peft('transformer_blocks.0.attn.to_q', 77))).toMatchObject({ modelType: 'loras', base: null })
})

test.each([
  [1536, 9216, 'SD3'],
  // The first blocks of SD3.5 Medium have a second attention.
  [1536, 13_824, 'SD3.5'],
  [2432, 14_592, 'SD3.5'],
])('recognises modulations of %i × %i as %s', (input, output, base) => {
  for (const layer of ['joint_blocks.0.x_block.adaLN_modulation.1', 'transformer_blocks.0.norm1.linear']) {
    const bases = kindOf(peft(layer, input, output))?.base?.split(' / ')
    expect(
      bases?.filter((one) => one.startsWith('SD3')),
      layer,
    ).toEqual([base])
  }
})

test('distinguishes families by the output of a layer', () => {
  const basesOf = (output: number) =>
    kindOf(peft('transformer.single_transformer_blocks.0.proj_mlp', 3072, output))?.base?.split(' / ')
  // Ovis-Image has a gated activation.
  expect(basesOf(24_576)).toEqual(['Ovis-Image'])
  expect(basesOf(12_288)).toContain('Flux.1')
  expect(basesOf(12_288)).not.toContain('Ovis-Image')
})

test.for<[what: string, parts: Shapes, base: string | null]>([
  ['two whole factors', { lokr_w1: [8, 8], lokr_w2: [160, 160] }, 'SDXL'],
  ['a split second factor', { lokr_w1: [8, 8], lokr_w2_a: [160, 16], lokr_w2_b: [16, 160] }, 'SDXL'],
  ['a split first factor', { lokr_w1_a: [8, 4], lokr_w1_b: [4, 8], lokr_w2: [160, 160] }, 'SDXL'],
  ['a product of another width', { lokr_w1: [8, 8], lokr_w2: [90, 90] }, null],
  ['a split factor and another width', { lokr_w1_a: [8, 4], lokr_w1_b: [4, 8], lokr_w2: [90, 90] }, null],
  // One factor alone doesn't show the width.
  ['only the first factor', { lokr_w1: [8, 8] }, 'SDXL'],
  ['only the second factor', { lokr_w2: [160, 160] }, 'SDXL'],
])('multiplies the widths of the factors of a LoKr: one with %s is for %s', ([_what, parts, base]) => {
  const layer = 'lora_unet_middle_block_1_transformer_blocks_9_attn1_to_q'
  const shapes = Object.entries(parts).map(([part, shape]) => [`${layer}.${part}`, shape] as const)
  expect(kindOf(Object.fromEntries(shapes))).toMatchObject({ modelType: 'loras', base })
})

test('names the first tensor as evidence if no family is known', () => {
  expect(kindOf(peft('new.layer', 8))).toMatchObject({ base: null, evidence: 'new.layer.lora_A.weight' })
})

test('names a tensor of the chosen family as evidence', () => {
  const shapes = { ...peft('new.layer', 8), ...peft('transformer_blocks.59.attn.to_q', 3072) }
  expect(kindOf(shapes)?.evidence).toBe('transformer_blocks.59.attn.to_q.lora_A.weight')
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

test('describes each base model once, with lower-case words for its metadata', () => {
  const names = baseModels.map(({ base }) => base)
  expect(new Set(names).size).toBe(names.length)
  for (const { base, architectures = [] } of baseModels) {
    for (const word of architectures) expect(word, base).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*-?$/)
  }
})

test.each(['oft_R', 'oft_R.weight'])('names an adapter of %s as OFT', (ending) => {
  expect(
    kindOf({ [`base_model.model.transformer_blocks.59.attn.to_q.${ending}`]: [48, 2016] }),
  ).toMatchObject({
    base: 'Qwen-Image',
    variant: 'OFT',
  })
})
