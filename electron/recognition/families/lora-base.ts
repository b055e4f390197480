import type { LoraLayer } from '../kinds/lora-layers.ts'
import { baseModels } from './base-models.ts'
import type { LoraLayers } from './family.ts'

/** A family's layer: exact, or the beginning of layers. */
interface KnownLayer {
  readonly lora: LoraLayers
  readonly widths: readonly number[] | null
  readonly outputs: readonly number[] | null
}

/** Trainers write the names of layers with dots, or in kohya's format with underscores only. */
const withUnderscores = (name: string) => name.replaceAll('.', '_').replaceAll(/(?<=^|_)\d+(?=_|$)/g, '#')

interface KnownLayers {
  /** Families by the layers of each of their sizes, in the order of the table. */
  readonly baseByLora: ReadonlyMap<LoraLayers, string>
  /** Known layers by name in both spellings, and those that are beginnings. */
  readonly exact: ReadonlyMap<string, readonly KnownLayer[]>
  readonly beginnings: ReadonlyMap<string, readonly KnownLayer[]>
}

let createdTables: KnownLayers | undefined
/** Created for the first adapter: most threads and processes that load this module inspect none. */
const tables = (): KnownLayers => (createdTables ??= createTables())

function createTables(): KnownLayers {
  const baseByLora = new Map<LoraLayers, string>()
  const exact = new Map<string, KnownLayer[]>()
  const beginnings = new Map<string, KnownLayer[]>()
  for (const { base, lora: sizes = [] } of baseModels) {
    for (const lora of [sizes].flat()) {
      baseByLora.set(lora, base)
      for (const [name, width] of Object.entries(lora.layers)) {
        const table = name.endsWith('.') ? beginnings : exact
        const widths = typeof width === 'number' ? [width] : width
        const output = lora.outputs?.[name]
        const known = { lora, widths, outputs: output === undefined ? null : [output].flat() }
        for (const spelling of new Set([name, withUnderscores(name)])) {
          const others = table.get(spelling)
          if (others) others.push(known)
          else table.set(spelling, [known])
        }
      }
    }
  }
  return { baseByLora, exact, beginnings }
}

/** The evidence for a family: the layers that it has, and whether the last of its blocks is among them. */
interface Candidate {
  layers: number
  fillsBlocks: boolean
  evidence: string
}

/** With more possible families, none is reported. */
const maxBases = 5

export interface LoraBases {
  /**
   * One family, or all that the layers could belong to, with those first from which others were derived;
   * empty for none.
   */
  readonly bases: readonly string[]
  readonly evidence: string
}

/**
 * The families whose models have most of an adapter's layers, without those whose widths or numbers of blocks
 * differ.
 */
export function findLoraBases(layers: ReadonlyMap<string, LoraLayer>): LoraBases {
  const candidates = new Map<LoraLayers, Candidate>()
  const excluded = new Set<LoraLayers>()
  for (const layer of layers.values()) {
    for (const [lora, known] of Map.groupBy(knownLayers(layer.name), (one) => one.lora)) {
      const blocks = known.some((one) => fits(layer, one)) ? blocksOf(lora, layer) : 'too-many'
      if (blocks === 'too-many') excluded.add(lora)
      const before = candidates.get(lora) ?? { layers: 0, fillsBlocks: false, evidence: layer.example }
      candidates.set(lora, {
        layers: before.layers + 1,
        fillsBlocks: before.fillsBlocks || blocks === 'all',
        evidence: before.evidence,
      })
    }
  }
  const possible = [...candidates].filter(([lora]) => !excluded.has(lora))
  const most = Math.max(0, ...possible.map(([, { layers: count }]) => count))
  const best = possible.filter(([, { layers: count }]) => count === most)
  const filled = best.filter(([, { fillsBlocks }]) => fillsBlocks)
  return chooseBases(filled.length > 0 ? filled : best)
}

function chooseBases(chosen: readonly (readonly [LoraLayers, Candidate])[]): LoraBases {
  const { baseByLora } = tables()
  const order = [...baseByLora.keys()]
  const sorted = chosen.toSorted(([first], [second]) => order.indexOf(second) - order.indexOf(first))
  const bases = new Set(sorted.map(([lora]) => baseByLora.get(lora) ?? ''))
  return { bases: bases.size > maxBases ? [] : [...bases], evidence: sorted[0]?.[1].evidence ?? '' }
}

const fits = (layer: LoraLayer, { widths, outputs }: KnownLayer) =>
  hasOnly(layer.inputWidths, widths) && hasOneOf(layer.outputWidths, outputs)

/** All families' layers of this name. Where a family has the exact name, its beginnings don't count. */
function knownLayers(name: string): readonly KnownLayer[] {
  const { exact, beginnings } = tables()
  const found = exact.get(name) ?? []
  const begun: KnownLayer[] = []
  for (let end = 1; end < name.length; end += 1) {
    const character = name[end - 1]
    if (character === '.' || character === '_') begun.push(...(beginnings.get(name.slice(0, end)) ?? []))
  }
  return [...found, ...begun.filter(({ lora }) => !found.some((known) => known.lora === lora))]
}

const hasOnly = (actual: ReadonlySet<number>, widths: readonly number[] | null) =>
  widths === null || [...actual].every((width) => widths.includes(width))

/** Blocks of a model can have different outputs. */
const hasOneOf = (actual: ReadonlySet<number>, widths: readonly number[] | null) =>
  widths === null || actual.size === 0 || widths.some((width) => actual.has(width))

/** Compares the block numbers of a layer with the number of blocks in a family. */
function blocksOf(lora: LoraLayers, layer: LoraLayer): 'some' | 'all' | 'too-many' {
  let isFilled = false
  for (const [start, count] of Object.entries(lora.blocks ?? {})) {
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
