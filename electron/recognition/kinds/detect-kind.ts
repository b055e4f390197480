import type { Header } from '../formats/header.ts'
import type { Kind } from './kind.ts'
import { controlKind } from './controlnet.ts'
import { detectDiffusionBase } from './diffusion.ts'
import { loraKind, loraShare } from './lora.ts'
import { baseFromMetadata, typeFromMetadata } from './metadata-evidence.ts'
import { partKind } from './model-parts.ts'
import { tensorNamesBelow, tensorNames } from './tensor-names.ts'
import type { TensorNames } from './tensor-names.ts'

/** Most specific first; `model.` is last because text encoders have it too. */
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
 * Detects a file's kind by the names and shapes of its tensors, or null. Control models, adapters and LoRA
 * come before whole models, because they have the same block names. A model with a few LoRA tensors left from
 * a merge is still a model.
 */
export function detectKind(header: Header): Kind | null {
  const names = tensorNames(header.tensors)
  if (names.count === 0) return null
  const control = controlKind(names)
  if (control) return withMetadata(control, header)
  const share = loraShare(names)
  if (share >= 0.5) return withMetadata(loraKind(names, header.metadata), header)
  const kind =
    wholeModelKind(header, names) ??
    (share > 0 ? loraKind(names, header.metadata) : partKind(header.tensors, names))
  return kind ? withMetadata(kind, header) : kindFromMetadata(header)
}

/** A diffusion model, alone or in one file with its text encoders and VAE. */
function wholeModelKind(header: Header, names: TensorNames): Kind | null {
  const diffusion = tensorNamesBelow(header.tensors, diffusionPrefixes)
  const found = detectDiffusionBase(diffusion)
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
  const type = typeFromMetadata(metadata)
  return type ? { ...type, base: baseFromMetadata(metadata) } : null
}
