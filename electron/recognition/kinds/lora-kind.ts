import { baseModels } from '../families/base-models.ts'
import { findLoraBases } from '../families/lora-base.ts'
import { joinBases } from './kind.ts'
import type { Kind } from './kind.ts'
import { loraLayers } from './lora-layers.ts'
import type { LoraLayer } from './lora-layers.ts'
import { basesFromMetadata } from './metadata-evidence.ts'
import type { TensorNames } from './tensor-names.ts'

/**
 * A LoRA of any type. Its base in the metadata takes precedence, because some families have the same layers.
 */
export function loraKind(names: TensorNames, metadata: ReadonlyMap<string, string>): Kind {
  const layers = loraLayers(names)
  const motion = motionLoraKind(layers)
  if (motion) return motion
  const { bases, evidence } = findLoraBases(layers)
  const named = basesFromMetadata(metadata)
  const base = joinBases(decideBases(bases, named))
  const example = [...layers.values()][0]?.example ?? ''
  return {
    modelType: 'loras',
    base,
    variant: loraVariant(base, names, layers),
    evidence: evidence || example,
  }
}

/** A LoRA of AnimateDiff's motion module alone, which has a loader of its own. Only SD1's has four blocks. */
function motionLoraKind(layers: ReadonlyMap<string, LoraLayer>): Kind | null {
  const all = [...layers.values()]
  const evidence = all[0]?.example
  if (evidence === undefined || !all.every(({ name }) => name.includes('.motion_modules.'))) return null
  const base = all.some(({ numbers }) => numbers[0] === 3) ? 'SD1' : null
  return { modelType: 'animatediff_motion_lora', base, evidence }
}

/** Families that both layers and metadata allow, or else those of the metadata, or of the layers. */
function decideBases(byLayers: readonly string[], named: readonly string[]): readonly string[] {
  const both = named.filter((base) => byLayers.includes(base))
  if (both.length > 0) return both
  return named.length > 0 ? named : byLayers
}

const adapterTypes: readonly (readonly [ending: string, name: string])[] = [
  ['.dora_scale', 'DoRA'],
  ['.lora_magnitude_vector', 'DoRA'],
  ['.hada_w1_a', 'LoHa'],
  ['.lokr_w1', 'LoKr'],
  ['.lokr_w1_a', 'LoKr'],
  ['.oft_blocks', 'OFT'],
  ['.oft_diag', 'OFT'],
  ['.oft_R', 'OFT'],
]

/** The size, the purpose, and the adapter type unless it is a plain LoRA. */
function loraVariant(
  base: string | null,
  names: TensorNames,
  layers: ReadonlyMap<string, LoraLayer>,
): string | null {
  const endings = new Set<string>()
  for (const name of names.all()) endings.add(/\.[^.]*(?=(\.weight)?$)/.exec(name)?.[0] ?? '')
  const adapterType = adapterTypes.find(([ending]) => endings.has(ending))?.[1]
  const control = names.shape('img_in.lora_A.weight')[1] === 128 ? 'control' : undefined
  return [sizeOf(base, layers), control, adapterType].filter(Boolean).join(' ') || null
}

/** The size that only one width shows. */
function sizeOf(base: string | null, layers: ReadonlyMap<string, LoraLayer>): string | undefined {
  const lora = baseModels.find((model) => model.base === base)?.lora ?? []
  const sizes = Object.assign({}, ...[lora].flat().map((one) => one.sizes ?? {})) as Record<number, string>
  for (const { inputWidths } of layers.values()) {
    for (const width of inputWidths) if (sizes[width] !== undefined) return sizes[width]
  }
  return undefined
}
