import type { Header } from '../formats/header.ts'
import { baseModels } from '../families/base-models.ts'
import { matchingTensor, variantOf } from '../families/match-rule.ts'
import { basesOf, type ContainedPart } from '../../contract/recognition.ts'
import { joinBases } from './kind.ts'
import type { Kind } from './kind.ts'
import { loraKind } from './lora-kind.ts'
import { loraShare } from './lora-layers.ts'
import { basesFromMetadata, typeFromMetadata } from './metadata-evidence.ts'
import { controlKind, embeddingKind, partKind } from './part-kind.ts'
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
/** Prefixes of a diffusion model in one file with other parts. */
const insidePrefixes = ['model.diffusion_model.', 'model.model.']
const checkpointParts: readonly (readonly [start: string, part: ContainedPart])[] = [
  ['first_stage_model.', 'vae'],
  ['vae.', 'vae'],
  ['cond_stage_model.', 'text-encoders'],
  ['conditioner.', 'text-encoders'],
  ['text_encoders.', 'text-encoders'],
  ['text_encoder.', 'text-encoders'],
  ['pretransform.', 'vae'],
]

/**
 * Detects a file's kind by the names and shapes of its tensors, or null. Control models, adapters and LoRA
 * come before whole models, because they have the same block names. A model with a few LoRA tensors left from
 * a merge is still a model.
 */
export function detectKind(header: Header): Kind | null {
  const names = tensorNames(header.tensors)
  if (names.count === 0) return null
  const share = loraShare(names)
  const control = controlKind(names)
  if (control) return withMetadata(control, header)
  if (share >= 0.5) return loraKind(names, header.metadata)
  const kind =
    wholeModelKind(header, names) ??
    partKind(header.tensors, names) ??
    (share > 0 ? loraKind(names, header.metadata) : embeddingKind(names))
  return kind ? withMetadata(kind, header) : kindFromMetadata(header)
}

/** A diffusion model, alone or in one file with its text encoders and VAE. */
function wholeModelKind(header: Header, names: TensorNames): Kind | null {
  const diffusion = tensorNamesBelow(header.tensors, diffusionPrefixes)
  const found = findDiffusionModel(diffusion)
  const inside = insidePrefixes.map((prefix) => names.startingWith(prefix)).find((name) => name !== undefined)
  if (!found && (inside === undefined || inside.startsWith('model.model.'))) return null
  const evidence = found ? diffusion.prefix + found.evidence : (inside ?? '')
  const isInside = inside !== undefined || diffusion.prefix !== ''
  const contains = checkpointParts.flatMap(([start, part]) =>
    names.startingWith(start) === undefined ? [] : [part],
  )
  const kind = { base: found?.base ?? null, variant: found?.variant ?? null, evidence }
  return contains.length > 0 && isInside
    ? { modelType: 'checkpoints', contains: [...new Set(contains)], ...kind }
    : { modelType: 'diffusion_models', ...kind }
}

/** The family of a diffusion model by its names without prefix, or null if it is none. */
function findDiffusionModel(names: TensorNames) {
  for (const { base, layouts, variants } of baseModels) {
    for (const layout of layouts ?? []) {
      const evidence = matchingTensor(names, layout)
      if (evidence !== undefined) return { base, variant: variantOf(names, variants), evidence }
    }
  }
  return null
}

/** A base that the tensors leave open is taken from the metadata. */
function withMetadata(kind: Kind, header: Header): Kind {
  const possible = basesOf(kind.base)
  if (possible.length === 1) return kind
  const named = basesFromMetadata(header.metadata)
  const bases = possible.length === 0 ? named : possible.filter((base) => named.includes(base))
  return bases.length === 0 ? kind : { ...kind, base: joinBases(bases) }
}

function kindFromMetadata({ metadata }: Header): Kind | null {
  const type = typeFromMetadata(metadata)
  return type ? { ...type, base: joinBases(basesFromMetadata(metadata)) } : null
}
