import { expect, test } from 'vitest'
import { modelTypeByName, refineKindByName } from '../../../../electron/recognition/kinds/name-evidence.ts'
import type { Kind } from '../../../../electron/recognition/kinds/kind.ts'
import { detectQuantisation } from '../../../../electron/recognition/kinds/quantisation.ts'

const vae = (base: string): Kind => ({ modelType: 'vae', base, evidence: 'decoder.conv_in.weight' })
const flux2 = (variant?: string): Kind => ({
  modelType: 'diffusion_models',
  base: 'Flux.2',
  ...(variant === undefined ? {} : { variant }),
  evidence: 'img_in.weight',
})
const wan = (variant: string, modelType = 'diffusion_models'): Kind => ({
  modelType,
  base: 'Wan',
  variant,
  evidence: 'head.modulation',
})
const refine = (kind: Kind, name: string) => {
  const { kind: found, note } = refineKindByName(kind, name)
  return [found.base, found.variant ?? null, note?.key ?? null, note?.params['answer'] ?? null]
}

test.each([
  [vae('SD / SDXL'), 'sdxl_vae_fp16.safetensors', ['SDXL', null, 'note.by-name', 'SDXL']],
  [vae('SD / SDXL'), 'vae-ft-mse-840000-ema.safetensors', ['SD1', null, 'note.by-name', 'SD1']],
  [vae('SD / SDXL'), 'mine.safetensors', ['SD / SDXL', null, 'note.open', null]],
  [vae('Flux.1 / SD3'), 'ae.safetensors', ['Flux.1', null, 'note.by-name', 'Flux.1']],
  [vae('Wan / Qwen-Image'), 'qwen_image_vae.safetensors', ['Qwen-Image', null, 'note.by-name', 'Qwen-Image']],
  [wan('14B T2V'), 'wan2.2_t2v_high_noise_14B.safetensors', ['Wan', '2.2 14B T2V', 'note.by-name', 'high']],
  [wan('14B T2V'), 'wan2.1_t2v_14B.safetensors', ['Wan', '2.1 14B T2V', 'note.by-name', 'old']],
  [wan('14B T2V'), 'video.safetensors', ['Wan', '14B T2V', 'note.open', null]],
  [wan('14B T2V'), 'wan22_t2v_LowNoise_14b.safetensors', ['Wan', '2.2 14B T2V', 'note.by-name', 'low']],
  [wan('14B T2V'), 'wan22Remix_T2VHighV20.safetensors', ['Wan', '2.2 14B T2V', 'note.by-name', 'high']],
  [wan('14B T2V'), 'wan2.2_14b_t2v_high.safetensors', ['Wan', '2.2 14B T2V', 'note.by-name', 'high']],
  [wan('14B T2V'), 'wan2.2_t2v_high_v2.1.safetensors', ['Wan', '2.2 14B T2V', 'note.by-name', 'high']],
  [wan('14B T2V'), 'Wan2.1-T2V-14B-FlowGRPO.safetensors', ['Wan', '2.1 14B T2V', 'note.by-name', 'old']],
  [wan('14B T2V'), 'wan2.1_t2v_14B_highres.safetensors', ['Wan', '2.1 14B T2V', 'note.by-name', 'old']],
  [wan('14B T2V'), 'wan2.1_high_quality_14B.safetensors', ['Wan', '2.1 14B T2V', 'note.by-name', 'old']],
  [wan('14B T2V'), 'wan_slow_motion_14b.safetensors', ['Wan', '14B T2V', 'note.open', null]],
  [wan('14B', 'loras'), 'dance_low_noise.safetensors', ['Wan', '14B', 'note.by-name', 'low']],
  [wan('14B', 'loras'), 'Wan2.1_glow_effect.safetensors', ['Wan', '14B', 'note.open', null]],
  [wan('14B', 'loras'), 'thighs_wan.safetensors', ['Wan', '14B', 'note.open', null]],
  [
    wan('2.2 14B I2V'),
    'wan2.2_low_noise_high_quality.safetensors',
    ['Wan', '2.2 14B I2V', 'note.by-name', 'low'],
  ],
  [vae('Flux.1 / Chroma'), 'my_chroma_style.safetensors', ['Chroma', null, 'note.by-name', 'Chroma']],
  [
    vae('Flux.1 / Chroma'),
    'flux_chromatic_aberration.safetensors',
    ['Flux.1', null, 'note.by-name', 'Flux.1'],
  ],
  [vae('Flux.1 / Chroma'), 'fluxdev_portrait.safetensors', ['Flux.1', null, 'note.by-name', 'Flux.1']],
  [
    vae('Hunyuan Video / FramePack'),
    'FramePack_style.safetensors',
    ['FramePack', null, 'note.by-name', 'FramePack'],
  ],
  [
    vae('LongCat-Image / Flux.2'),
    'LongCat-Image-style.safetensors',
    ['LongCat-Image', null, 'note.by-name', 'LongCat-Image'],
  ],
  [vae('Flux.1 / Chroma'), 'FluxDFaces.safetensors', ['Flux.1', null, 'note.by-name', 'Flux.1']],
  [vae('Flux.1 / Chroma'), 'Chroma1-HD_style.safetensors', ['Chroma', null, 'note.by-name', 'Chroma']],
  [vae('Flux.1 / Chroma'), 'style.safetensors', ['Flux.1 / Chroma', null, 'note.open', null]],
  [vae('SD1 / SD2'), 'sdxl-style.safetensors', ['SD1 / SD2', null, 'note.open', null]],
  [vae('SD1 / SD2'), 'sd1-sd2-merge.safetensors', ['SD1 / SD2', null, 'note.open', null]],
  [vae('Wan'), 'wan_high.safetensors', ['Wan', null, null, null]],
  [{ ...vae('Wan'), modelType: 'loras' }, 'style_high.safetensors', ['Wan', null, null, null]],
  [wan('2.2 14B I2V'), 'i2v_low_noise.safetensors', ['Wan', '2.2 14B I2V', 'note.by-name', 'low']],
  [wan('2.2 14B I2V'), 'i2v.safetensors', ['Wan', '2.2 14B I2V', 'note.open', null]],
  [flux2('Klein 4B'), 'klein-base-4b.safetensors', ['Flux.2', 'Klein 4B', 'note.by-name', 'base']],
  [flux2('Klein 9B'), 'klein-9b.safetensors', ['Flux.2', 'Klein 9B', 'note.open', null]],
  [flux2('dev'), 'flux2-base.safetensors', ['Flux.2', 'dev', null, null]],
  [flux2(), 'flux2-base.safetensors', ['Flux.2', null, null, null]],
  [wan('2.2 5B TI2V'), 'wan2.2_high.safetensors', ['Wan', '2.2 5B TI2V', null, null]],
])('refines %o by the name %s to %j', (kind, name, expected) => {
  expect(refine(kind, name)).toEqual(expected)
})

test.for([
  [vae('Flux.1 / Chroma'), 'my_Chroma_style.safetensors', 'chroma'],
  [vae('Hunyuan Video / Wan'), 'hunyuan_video_style.safetensors', 'hunyuan-video'],
  [vae('SD / SDXL'), 'My_SD_XL_vae.safetensors', 'sd_xl'],
] as const)('decides about %j by the words in the name %s: %s', ([kind, name, hint]) => {
  expect(refineKindByName(kind, name).note).toMatchObject({ key: 'note.by-name', params: { hint } })
})

test('detects the quantisation of a model’s weights', () => {
  const tensors = (names: readonly string[], dtype = 'U8') =>
    new Map(names.map((name) => [name, { dtype, shape: [8], sizeBytes: 8 }]))
  expect(detectQuantisation(tensors(['a.weight', 'a.weight.quant_state.bitsandbytes__nf4']))).toBe('NF4')
  expect(detectQuantisation(tensors(['a.weight', 'a.scale_weight'], 'F8_E4M3'))).toBe('F8_E4M3 scaled')
  expect(detectQuantisation(tensors(['a.weight', 'a.scale'], 'I8'))).toBe('I8 scaled')
  expect(detectQuantisation(tensors(['norm.weight', 'norm.scale'], 'F16'))).toBeNull()
  expect(detectQuantisation(tensors(['a.weight'], 'F16'))).toBeNull()
})

/** Names, element types and shapes of ComfyUI, quant_ops.py, and nunchaku, models/linear.py. */
test.each([
  [
    'packed weights with two scales',
    { 'a.weight': 'U8', 'a.weight_scale': 'F8_E4M3', 'a.weight_scale_2': 'F32', 'a.comfy_quant': 'U8' },
    'NVFP4',
  ],
  ['eight bits with two scales', { 'a.weight': 'F8_E4M3', 'a.weight_scale_2': 'F32' }, null],
  ['nunchaku’s integers', { 'a.qweight': 'I8', 'a.wscales': 'BF16', 'b.bias': 'BF16' }, 'INT4'],
  [
    'nunchaku’s floats behind layers of integers',
    {
      'a.norm.qweight': 'I32',
      'a.norm.wscales': 'BF16',
      'a.qweight': 'I8',
      'a.wcscales': 'BF16',
      'a.wscales': 'F8_E4M3',
    },
    'NVFP4',
  ],
] as const)('detects the quantisation of %s', (_what, dtypes, quantisation) => {
  const tensors = Object.entries(dtypes).map(
    ([name, dtype]) => [name, { dtype, shape: [8], sizeBytes: 8 }] as const,
  )
  expect(detectQuantisation(new Map(tensors))).toBe(quantisation)
})

test.each([
  ['my embedding.pt', 'embeddings'],
  ['textual-inversion-cat.bin', 'embeddings'],
  ['embedding_model.onnx', undefined],
  ['Qwen3-Embedding-0.6B-Q8_0.gguf', undefined],
  ['text_encoder.onnx', 'text_encoders'],
  ['ltx-2-temporal-upscaler-x2-1.0.safetensors', 'latent_upscale_models'],
  ['ltxv-spatial-upscaler-0.9.7.safetensors', 'latent_upscale_models'],
  ['hunyuanvideo15_latent_upsampler_1080p.safetensors', 'latent_upscale_models'],
  ['4x_NMKD-Superscale_upscaler.pth', 'upscale_models'],
])('suggests for the name %s the type %s', (name, modelType) => {
  expect(modelTypeByName(name)?.modelType).toBe(modelType)
})
