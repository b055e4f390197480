import { baseByTextWidth } from './controlnet.ts'
import { variantOf } from './variants.ts'
import type { TensorNames } from './tensor-names.ts'

export interface DiffusionBase {
  /** Null for a diffusion model of unknown family. */
  readonly base: string | null
  readonly variant: string | null
  readonly evidence: string
}

/** One family: all `keys` must exist and `unless` must not. A key that ends in `.` or `_` is a prefix. */
interface Fingerprint {
  readonly keys: readonly string[]
  readonly unless?: string
  readonly base: string | ((names: TensorNames) => string | null)
}

const fluxNorm = [
  'double_blocks.0.img_attn.norm.key_norm.scale',
  'double_blocks.0.img_attn.norm.key_norm.weight',
]
const forEachFluxNorm = (keys: readonly string[], base: string): Fingerprint[] =>
  fluxNorm.map((norm) => ({ keys: [norm, ...keys], base }))

const lastWidth = (names: TensorNames, key: string) => names.shape(key).at(-1)

/** In order of precedence (ComfyUI, model_detection.py): later ones may match files of earlier ones too. */
const fingerprints: readonly Fingerprint[] = [
  // PiD is PixelDiT with a second input.
  { keys: ['pixel_embedder.proj.weight', 'lq_proj.'], base: 'PiD' },
  { keys: ['pixel_embedder.proj.weight', 'pixel_blocks.'], base: 'PixelDiT' },
  ...forEachFluxNorm(['distilled_guidance_layer.', 'nerf_blocks.'], 'Chroma Radiance'),
  ...forEachFluxNorm(['distilled_guidance_layer.'], 'Chroma'),
  ...forEachFluxNorm(['img_in.weight', 'double_stream_modulation_img.lin.weight'], 'Flux.2'),
  ...forEachFluxNorm(['img_in.weight'], 'Flux.1'),
  {
    keys: ['txt_in.individual_token_refiner.blocks.0.norm1.weight'],
    // Hunyuan Video 1.5 and Hunyuan Image have ByT5; only the former has an image input.
    base: (names) =>
      names.startingWith('byt5_in.') !== undefined && names.startingWith('vision_in.') === undefined
        ? 'Hunyuan Image'
        : 'Hunyuan Video',
  },
  { keys: ['mlp_t5.0.weight'], base: 'Hunyuan-DiT' },
  { keys: ['latent_in.weight'], base: 'Hunyuan3D' },
  {
    keys: ['joint_blocks.0.context_block.attn.qkv.weight'],
    base: (names) => (names.startingWith('joint_blocks.0.context_block.attn.ln_q.') ? 'SD3.5' : 'SD3'),
  },
  { keys: ['clf.1.weight', 'clip_txt_mapper.weight'], base: 'Stable Cascade' },
  { keys: ['clf.1.weight', 'clip_mapper.weight'], base: 'Stable Cascade' },
  {
    keys: ['txt_norm.weight', 'img_in.weight', 'transformer_blocks.'],
    unless: 'context_embedder.weight',
    base: 'Qwen-Image',
  },
  {
    keys: ['noise_refiner.0.attention.k_norm.weight', 'cap_embedder.1.weight'],
    base: (names) =>
      ({ 3840: 'Z-Image', 2304: 'Lumina 2' })[names.shape('cap_embedder.1.weight')[0] ?? 0] ?? null,
  },
  { keys: ['head.modulation', 'patch_embedding.weight', 'blocks.0.self_attn.q.weight'], base: 'Wan' },
  { keys: ['caption_projection.0.linear.weight'], base: 'HiDream' },
  {
    keys: ['adaln_single.emb.timestep_embedder.linear_1.bias'],
    unless: 'pos_embed.proj.bias',
    base: 'LTX-Video',
  },
  { keys: ['t_block.1.weight'], base: 'PixArt' },
  { keys: ['blocks.block0.blocks.0.block.attn.to_q.0.weight'], base: 'Cosmos' },
  { keys: ['blocks.0.mlp.layer1.weight', 'llm_adapter.'], base: 'Anima' },
  { keys: ['blocks.0.mlp.layer1.weight'], base: 'Cosmos-Predict2' },
  { keys: ['double_layers.0.attn.w1q.weight'], base: 'AuraFlow' },
  { keys: ['t5_yproj.weight'], base: 'Mochi' },
  { keys: ['time_caption_embed.timestep_embedder.linear_1.bias'], base: 'OmniGen2' },
  { keys: ['genre_embedder.'], base: 'ACE-Step' },
  { keys: ['blocks.0.norm1.linear.weight'], base: 'CogVideoX' },
  { keys: ['txtfusion.projector.weight'], base: 'Krea 2' },
  { keys: ['visual_transformer_blocks.0.cross_attention.key_norm.weight'], base: 'Kandinsky 5' },
  // the same models with diffusers' names
  { keys: ['single_transformer_blocks.', 'double_stream_modulation_img.'], base: 'Flux.2' },
  { keys: ['single_transformer_blocks.', 'distilled_guidance_layer.'], base: 'Chroma' },
  { keys: ['single_transformer_blocks.', 'transformer_blocks.', 'x_embedder.weight'], base: 'Flux.1' },
  { keys: ['transformer_blocks.0.attn.add_q_proj.weight', 'pos_embed.proj.weight'], base: 'SD3' },
]

/** The family of a diffusion model by its names without prefix, or null if it is none. */
export function detectDiffusionBase(names: TensorNames): DiffusionBase | null {
  for (const { keys, unless, base } of fingerprints) {
    const found = keys.map((key) => findTensor(names, key))
    const [evidence] = found
    if (evidence === undefined || found.includes(undefined)) continue
    if (unless !== undefined && names.has(unless)) continue
    const family = typeof base === 'string' ? base : base(names)
    return { base: family, variant: variantOf(family, names), evidence }
  }
  return detectUnetBase(names)
}

function findTensor(names: TensorNames, key: string): string | undefined {
  if (key.endsWith('.') || key.endsWith('_')) return names.startingWith(key)
  return names.has(key) ? key : undefined
}

/** The UNets of Stable Diffusion, distinguished by the width of their text embeddings. */
function detectUnetBase(names: TensorNames): DiffusionBase | null {
  const video = names.matching(/time_stack\.0\.attn1\.to_q\.weight$/)
  if (video !== undefined) return { base: 'SVD', variant: null, evidence: video }
  if (names.has('input_blocks.0.0.weight')) {
    const key = [
      'input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight',
      'input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight',
      'input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight',
    ].find(names.has)
    const width = key === undefined ? undefined : lastWidth(names, key)
    return unetResult(names, width, key ?? 'input_blocks.0.0.weight')
  }
  const diffusers = names.matching(
    /^down_blocks\.\d\.attentions\.0\.transformer_blocks\.0\.attn2\.to_k\.weight$/,
  )
  if (diffusers === undefined || !names.has('conv_in.weight')) return null
  return unetResult(names, lastWidth(names, diffusers), diffusers)
}

function unetResult(names: TensorNames, width: number | undefined, evidence: string): DiffusionBase {
  const base = unetBaseByWidth(width)
  return { base, variant: variantOf(base, names), evidence }
}

function unetBaseByWidth(width: number | undefined): string | null {
  return width === 1280 ? 'SDXL refiner' : baseByTextWidth(width)
}
