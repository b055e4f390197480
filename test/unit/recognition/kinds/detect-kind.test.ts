import { expect, test } from 'vitest'
import type { Header } from '../../../../electron/recognition/formats/header.ts'
import { detectKind } from '../../../../electron/recognition/kinds/detect-kind.ts'
import { parseSafetensors } from '../../../../electron/recognition/formats/safetensors.ts'
import { families } from '../../../fixtures/families.ts'
import { flux, half, withPrefix } from '../../../fixtures/family.ts'
import type { Family } from '../../../fixtures/family.ts'
import { safetensorsHeader } from '../../../fixtures/model-files.ts'
import type { FixtureTensors } from '../../../fixtures/model-files.ts'

function headerOf(tensors: FixtureTensors, metadata: Readonly<Record<string, string>> = {}): Header {
  const read = parseSafetensors(safetensorsHeader(tensors, metadata).header.subarray(8))
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

test('recognises every family by its tensors', () => {
  const all = Object.entries<Family>(families).filter(([, { folder }]) => folder === undefined)
  const expected = Object.fromEntries(
    all.map(([name, { modelType, base, variant = null }]) => [name, { modelType, base, variant }]),
  )
  const detected = Object.fromEntries(
    all.map(([name, family]) => {
      const kind = detectKind(headerOf(family.tensors, family.metadata))
      return [name, kind && { modelType: kind.modelType, base: kind.base, variant: kind.variant ?? null }]
    }),
  )
  expect(detected).toEqual(expected)
})

const vectors = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_none, index) => [`v${index}`, half(4, 768)]))

test.for<[what: string, tensors: FixtureTensors, base: string | null]>([
  ['one vector', { one: half(768) }, 'SD1'],
  ['255 rows', { rows: half(255, 1024) }, 'SD2'],
  ['rows of the larger encoder of SDXL', { rows: half(1, 1280) }, 'SDXL'],
  ['nine tensors of rows', vectors(9), 'SD1'],
  ['vectors of both encoders of SDXL', { clip_l: half(2, 768), clip_g: half(2, 1280) }, 'SDXL'],
  [
    'vectors of the three encoders of SD3',
    { clip_l: half(2, 768), clip_g: half(2, 1280), t5xxl: half(2, 4096) },
    'SD3 / SD3.5',
  ],
  ['vectors of one named encoder', { clip_l: half(2, 768), other: half(3, 3, 3) }, 'SD1'],
  ['vectors of the trainer of AUTOMATIC1111', { 'string_to_param.*': half(2, 768) }, 'SD1'],
  ['vectors of an unknown width with a known name', { emb_params: half(2, 77) }, null],
])('takes %s for an embedding', ([_what, tensors, base]) => {
  expect(detectKind(headerOf(tensors))).toMatchObject({ modelType: 'embeddings', base })
})

const loraOfFlux = {
  'double_blocks.18.img_attn.proj.lora_down.weight': half(16, 3072),
  'double_blocks.18.img_attn.proj.lora_up.weight': half(3072, 16),
}
const alphaOfFlux = { 'double_blocks.18.img_attn.proj.alpha': half() }
const bias = { 'final_layer.linear.bias': half(64) }

test.for<[what: string, modelType: string, tensors: FixtureTensors]>([
  ['2 of 5 tensors', 'diffusion_models', { ...flux, ...loraOfFlux }],
  ['3 of 6 tensors', 'loras', { ...flux, ...loraOfFlux, ...alphaOfFlux }],
  ['3 of 7 tensors', 'diffusion_models', { ...flux, ...bias, ...loraOfFlux, ...alphaOfFlux }],
])('recognises a file with %s from a LoRA as %s', ([_what, modelType, tensors]) => {
  expect(detectKind(headerOf(tensors))?.modelType).toBe(modelType)
})

test('recognises a LoRA beside more whole tensors, which show no model', () => {
  const whole = { ...bias, 'a.weight': half(9, 9), 'b.weight': half(9, 9) }
  expect(detectKind(headerOf({ ...whole, ...loraOfFlux }))?.modelType).toBe('loras')
})

test('recognises a checkpoint by the prefix of its diffusion model beside other parts', () => {
  const vae = { 'vae.decoder.conv_in.weight': half(512, 16, 3, 3) }
  expect(detectKind(headerOf({ ...withPrefix('diffusion_model.', flux), ...vae }))).toMatchObject({
    modelType: 'checkpoints',
    contains: ['vae'],
  })
  const bare = detectKind(headerOf({ ...flux, ...vae }))
  expect([bare?.modelType, bare?.contains]).toEqual(['diffusion_models', undefined])
})

const pixartBlock = { 't_block.1.weight': half(6912, 1152) }
const wanOf5B = { 'head.modulation': half(1, 2, 3072), 'blocks.0.self_attn.q.weight': half(3072, 3072) }
const vaeOfHunyuanImage3: FixtureTensors = Object.fromEntries(
  [0, 1, 2, 3, 4, 5].map((block) => [`vae.decoder.up.${block}.block.0.conv1.weight`, half(64, 64, 3, 3, 3)]),
)

/** Of each, only what it shares with the other family and what it has of its own. */
test.for<[what: string, tensors: FixtureTensors, expected: readonly (string | null)[] | null]>([
  ['PixArt', pixartBlock, ['diffusion_models', 'PixArt', null]],
  [
    'Sana (NVlabs/Sana, sana_multi_scale.py)',
    {
      't_block.1.weight': half(13_440, 2240),
      'attention_y_norm.weight': half(2240),
      'blocks.0.cross_attn.q_linear.weight': half(2240, 2240),
    },
    ['diffusion_models', 'Sana', null],
  ],
  [
    'Open-Sora 1.0 (hpcaitech/Open-Sora, stdit.py)',
    { ...pixartBlock, 'blocks.0.attn_temp.qkv.weight': half(3456, 1152) },
    null,
  ],
  [
    'Open-Sora 1.2 (hpcaitech/Open-Sora, stdit3.py)',
    { ...pixartBlock, 'spatial_blocks.0.attn.qkv.weight': half(3456, 1152) },
    null,
  ],
  [
    'Step1X-Edit (stepfun-ai/Step1X-Edit, model_edit.py)',
    {
      'double_blocks.0.img_attn.norm.key_norm.scale': half(128),
      'img_in.weight': half(3072, 64),
      'vector_in.in_layer.weight': half(3072, 768),
      'txt_in.weight': half(3072, 4096),
      'connector.S.input_embedder.weight': half(4096, 3584),
    },
    ['diffusion_models', 'Step1X-Edit', null],
  ],
  [
    'HunyuanImage-3.0 (Tencent-Hunyuan/HunyuanImage-3.0, modeling_hunyuan_image_3.py)',
    {
      'model.wte.weight': half(133_120, 4096),
      'model.layers.0.self_attn.qkv_proj.weight': half(6144, 4096),
      'patch_embed.model.0.weight': half(1024, 32, 3, 3),
      'vision_model.embeddings.patch_embedding.weight': half(1152, 768),
      'vae.decoder.conv_in.weight': half(1024, 32, 3, 3, 3),
      ...vaeOfHunyuanImage3,
    },
    ['diffusion_models', 'Hunyuan Image 3', null],
  ],
  [
    'HunyuanImage-3.0’s VAE alone',
    { 'vae.decoder.conv_in.weight': half(1024, 32, 3, 3, 3), ...vaeOfHunyuanImage3 },
    ['vae', 'Hunyuan Image 3', null],
  ],
  [
    'Qwen-Image Layered’s VAE in Wan’s names',
    {
      'encoder.conv1.weight': half(96, 4, 3, 3, 3),
      'decoder.middle.0.residual.0.gamma': half(384, 1, 1, 1),
    },
    ['vae', 'Qwen-Image', 'Layered'],
  ],
  [
    'Qwen-Image Layered’s VAE of diffusers',
    {
      'encoder.conv_in.weight': half(96, 4, 3, 3, 3),
      'decoder.conv_in.weight': half(384, 16, 3, 3, 3),
    },
    ['vae', 'Qwen-Image', 'Layered'],
  ],
  [
    'Wan2.2-Fun-5B-InP, which has 48 latent channels, a mask of 4 and an image of 48',
    { ...wanOf5B, 'patch_embedding.weight': half(3072, 100, 1, 2, 2) },
    ['diffusion_models', 'Wan', '2.2 5B I2V'],
  ],
  [
    'Wan2.2-Fun-5B-Control, which has control images too',
    { ...wanOf5B, 'patch_embedding.weight': half(3072, 148, 1, 2, 2) },
    ['diffusion_models', 'Wan', '2.2 5B control'],
  ],
  [
    'another model with a VAE of more than five tensors',
    {
      'vae.decoder.conv_in.weight': half(1024, 32, 3, 3, 3),
      ...vaeOfHunyuanImage3,
      'model.embed.weight': half(512, 512),
    },
    null,
  ],
])('recognises %s', ([_what, tensors, expected]) => {
  const kind = detectKind(headerOf(tensors))
  expect(kind && [kind.modelType, kind.base, kind.variant ?? null]).toEqual(expected)
})

test('takes the base from the metadata when the tensors don’t show it', () => {
  const tensors = families['LoHa of unknown base'].tensors
  expect(detectKind(headerOf(tensors, { ss_base_model_version: 'sdxl_base_v1-0' }))?.base).toBe('SDXL')
  expect(detectKind(headerOf(tensors, { 'modelspec.architecture': 'stable-diffusion-v1/lora' }))?.base).toBe(
    'SD1',
  )
})

test('lets the metadata choose among bases that the tensors leave open, and add no other', () => {
  const { tensors } = families['Flux.1 VAE']
  const baseOf = (architecture: string) =>
    detectKind(headerOf(tensors, { 'modelspec.architecture': architecture }))?.base
  expect(baseOf('flux-1-dev/vae')).toBe('Flux.1')
  expect(baseOf('stable-diffusion-v1/vae')).toBe('Flux.1 / SD3')
})

test('takes the type from the metadata when the tensors are unknown', () => {
  const tensors: FixtureTensors = { 'odd.weight': { dtype: 'F32', shape: [300, 300] } }
  expect(detectKind(headerOf(tensors, { 'modelspec.architecture': 'flux-1-dev/lora' }))).toEqual({
    modelType: 'loras',
    base: 'Flux.1',
    evidence: 'modelspec.architecture',
  })
})
