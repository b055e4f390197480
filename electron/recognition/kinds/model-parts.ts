import type { Header } from '../formats/header.ts'
import { languageModelKind, textEncoderKind } from './text-encoder.ts'
import { baseByTextWidth } from './controlnet.ts'
import type { Kind } from './kind.ts'
import { upscalerKind } from './upscaler.ts'
import { tensorNamesBelow } from './tensor-names.ts'
import type { TensorNames } from './tensor-names.ts'

/** Parts and tools of a model: VAE, text and image encoders, upscalers, embeddings. */
export function partKind(tensors: Header['tensors'], names: TensorNames): Kind | null {
  return (
    detectWithoutPrefix(vaeKind, tensorNamesBelow(tensors, ['first_stage_model.', 'vae.'])) ??
    languageModelKind(names) ??
    clipKind(names) ??
    detectWithoutPrefix(upscalerKind, tensorNamesBelow(tensors, ['params_ema.', 'params.'])) ??
    otherKind(names) ??
    embeddingKind(names)
  )
}

/** Detects by names without their prefix, and returns the evidence with it. */
function detectWithoutPrefix(detect: (names: TensorNames) => Kind | null, names: TensorNames): Kind | null {
  const kind = detect(names)
  return kind && { ...kind, evidence: names.prefix + kind.evidence }
}

function vaeKind(names: TensorNames): Kind | null {
  const toKind = (evidence: string, base: string | null, modelType = 'vae'): Kind => ({
    modelType,
    base,
    evidence,
  })
  const preview = ['taesd_decoder.1.weight', 'decoder.22.bias'].find(names.has)
  if (preview !== undefined) return toKind(preview, null, 'vae_approx')
  const wan = 'decoder.middle.0.residual.0.gamma'
  if (names.has(wan)) {
    const newer = names.has('decoder.upsamples.0.upsamples.0.residual.2.weight')
    // Wan 2.1 and Qwen-Image share the same VAE file.
    return toKind(wan, newer ? 'Wan 2.2' : 'Wan / Qwen-Image')
  }
  const ltx = 'decoder.up_blocks.0.res_blocks.0.conv1.conv.weight'
  if (names.has(ltx)) return toKind(ltx, 'LTX-Video')
  const hunyuan = 'decoder.conv_in.conv.weight'
  if (names.has(hunyuan)) return toKind(hunyuan, 'Hunyuan Video')
  const convolution = 'decoder.conv_in.weight'
  if (!names.has(convolution) || !names.has('encoder.conv_in.weight')) {
    return names.has(convolution) && names.has('decoder.conv_out.weight') ? toKind(convolution, null) : null
  }
  return toKind(convolution, vaeBase(names.shape(convolution), names))
}

/**
 * The base by latent channels. SD and SDXL share an architecture, and so do Flux.1 and SD3; only the name
 * differs.
 */
function vaeBase(shape: readonly number[], names: TensorNames): string | null {
  const channels = shape[1]
  const isVideo = shape.length === 5
  if (channels === 4) return 'SD / SDXL'
  if (channels === 16) return isVideo ? 'Wan / Qwen-Image' : 'Flux.1 / SD3'
  if (channels === 48 && isVideo) return 'Wan 2.2'
  if (channels === 32) return isVideo ? 'Hunyuan Video' : 'Flux.2'
  if (channels === 64) return 'Hunyuan Image'
  return names.has('bn.running_mean') ? 'Flux.2' : null
}

/** ComfyUI can load a CLIP with both halves as a text encoder too, so its folder decides. */
function clipKind(names: TensorNames): Kind | null {
  const vision = clipVisionKind(names)
  const text = textEncoderKind(names)
  return vision && text ? { ...vision, alternative: text } : (vision ?? text)
}

function clipVisionKind(names: TensorNames): Kind | null {
  const toKind = (evidence: string, base: string | null): Kind => ({
    modelType: 'clip_vision',
    base,
    evidence,
  })
  const layer = (number: number) => `vision_model.encoder.layers.${number}.layer_norm1.weight`
  const sizes = [
    [47, 'CLIP-ViT-bigG'],
    [30, 'CLIP-ViT-H'],
    [22, 'CLIP-ViT-L'],
  ] as const
  const width = names.shape(layer(0))[0]
  if (width === 1152) return toKind(layer(0), 'SigLIP')
  const size = sizes.find(([number]) => names.has(layer(number)))
  // 24 × 24 patches of 14 pixels and the class token: images of 336 instead of 224 pixels.
  const positions = names.shape('vision_model.embeddings.position_embedding.weight')[0]
  if (size) return toKind(layer(size[0]), positions === 577 ? `${size[1]}-336` : size[1])
  if (names.has(layer(0))) return toKind(layer(0), null)
  const openClip = 'visual.transformer.resblocks.0.attn.in_proj_weight'
  if (names.has(openClip)) return toKind(openClip, 'OpenCLIP')
  // The giant model has all layers of the large one.
  const giant = 'encoder.layer.39.layer_scale2.lambda1'
  if (names.has(giant)) return toKind(giant, 'DINOv2 giant')
  const large = 'encoder.layer.23.layer_scale2.lambda1'
  return names.has(large) ? toKind(large, 'DINOv2 large') : null
}

function otherKind(names: TensorNames): Kind | null {
  const table = [
    ['position_net.linears.0.weight', 'gligen'],
    ['feature_extractor.conv_layers.0.conv.weight', 'audio_encoders'],
    ['wav2vec2.feature_extractor.conv_layers.0.conv.weight', 'audio_encoders'],
  ] as const
  const row = table.find(([key]) => names.has(key))
  if (row) return { modelType: row[1], base: null, evidence: row[0] }
  // The image half of an IP-Adapter. Whole models, which may have a layer of that name too, were ruled out
  // before.
  const image = names.startingWith('image_proj.')
  return image === undefined ? null : { modelType: 'ipadapter', base: null, evidence: image }
}

/** Textual inversion: a few vectors as wide as a text encoder's token embeddings. */
function embeddingKind(names: TensorNames): Kind | null {
  if (names.has('clip_g') && names.has('clip_l')) {
    return { modelType: 'embeddings', base: 'SDXL', evidence: 'clip_g' }
  }
  const named = ['emb_params', 'clip_l', 'clip_g', 'string_to_param.*'].find(names.has)
  if (named !== undefined)
    return { modelType: 'embeddings', base: embeddingBase(names, named), evidence: named }
  if (names.count >= 10) return null
  const keys = [...names.all()]
  const areVectors = keys.every((key) => {
    const shape = names.shape(key)
    // Embeddings have at most some hundred vectors; weight matrices have at least as many rows.
    return shape.length === 2 && (shape[0] ?? 0) < 256 && embeddingBase(names, key) !== null
  })
  const [first] = keys
  return areVectors && first !== undefined
    ? { modelType: 'embeddings', base: embeddingBase(names, first), evidence: first }
    : null
}

function embeddingBase(names: TensorNames, key: string): string | null {
  const width = names.shape(key).at(-1)
  return width === 1280 ? 'SDXL' : baseByTextWidth(width)
}
