import type { Header } from '../formats/header.ts'
import type { Kind } from './kind-result.ts'
import { controlKind } from './controlnet.ts'
import { diffusionBase } from './diffusion.ts'
import { loraKind, loraShare } from './lora.ts'
import { baseFromMetadata, typeFromMetadata } from './metadata.ts'
import { partKind } from './model-parts.ts'
import { below, tensorNames } from './tensor-names.ts'
import type { TensorNames } from './tensor-names.ts'

/** Most telling first; `model.` is last because it begins the names of text encoders too. */
const diffusionPrefixes = [
  'model.diffusion_model.',
  'diffusion_model.',
  'model.model.',
  'net.',
  'model.',
] as const
const checkpointParts = [
  'first_stage_model.',
  'vae.',
  'cond_stage_model.',
  'conditioner.embedders.',
  'text_encoders.',
] as const

/**
 * Tells a file's kind by its tensors' names and shapes, or null. Control, adapters and LoRA come before whole models,
 * since they carry the same block names; a model that kept a few LoRA tensors of a merge stays a model.
 */
export function kindOf(header: Header): Kind | null {
  const names = tensorNames(header.tensors)
  if (names.count === 0) return null
  const told = controlKind(names)
  if (told) return withMetadata(told, header)
  const share = loraShare(names)
  if (share >= 0.5) return withMetadata(loraKind(names, header.metadata), header)
  const kind =
    wholeModel(header, names) ??
    (share > 0 ? loraKind(names, header.metadata) : partKind(header.tensors, names))
  return kind ? withMetadata(kind, header) : kindFromMetadata(header)
}

/** A diffusion model, alone or with its text encoders and VAE in one file. */
function wholeModel(header: Header, names: TensorNames): Kind | null {
  const diffusion = below(header.tensors, diffusionPrefixes)
  const found = diffusionBase(diffusion)
  const part = checkpointParts.find((start) => names.startingWith(start) !== undefined)
  const inside = names.startingWith('model.diffusion_model.')
  if (!found && inside === undefined) return null
  const evidence = found ? diffusion.prefix + found.evidence : (inside ?? '')
  const modelType = part !== undefined && inside !== undefined ? 'checkpoints' : 'diffusion_models'
  return { modelType, base: found?.base ?? null, variant: found?.variant ?? null, evidence }
}

function withMetadata(kind: Kind, header: Header): Kind {
  return kind.base === null ? { ...kind, base: baseFromMetadata(header.metadata) } : kind
}

function kindFromMetadata({ metadata }: Header): Kind | null {
  const told = typeFromMetadata(metadata)
  return told ? { ...told, base: baseFromMetadata(metadata) } : null
}
