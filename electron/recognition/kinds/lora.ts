import { baseByTextWidth } from './controlnet.ts'
import { baseFromMetadata } from './metadata-evidence.ts'
import type { Kind } from './kind.ts'
import type { TensorNames } from './tensor-names.ts'

/** Tensor name endings of kohya, PEFT, diffusers, XLabs, DoRA, LoHa, LoKr, OFT and full differences. */
const loraEnding =
  /(\.lora_(down|up|mid)\.weight|[._]lora_[AB](\.\w+)?\.weight|[._]lora\d*\.(down|up)\.weight|\.alpha|\.dora_scale|\.hada_[wt]\d(_[ab])?|\.lokr_[wt]\d(_[ab])?|\.oft_(blocks|diag)|\.diff(_b)?)$/
const downEnding = /(\.lora_down|[._]lora_A(\.\w+)?|[._]lora\d*\.down)\.weight$/

/** Share of LoRA tensors in a file, 0 to 1. */
export function loraShare(names: TensorNames): number {
  let count = 0
  for (const name of names.all()) if (loraEnding.test(name)) count += 1
  return count / names.count
}

/**
 * A LoRA of any type. Metadata takes precedence for its base, because some families share all tensor names.
 */
export function loraKind(names: TensorNames, metadata: ReadonlyMap<string, string>): Kind {
  const detected = baseFromNames(names)
  const evidence = detected?.evidence ?? names.matching(loraEnding) ?? ''
  const base = baseFromMetadata(metadata) ?? detected?.base ?? null
  return { modelType: 'loras', base, variant: loraVariant(base, names), evidence }
}

const adapterTypes: readonly (readonly [ending: RegExp, name: string])[] = [
  [/\.dora_scale$/, 'DoRA'],
  [/\.hada_w1_a$/, 'LoHa'],
  [/\.lokr_w1(_a)?$/, 'LoKr'],
  [/\.oft_(blocks|diag)$/, 'OFT'],
]

/** The adapter type unless it is a plain LoRA, and for Wan the size. */
function loraVariant(base: string | null, names: TensorNames): string | null {
  const adapterType = adapterTypes.find(([ending]) => names.matching(ending) !== undefined)?.[1]
  const control = names.shape('img_in.lora_A.weight')[1] === 128 ? 'control' : undefined
  return [base === 'Wan' ? wanSize(names) : undefined, control, adapterType].filter(Boolean).join(' ') || null
}

function wanSize(names: TensorNames): string | undefined {
  const key = names.matching(/(self_attn[._]q|attn1[._]to_q)(\.lora_A(\.\w+)?|\.lora_down)\.weight$/)
  return key === undefined
    ? undefined
    : { 1536: '1.3B', 3072: '5B', 5120: '14B' }[inputWidth(names, key) ?? 0]
}

interface BaseEvidence {
  readonly base: string | null
  readonly evidence: string
}

function baseFromNames(names: TensorNames): BaseEvidence | null {
  return (
    fluxLoraBase(names) ??
    stableDiffusionLoraBase(names) ??
    plainBlocksLoraBase(names) ??
    transformerLoraBase(names)
  )
}

/** The shape of a down weight is rank × input width. */
function inputWidth(names: TensorNames, key: string): number | undefined {
  return names.shape(key)[1]
}

/** Double and single stream blocks: Flux.1, Flux.2, Chroma and Hunyuan Video. */
function fluxLoraBase(names: TensorNames): BaseEvidence | null {
  const evidence = names.matching(
    /(^|[._])(double_blocks|single_blocks|single_transformer_blocks|transformer_single_transformer_blocks)[._]\d/,
  )
  if (evidence === undefined) return null
  if (
    names.matching(/individual_token_refiner|img_attn_qkv\.lora_[AB]|img_mlp[._]fc1|img_mod[._]linear/) !==
    undefined
  ) {
    return { base: 'Hunyuan Video', evidence }
  }
  if (names.matching(/distilled_guidance_layer/) !== undefined) return { base: 'Chroma', evidence }
  return { base: isFlux2(names) ? 'Flux.2' : 'Flux.1', evidence }
}

/**
 * By layers that only Flux.2 has, its text widths, and the hidden widths of dev and Klein 9B (Flux.1 has
 * 3072).
 */
function isFlux2(names: TensorNames): boolean {
  if (names.matching(/to_qkv_mlp_proj|double_stream_modulation/) !== undefined) return true
  const text = names.matching(/(txt_in|context_embedder)(\.lora_A(\.\w+)?|\.lora_down)\.weight$/)
  if (text !== undefined && [7680, 12_288, 15_360].includes(inputWidth(names, text) ?? 0)) return true
  const qkv = names.matching(
    /(img_attn[._]qkv|transformer_blocks[._]0[._]attn[._]to_q)(\.lora_A(\.\w+)?|\.lora_down)\.weight$/,
  )
  return qkv !== undefined && [4096, 6144].includes(inputWidth(names, qkv) ?? 0)
}

const unetPart = /(^|[._])(down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block)[._]/

function stableDiffusionLoraBase(names: TensorNames): BaseEvidence | null {
  let deepBlock: string | undefined
  for (const name of names.all()) {
    if (!unetPart.test(name)) continue
    if (/attn2[._](processor[._])?to_k/.test(name) && downEnding.test(name)) {
      const base = baseByTextWidth(inputWidth(names, name))
      if (base) return { base, evidence: name }
    }
    // SD1 and SD2 have one consecutive transformer block, SDXL up to ten.
    if (Number(/transformer_blocks[._](\d+)/.exec(name)?.[1] ?? 0) >= 2) deepBlock ??= name
  }
  if (deepBlock !== undefined) return { base: 'SDXL', evidence: deepBlock }
  return textEncoderLoraBase(names) ?? unknownUnetBase(names)
}

function textEncoderLoraBase(names: TensorNames): BaseEvidence | null {
  const second = names.startingWith('lora_te2_')
  if (second !== undefined && names.startingWith('lora_te3_') === undefined)
    return { base: 'SDXL', evidence: second }
  const only = names.matching(/^lora_te_.*self_attn_q_proj\.lora_down\.weight$/)
  return only === undefined ? null : { base: baseByTextWidth(inputWidth(names, only)), evidence: only }
}

function unknownUnetBase(names: TensorNames): BaseEvidence | null {
  const evidence = names.matching(unetPart)
  return evidence === undefined ? null : { base: null, evidence }
}

/**
 * `blocks.N`: Wan, or Cosmos, whose layers end in `_proj` or are in an `mlp`. `layers.N`: Z-Image and Lumina.
 */
function plainBlocksLoraBase(names: TensorNames): BaseEvidence | null {
  const cosmos = names.matching(/(^|[._])blocks[._]\d+[._](self_attn[._][qkv]_proj|mlp[._]layer\d)/)
  if (cosmos !== undefined) return { base: 'Cosmos-Predict2', evidence: cosmos }
  const wan = names.matching(
    /(^|\.|lora_unet_)blocks[._]\d+[._](self_attn[._][qkvo]|cross_attn[._][qkvo]|ffn[._](0|2|net)|attn[12][._]to_)/,
  )
  if (wan !== undefined) return { base: 'Wan', evidence: wan }
  const layer = names.matching(
    /(^|\.|lora_unet_)(layers|noise_refiner|context_refiner)[._]\d+[._](attention|feed_forward)/,
  )
  if (layer === undefined) return null
  const down = names.matching(
    /(layers|refiner)[._]\d+[._](attention[._](qkv|to_[qkv])|feed_forward[._]w[13])\b.*(lora_A(\.\w+)?|lora_down)\.weight$/,
  )
  const width = down === undefined ? undefined : inputWidth(names, down)
  const baseByWidth: Readonly<Record<number, string>> = { 2304: 'Lumina 2', 3840: 'Z-Image' }
  return { base: baseByWidth[width ?? 0] ?? null, evidence: layer }
}

/** Transformers with one kind of block, distinguished by their hidden width. */
function transformerLoraBase(names: TensorNames): BaseEvidence | null {
  const distinctive = (
    [
      [/joint_blocks[._]\d/, 'SD3'],
      [/double_stream_blocks[._]\d/, 'HiDream'],
      [/double_layers[._]\d/, 'AuraFlow'],
    ] as const
  ).find(([pattern]) => names.matching(pattern) !== undefined)
  if (distinctive) return { base: distinctive[1], evidence: names.matching(distinctive[0]) ?? '' }
  const block = names.matching(/(^|[._])transformer_blocks[._]\d/)
  if (block === undefined) return null
  if (names.matching(/transformer_blocks[._]\d+[._](img_mlp|txt_mlp|img_mod)/) !== undefined) {
    return { base: 'Qwen-Image', evidence: block }
  }
  const attention = names.matching(
    /transformer_blocks[._]\d+[._]attn1?[._](to_[qkv]|add_[qkv]_proj|to_add_out|to_out[._]0).*(lora_A(\.\w+)?|lora_down)\.weight$/,
  )
  const width = attention === undefined ? undefined : inputWidth(names, attention)
  const hasSelfAttention = names.matching(/transformer_blocks[._]\d+[._]attn1[._]/) !== undefined
  if (hasSelfAttention && (width === 2048 || width === 4096)) return { base: 'LTX-Video', evidence: block }
  if (hasSelfAttention) return { base: null, evidence: block }
  // As wide as Qwen-Image, but with other names: a LoRA of only the double blocks of Flux.1.
  const isFlux = names.matching(/transformer_blocks[._]\d+[._](ff_context|norm1_context)[._]/) !== undefined
  if (isFlux && width === 3072) return { base: 'Flux.1', evidence: block }
  const baseByWidth: Readonly<Record<number, string>> = { 1536: 'SD3', 2432: 'SD3', 3072: 'Qwen-Image' }
  return { base: baseByWidth[width ?? 0] ?? null, evidence: block }
}
