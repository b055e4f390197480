import { audioEncoders, languageModels, textEncoders, visionEncoders } from '../families/encoders.ts'
import { basesByTextWidth, controlModels } from '../families/control-models.ts'
import type { PartFamily } from '../families/family.ts'
import { findFamily, variantOf } from '../families/match-rule.ts'
import { tools, upscalers } from '../families/tools.ts'
import { vaes } from '../families/vaes.ts'
import type { Header } from '../formats/header.ts'
import { joinBases } from './kind.ts'
import type { Kind } from './kind.ts'
import { tensorNamesBelow } from './tensor-names.ts'
import type { TensorNames } from './tensor-names.ts'

/** The first family of a table that matches. Evidence is returned with the prefix of the names. */
function kindIn(names: TensorNames, families: readonly PartFamily[]): Kind | null {
  const found = findFamily(names, families)
  if (!found) return null
  const { family, evidence } = found
  const { modelType, otherType } = family
  const kind: Kind = {
    modelType,
    base: joinBases([family.base ?? []].flat()),
    variant: variantOf(names, family.variants),
    evidence: names.prefix + evidence,
  }
  return otherType === undefined ? kind : { ...kind, alternative: { ...kind, modelType: otherType } }
}

/** Models that control another model: ControlNet, T2I adapter, IP-Adapter, model patches and style models. */
export const controlKind = (names: TensorNames): Kind | null => kindIn(names, controlModels)

/** Parts and tools of a model: VAE, text and image encoders, upscalers. */
export function partKind(tensors: Header['tensors'], names: TensorNames): Kind | null {
  return (
    // RestoreFormer is a VAE with a codebook.
    upscalerKind(tensorNamesBelow(tensors, ['params_ema.', 'params.'])) ??
    kindIn(vaeNames(tensors, names), vaes) ??
    // Multimodal ones contain an image encoder with the names of a standalone one.
    kindIn(names, languageModels) ??
    clipKind(names) ??
    kindIn(names, audioEncoders) ??
    kindIn(names, tools)
  )
}

/** A VAE's names without prefix. Another model that contains one has most of its tensors elsewhere. */
function vaeNames(tensors: Header['tensors'], names: TensorNames): TensorNames {
  const below = tensorNamesBelow(tensors, ['first_stage_model.', 'vae.', 'pretransform.model.'])
  return below.count >= names.count * 0.9 ? below : names
}

/** ComfyUI can load a CLIP with both halves as a text encoder too, so its folder decides. */
function clipKind(names: TensorNames): Kind | null {
  const vision = kindIn(names, visionEncoders)
  const text = kindIn(names, textEncoders)
  return vision && text ? { ...vision, alternative: text } : (vision ?? text)
}

function upscalerKind(names: TensorNames): Kind | null {
  const kind = kindIn(names, upscalers)
  return kind?.base === 'ESRGAN' ? { ...kind, variant: esrganScale(names) } : kind
}

/**
 * The scale of an ESRGAN upscaler, or null. The old layout doubles the size with every three layers after the
 * fifth; the new one names its upscaling layers.
 */
function esrganScale(names: TensorNames): string | null {
  const layers: number[] = []
  for (const name of names.all()) {
    const number = /^model\.(\d+)\.(weight|bias|sub)/.exec(name)?.[1]
    if (number !== undefined) layers.push(Number(number))
  }
  if (layers.length > 0) {
    const scale = 2 ** ((Math.max(...layers) - 4) / 3)
    return Number.isInteger(scale) && scale <= 64 ? `${scale}x` : null
  }
  if (names.has('upconv2.weight')) return '4x'
  if (names.has('upconv1.weight')) return '2x'
  // Scales below four take pixel-unshuffled input, with more channels.
  const inputs = names.shape('conv_first.weight')[1]
  return { 3: '4x', 12: '2x', 48: '1x' }[inputs ?? 0] ?? null
}

/** Textual inversion: a few vectors as wide as a text encoder's token embeddings. */
export function embeddingKind(names: TensorNames): Kind | null {
  if (names.has('clip_g') && names.has('clip_l')) {
    const base = names.has('t5xxl') ? joinBases(['SD3', 'SD3.5']) : 'SDXL'
    return { modelType: 'embeddings', base, evidence: 'clip_g' }
  }
  const named = ['emb_params', 'clip_l', 'clip_g', 'string_to_param.*'].find(names.has)
  if (named !== undefined)
    return { modelType: 'embeddings', base: embeddingBase(names, named), evidence: named }
  if (names.count >= 10) return null
  const keys = [...names.all()]
  const areVectors = keys.every((key) => {
    const shape = names.shape(key)
    // Embeddings have at most some hundred vectors; weight matrices have at least as many rows. diffusers
    // saves a single vector without the number of vectors.
    const isVector = shape.length === 1 && keys.length === 1
    const areRows = shape.length === 2 && (shape[0] ?? 0) < 256
    return (isVector || areRows) && embeddingBase(names, key) !== null
  })
  const [first] = keys
  return areVectors && first !== undefined
    ? { modelType: 'embeddings', base: embeddingBase(names, first), evidence: first }
    : null
}

/** By the width of the encoder's tokens; SDXL's larger encoder is that of the refiner too. */
function embeddingBase(names: TensorNames, key: string): string | null {
  const width = names.shape(key).at(-1)
  if (width === 1280) return 'SDXL'
  return basesByTextWidth.find(([, textWidth]) => textWidth === width)?.[0] ?? null
}
