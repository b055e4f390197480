import type { LoraLayer } from '../kinds/lora-layers.ts'
import { baseModels } from './base-models.ts'
import type { BaseModel, LoraLayers } from './family.ts'

/** A family's layer: exact, or the beginning of layers. */
interface KnownLayer {
  readonly model: BaseModel
  readonly widths: readonly number[] | null
}

/** Trainers write the names of layers with dots, or in kohya's format with underscores only. */
const withUnderscores = (name: string) => name.replaceAll('.', '_')

/** Known layers by name in both spellings, and those that are beginnings. */
const exact = new Map<string, KnownLayer[]>()
const beginnings = new Map<string, KnownLayer[]>()
for (const model of baseModels) {
  for (const [name, width] of Object.entries(model.lora?.layers ?? {})) {
    const table = name.endsWith('.') ? beginnings : exact
    const widths = typeof width === 'number' ? [width] : width
    for (const spelling of new Set([name, withUnderscores(name)])) {
      table.set(spelling, [...(table.get(spelling) ?? []), { model, widths }])
    }
  }
}

/** What speaks for a family: the layers that it has, and whether the last of its blocks is among them. */
interface Candidate {
  layers: number
  fillsBlocks: boolean
  evidence: string
}

/** More possible families say nothing. */
const maxBases = 5

export interface LoraBases {
  /**
   * One family, or all that the layers could belong to, with those first from which others were derived; empty
   * for none.
   */
  readonly bases: readonly string[]
  readonly evidence: string
}

/**
 * The families whose models have most of an adapter's layers, without those whose widths or numbers of blocks
 * differ.
 */
export function lorasBases(layers: ReadonlyMap<string, LoraLayer>): LoraBases {
  const candidates = new Map<BaseModel, Candidate>()
  const excluded = new Set<BaseModel>()
  for (const layer of layers.values()) {
    for (const model of new Set(knownLayers(layer.name).map((known) => known.model))) {
      const known = knownLayers(layer.name).filter((one) => one.model === model)
      const isPossible = known.some(({ widths }) => hasOnly(layer.inputWidths, widths))
      const blocks = isPossible ? blocksOf(model.lora, layer) : 'too-many'
      if (blocks === 'too-many') excluded.add(model)
      const before = candidates.get(model) ?? { layers: 0, fillsBlocks: false, evidence: layer.example }
      candidates.set(model, {
        layers: before.layers + 1,
        fillsBlocks: before.fillsBlocks || blocks === 'all',
        evidence: before.evidence,
      })
    }
  }
  const possible = [...candidates].filter(([model]) => !excluded.has(model))
  const most = Math.max(0, ...possible.map(([, { layers: count }]) => count))
  const best = possible.filter(([, { layers: count }]) => count === most)
  const filled = best.filter(([, { fillsBlocks }]) => fillsBlocks)
  const chosen = (filled.length > 0 ? filled : best).sort(
    ([first], [second]) => baseModels.indexOf(second) - baseModels.indexOf(first),
  )
  return {
    bases: chosen.length > maxBases ? [] : chosen.map(([{ base }]) => base),
    evidence: chosen[0]?.[1].evidence ?? '',
  }
}

/** All families' layers of this name. Where a family has the exact name, its beginnings don't count. */
function knownLayers(name: string): readonly KnownLayer[] {
  const found = exact.get(name) ?? []
  const begun: KnownLayer[] = []
  for (let end = 1; end < name.length; end += 1) {
    const character = name[end - 1]
    if (character === '.' || character === '_') begun.push(...(beginnings.get(name.slice(0, end)) ?? []))
  }
  return [...found, ...begun.filter(({ model }) => !found.some((known) => known.model === model))]
}

const hasOnly = (actual: ReadonlySet<number>, widths: readonly number[] | null) =>
  widths === null || [...actual].every((width) => widths.includes(width))

/** Compares the block numbers of a layer with the number of blocks in a family. */
function blocksOf(lora: LoraLayers | undefined, layer: LoraLayer): 'some' | 'all' | 'too-many' {
  let isFilled = false
  for (const [start, count] of Object.entries(lora?.blocks ?? {})) {
    const spelling = layer.name.includes('.') ? start : withUnderscores(start)
    if (!layer.name.startsWith(spelling)) continue
    const position = start.split('#').length - 1
    const highest = layer.numbers[position]
    if (highest === undefined) continue
    const sizes = typeof count === 'number' ? [count] : count
    if (highest >= Math.max(...sizes)) return 'too-many'
    if (highest > 0 && sizes.includes(highest + 1)) isFilled = true
  }
  return isFilled ? 'all' : 'some'
}
