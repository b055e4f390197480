import type { Kind } from './kind.ts'
import type { TensorNames } from './tensor-names.ts'

/**
 * CLIP, T5 and the language models that newer families use as text encoders; `base` is the encoder's name.
 */
export function textEncoderKind(names: TensorNames): Kind | null {
  const encoder = clipEncoder(names) ?? t5Encoder(names) ?? languageModel(names)
  return encoder ? { modelType: 'text_encoders', ...encoder } : null
}

/**
 * Language models only. Multimodal ones contain an image encoder with the names of a standalone one, so they
 * come first.
 */
export function languageModelKind(names: TensorNames): Kind | null {
  const encoder = languageModel(names)
  return encoder ? { modelType: 'text_encoders', ...encoder } : null
}

type EncoderEvidence = Pick<Kind, 'base' | 'evidence'>

function clipEncoder(names: TensorNames): EncoderEvidence | null {
  const layer = (number: number) => `text_model.encoder.layers.${number}.mlp.fc1.weight`
  // 32, 24 and 12 layers: the largest first, because it has the layers of the others too.
  const size = (
    [
      [30, 'CLIP-G'],
      [22, 'CLIP-H'],
      [0, 'CLIP-L'],
    ] as const
  ).find(([number]) => names.has(layer(number)))
  return size ? { base: size[1], evidence: layer(size[0]) } : null
}

function t5Encoder(names: TensorNames): EncoderEvidence | null {
  const gated = 'encoder.block.23.layer.1.DenseReluDense.wi_1.weight'
  const llamaNamed = 'enc.blk.23.ffn_up.weight'
  const key = [gated, llamaNamed].find(names.has)
  if (key !== undefined) {
    const vocabularySize = names.shape(key === gated ? 'shared.weight' : 'token_embd.weight')[0]
    const rows = names.shape(key)[0]
    if (rows === 10_240) return { base: vocabularySize === 256_384 ? 'UMT5-XXL' : 'T5-XXL', evidence: key }
    return { base: rows === 5120 ? 'T5-XL' : null, evidence: key }
  }
  const old = 'encoder.block.23.layer.1.DenseReluDense.wi.weight'
  if (names.has(old)) return { base: 'T5-XXL', evidence: old }
  const small = 'encoder.block.0.layer.0.SelfAttention.k.weight'
  if (!names.has(small)) return null
  return { base: names.shape(small)[0] === 384 ? 'ByT5-small' : null, evidence: small }
}

const layerStart = /^(model\.|model\.language_model\.|language_model\.model\.)layers\.0\./

function languageModel(names: TensorNames): EncoderEvidence | null {
  const evidence = names.matching(layerStart)
  if (evidence === undefined) return languageModelOfLlama(names)
  const start = layerStart.exec(evidence)?.[0] ?? ''
  const isMultimodal = names.matching(/^(model\.)?(visual|vision_tower|vision_model)\./) !== undefined
  const base = languageFamily(names, start)
  return { base: base !== null && isMultimodal && base.startsWith('Qwen') ? `${base}-VL` : base, evidence }
}

/** The family by layer widths, as in ComfyUI (sd.py, detect_te_model). */
function languageFamily(names: TensorNames, start: string): string | null {
  if (names.has(`${start}post_feedforward_layernorm.weight`)) return 'Gemma'
  const width = names.shape(`${start}input_layernorm.weight`)[0] ?? 0
  if (names.has(`${start}self_attn.q_norm.weight`)) {
    const size = { 1024: '0.6B', 2560: '4B', 4096: '8B' }[width]
    return size === undefined ? 'Qwen3' : `Qwen3-${size}`
  }
  const bias = names.shape(`${start}self_attn.k_proj.bias`)[0]
  if (bias === 512) return 'Qwen2.5-7B'
  if (bias === 256) return 'Qwen2.5-3B'
  return width === 5120 ? 'Mistral-24B' : null
}

/** A language model with llama.cpp's tensor names. */
function languageModelOfLlama(names: TensorNames): EncoderEvidence | null {
  const key = 'blk.0.attn_k.weight'
  return names.has(key) && names.has('token_embd.weight') ? { base: null, evidence: key } : null
}
