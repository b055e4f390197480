import type { TensorNames } from '../kinds/tensor-names.ts'
import { baseModels } from './base-models.ts'
import { matchingTensor, variantOf } from './match-rule.ts'

export interface DiffusionModel {
  readonly base: string
  readonly variant: string | null
  readonly evidence: string
}

/** The family of a diffusion model by its names without prefix, or null if it is none. */
export function findDiffusionModel(names: TensorNames): DiffusionModel | null {
  for (const { base, layouts, variants } of baseModels) {
    for (const layout of layouts ?? []) {
      const evidence = matchingTensor(names, layout)
      if (evidence !== undefined) return { base, variant: variantOf(names, variants), evidence }
    }
  }
  return null
}
