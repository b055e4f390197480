import { baseModels } from './base-models.ts'

/** Names and the families that have them. */
type NameTable = readonly (readonly [name: string, base: string])[]

const tableOf = (names: 'classes' | 'architectures'): NameTable =>
  baseModels.flatMap((model) => (model[names] ?? []).map((name) => [name, model.base] as const))

const classes = tableOf('classes')
const architectures = tableOf('architectures')

/** Families that a text names, none or several, and by which word. */
export interface NamedBases {
  readonly bases: readonly string[]
  readonly word: string
}

/** The families with the longest name that matches. */
function longest(table: NameTable, matches: (name: string) => boolean): NamedBases {
  const found = table.filter(([name]) => matches(name))
  const length = Math.max(0, ...found.map(([name]) => name.length))
  const best = found.filter(([name]) => name.length === length)
  return { bases: [...new Set(best.map(([, base]) => base))], word: best[0]?.[0] ?? '' }
}

/** The families of a pipeline or transformer class of diffusers. */
export const basesByClassName = (className: string): readonly string[] =>
  longest(classes, (name) => className.startsWith(name)).bases

/**
 * The families that an architecture in a file's metadata or a file name contains. Names are compared as
 * words: `Flux.2-dev` and `flux_2_dev` are `flux-2-dev`.
 */
export function basesByArchitecture(architecture: string): NamedBases {
  const text = `-${architecture.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-`
  return longest(architectures, (name) => text.includes(`-${name}`))
}
