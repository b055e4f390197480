import type { TensorNames } from './tensor-names.ts'

type VariantDetector = (names: TensorNames) => string | null

const width = (names: TensorNames, key: string) => names.shape(key).at(-1)
const joinWords = (...parts: readonly (string | false | undefined)[]) =>
  parts.filter(Boolean).join(' ') || null

/** By input channels of Stable Diffusion's UNet: latents alone, or with a mask, an image or a depth map. */
const unet: VariantDetector = (names) => {
  const first = ['input_blocks.0.0.weight', 'conv_in.weight'].find(names.has)
  const channels = first === undefined ? undefined : names.shape(first)[1]
  return { 9: 'inpainting', 8: 'edit', 5: 'depth' }[channels ?? 0] ?? null
}

/** The depth is the width of the first layer divided by 64 (ComfyUI, model_detection.py). */
const sd3: VariantDetector = (names) => {
  if (names.matching(/^joint_blocks\.\d+\.x_block\.attn2\./) !== undefined) return 'Medium'
  const depth = (names.shape('x_embedder.proj.weight')[0] ?? 0) / 64
  return { 24: 'Medium', 38: 'Large' }[depth] ?? null
}

const cascade: VariantDetector = (names) => {
  const text = names.shape('clip_txt_mapper.weight')[0]
  if (text !== undefined) return text === 1536 ? 'C lite' : 'C'
  return names.has('clip_mapper.weight') ? 'B' : null
}

/** Only dev has distilled guidance. Wider input: a mask and an image (Fill), or one image (Canny, Depth). */
const flux1: VariantDetector = (names) => {
  const guidance =
    names.startingWith('guidance_in.') ?? names.startingWith('time_text_embed.guidance_embedder.')
  const channels = width(names, 'img_in.weight') ?? width(names, 'x_embedder.weight')
  return joinWords(
    guidance === undefined ? 'schnell' : 'dev',
    { 384: 'Fill', 128: 'Canny or Depth' }[channels ?? 0],
  )
}

const flux2: VariantDetector = (names) => {
  const text = width(names, 'txt_in.weight') ?? width(names, 'context_embedder.weight')
  return { 15_360: 'dev', 12_288: 'Klein 9B', 7_680: 'Klein 4B' }[text ?? 0] ?? null
}

const wanPurposes: readonly (readonly [start: string, purpose: string])[] = [
  ['vace_', 'VACE'],
  ['face_adapter.', 'Animate'],
  ['control_adapter.', 'camera'],
  ['casual_audio_encoder.', 'S2V'],
  ['audio_proj.', 'HuMo'],
]

/** The width shows the size and the input channels the purpose; only 2.1 has an image embedding. */
const wan: VariantDetector = (names) => {
  const [inner, channels] = names.shape('patch_embedding.weight')
  const size = { 1536: '1.3B', 3072: '5B', 5120: '14B' }[inner ?? 0]
  const purpose = wanPurposes.find(([start]) => names.startingWith(start) !== undefined)?.[1]
  if (channels === 48) return joinWords('2.2', size, purpose ?? 'TI2V')
  if (purpose !== undefined) return joinWords(size, purpose)
  if (channels !== 36) return joinWords(size === '1.3B' && '2.1', size, channels === 16 && 'T2V')
  return joinWords(names.startingWith('img_emb.proj.') === undefined ? '2.2' : '2.1', size, 'I2V')
}

const variants: Readonly<Record<string, VariantDetector>> = {
  SD1: unet,
  SD2: unet,
  SDXL: unet,
  SD3: sd3,
  'SD3.5': sd3,
  'Stable Cascade': cascade,
  'Flux.1': flux1,
  'Flux.2': flux2,
  Wan: wan,
  'Qwen-Image': (names) => (names.has('__index_timestep_zero__') ? 'Edit 2511' : null),
  'Hunyuan Video': (names) =>
    names.startingWith('cond_type_embedding.') !== undefined && names.startingWith('vision_in.') !== undefined
      ? '1.5'
      : null,
  'LTX-Video': (names) => (names.startingWith('audio_adaln_single.') === undefined ? null : 'with sound'),
}

/** Size or purpose of a diffusion model within its family, or null. */
export function variantOf(base: string | null, names: TensorNames): string | null {
  return base !== null && Object.hasOwn(variants, base) ? (variants[base]?.(names) ?? null) : null
}
