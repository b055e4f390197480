import type { CompanionRole } from '../../contract/companions.ts'

/** A model in a file of its own that models of other families need. */
export interface Companion {
  readonly role: CompanionRole
  /** Its family as recognition names it; several joined by ` / ` if any of them fits. */
  readonly base: string
  /** Other names that recognition gives to files that fit. */
  readonly alsoBases?: readonly string[]
  /** A variant of these families that doesn't fit. */
  readonly exceptVariant?: string
  /** In names under which it is published, as words of `toNameText`. Absent for base models. */
  readonly names?: RegExp
  readonly usualName: string | null
  /** Files with other weights have the same header, so that only the name shows which of them a file is. */
  readonly needsName?: true
}

/** A name for comparison with `Companion.names`: lower case, with `-` for everything but letters and digits. */
export const toNameText = (name: string) => `-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-`

const part =
  (role: CompanionRole) =>
  (
    base: string,
    usualName: string,
    rest: Pick<Companion, 'names' | 'alsoBases' | 'exceptVariant' | 'needsName'>,
  ): Companion => ({
    role,
    base,
    usualName,
    ...rest,
  })
const text = part('text-encoder')
const vae = part('vae')
const vision = part('image-encoder')

/**
 * Text encoders, VAEs and image encoders. File names are those of ComfyUI's examples and workflow templates
 * (Comfy-Org/workflow_templates; comfyanonymous.github.io/ComfyUI_examples), and of the original publishers.
 */
export const parts = {
  clipL: text('CLIP-L', 'clip_l.safetensors', {
    alsoBases: ['Long-CLIP-L'],
    names: /-clip-?l(14)?-|vit-l-14|vit-large-patch14|long-?clip/,
  }),
  clipG: text('CLIP-G', 'clip_g.safetensors', { names: /-clip-?g-|vit-big-?g|bigg/ }),
  clipH: text('CLIP-H', 'clip_h.safetensors', { names: /-clip-?h-|vit-h-14/ }),
  t5xxl: text('T5-XXL', 't5xxl_fp16.safetensors', {
    alsoBases: ['T5'],
    names: /(?<!m)t5-?(v1-?1-?)?xxl/,
  }),
  /** T5 1.0, with the header of the later T5 1.1. */
  oldT5xxl: text('T5-XXL', 'oldt5_xxl_fp16.safetensors', {
    names: /(?<!m)t5-?(v1-?1-?)?xxl/,
    needsName: true,
  }),
  t5xl: text('T5-XL', 'pile_t5xl.safetensors', { names: /(?<!m)t5-?xl-|pile-?t5/ }),
  mt5xl: text('mT5-XL', 'mt5_xl.safetensors', { names: /(?<!u)mt5-?xl-/ }),
  t5base: text('T5-base', 't5_base.safetensors', { names: /(?<!m)t5-?base/ }),
  t5gemma: text('T5Gemma', 't5gemma.safetensors', { names: /t5-?gemma/ }),
  umt5xxl: text('UMT5-XXL', 'umt5_xxl_fp8_e4m3fn_scaled.safetensors', {
    alsoBases: ['T5'],
    names: /umt5-?xxl/,
  }),
  byt5: text('ByT5-small', 'byt5_small_glyphxl_fp16.safetensors', { names: /byt5/ }),
  bert: text('BERT', 'hydit_clip.safetensors', { names: /bert|hydit-?clip/ }),
  jinaClip: text('Jina-CLIP-2', 'jina_clip_v2_bf16.safetensors', { names: /jina/ }),
  gptOss: text('GPT-OSS-20B', 'gpt_oss_20b.safetensors', { names: /gpt-?oss/ }),
  llava: text('Llama-3-8B', 'llava_llama3_fp8_scaled.safetensors', {
    alsoBases: ['Llama'],
    names: /llava/,
    needsName: true,
  }),
  llama31: text('Llama-3-8B', 'llama_3.1_8b_instruct_fp8_scaled.safetensors', {
    alsoBases: ['Llama'],
    names: /llama-?3-?1/,
    needsName: true,
  }),
  gemma2: text('Gemma-2-2B', 'gemma_2_2b_fp16.safetensors', { alsoBases: ['Gemma'], names: /gemma-?2-/ }),
  gemma3of4B: text('Gemma-3-4B', 'gemma_3_4b_it_bf16.safetensors', {
    alsoBases: ['Gemma'],
    names: /gemma-?3-?4b/,
  }),
  gemmaOf12B: text('Gemma-3-12B / Gemma-4-12B', 'gemma_3_12B_it.safetensors', {
    alsoBases: ['Gemma'],
    names: /gemma-?[34]-?12b/,
    needsName: true,
  }),
  mistral: text('Mistral-24B', 'mistral_3_small_flux2_bf16.safetensors', {
    alsoBases: ['Mistral'],
    names: /mistral/,
  }),
  ministral: text('Ministral-3B', 'ministral_3_3b.safetensors', {
    alsoBases: ['Mistral'],
    names: /ministral/,
  }),
  qwen25of7B: text('Qwen2.5-7B-VL', 'qwen_2.5_vl_7b_fp8_scaled.safetensors', {
    alsoBases: ['Qwen2.5-7B', 'Qwen2.5-VL'],
    names: /qwen-?2-?5-(vl-?)?7b/,
  }),
  qwen25of3B: text('Qwen2.5-3B-VL', 'qwen_2.5_vl_fp16.safetensors', {
    alsoBases: ['Qwen2.5-3B', 'Qwen2.5-VL'],
    names: /qwen-?2-?5-vl-(3b|fp16|bf16)/,
  }),
  qwen3of06B: qwen3('0.6B', 'qwen_3_06b_base.safetensors', /qwen-?3-?(0-?6b|600m)/),
  qwen3of4B: qwen3('4B', 'qwen_3_4b.safetensors', /qwen-?3-?4b/),
  qwen3of8B: qwen3('8B', 'qwen_3_8b.safetensors', /qwen-?3-?8b/),
  qwen3vlOf4B: qwen3('4B-VL', 'qwen3vl_4b.safetensors', /qwen-?3-?vl-?4b/),
  qwen3vlOf8B: qwen3('8B-VL', 'qwen3vl_8b.safetensors', /qwen-?3-?vl-?8b/),
  qwen3vlOf32B: qwen3('32B-VL', 'qwen3vl_32b.safetensors', /qwen-?3-?vl-?32b/),

  vaeSd: vae('SD', 'vae-ft-mse-840000-ema-pruned.safetensors', {
    alsoBases: ['SD1', 'SD2'],
    names: /ft-?mse|ft-?ema|84\d{4}|kl-?f8|-sd-?(v?1|2)?-?(5-)?vae|orangemix|anything|blessed|clearvae/,
    needsName: true,
  }),
  vaeSdxl: vae('SDXL', 'sdxl_vae.safetensors', {
    names: /-(sd-?)?xl-|sdxl|xl-?vae|vae-?xl/,
    needsName: true,
  }),
  vaeSd3: vae('SD3', 'sd3_vae.safetensors', { names: /sd-?3/, needsName: true }),
  /** Flux.2 was published under the same name. */
  vaeFlux1: vae('Flux.1', 'ae.safetensors', { names: /-ae-|flux(?!-?2)/, needsName: true }),
  vaeFlux2: vae('Flux.2', 'flux2-vae.safetensors', { names: /flux-?2|-ae-/ }),
  /** Qwen-Image's VAE has the encoder of Wan's. */
  vaeWan: vae('Wan', 'wan_2.1_vae.safetensors', {
    alsoBases: ['Qwen-Image'],
    exceptVariant: 'Layered',
    names: /wan(?!-?(video-?)?2-?2)|qwen/,
    needsName: true,
  }),
  vaeQwenImage: vae('Qwen-Image', 'qwen_image_vae.safetensors', {
    alsoBases: ['Wan'],
    exceptVariant: 'Layered',
    names: /qwen|wan(?!-?(video-?)?2-?2)/,
    needsName: true,
  }),
  vaeQwenImage21: vae('Qwen-Image 2.1', 'qwen_image_2.1_vae.safetensors', { names: /qwen-?image-?2-?1/ }),
  vaeWan22: vae('Wan 2.2', 'wan2.2_vae.safetensors', { names: /wan-?(video-?)?2-?2/ }),
  vaeHunyuanVideo: vae('Hunyuan Video', 'hunyuan_video_vae_bf16.safetensors', {
    names: /hunyuan-?(video)?(?!-?(video-?)?(1-?5|15)|-?image|-?3d)|-hyv/,
  }),
  vaeHunyuanVideo15: vae('Hunyuan Video 1.5', 'hunyuanvideo15_vae_fp16.safetensors', {
    names: /hunyuan-?video-?(1-5|15)/,
  }),
  vaeHunyuanImage: vae('Hunyuan Image', 'hunyuan_image_2.1_vae_fp16.safetensors', {
    names: /hunyuan-?image/,
  }),
  vaeLtx: vae('LTX-Video', 'ltxv_vae.safetensors', { names: /ltx/ }),
  vaeMochi: vae('Mochi', 'mochi_vae.safetensors', { names: /mochi/ }),
  vaeCogVideoX: vae('CogVideoX', 'cogvideox_vae_bf16.safetensors', { names: /cog-?video/ }),
  vaeCosmos: vae('Cosmos', 'cosmos_cv8x8x8_1.0.safetensors', { names: /cosmos/ }),
  vaeStableAudio: vae('Stable Audio', 'stable_audio_vae.safetensors', { names: /stable-?audio/ }),
  vaeStableAudio3: vae('Stable Audio 3', 'stable_audio_3_vae.safetensors', { names: /stable-?audio-?3/ }),

  clipVisionH: vision('CLIP-ViT-H', 'clip_vision_h.safetensors', {
    names: /clip-?vision-?h-|vit-h-14|xlm-roberta-large-vit-huge|image-encoder/,
  }),
  clipVision336: vision('CLIP-ViT-L-336', 'llava_llama3_vision.safetensors', {
    alsoBases: ['CLIP-ViT-L'],
    names: /llava-?llama-?3-?vision|vit-l.*336|vit-large-patch14-336/,
  }),
  siglip: vision('SigLIP', 'sigclip_vision_patch14_384.safetensors', { names: /sig-?(c?lip)/ }),
} as const satisfies Readonly<Record<string, Companion>>

function qwen3(size: string, usualName: string, names: RegExp): Companion {
  const alsoBases = size.endsWith('-VL') ? ['Qwen3-VL'] : ['Qwen3']
  return { role: 'text-encoder', base: `Qwen3-${size}`, usualName, names, alsoBases }
}

export const allParts: readonly Companion[] = Object.values(parts)
