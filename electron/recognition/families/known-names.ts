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

/**
 * The families with the longest name that matches, most original first: the table has them behind those that
 * were derived from them.
 */
function longest(table: NameTable, matches: (name: string) => boolean): NamedBases {
  const found = table.filter(([name]) => matches(name))
  const length = Math.max(0, ...found.map(([name]) => name.length))
  const best = found.filter(([name]) => name.length === length).reverse()
  return { bases: [...new Set(best.map(([, base]) => base))], word: best[0]?.[0] ?? '' }
}

/** The families of a pipeline or transformer class of diffusers. */
export const basesByClassName = (className: string): readonly string[] =>
  longest(classes, (name) => className.startsWith(name)).bases

/** `Flux.2-dev` and `flux_2_dev` are `-flux-2-dev-`. */
const toWords = (text: string) => `-${text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-`

/** The families that an architecture in a file's metadata or the name of a whole model contains. */
export function basesByArchitecture(architecture: string): NamedBases {
  const words = toWords(architecture)
  return longest(architectures, (name) => words.includes(`-${name}`))
}

/** What is often written directly behind a family's name, as in `fluxdev`. */
const joinedWords = 'dev|schnell|kontext|krea|fill|base|image|lora|pro|turbo|lightning|video|hd|xl|v\\d'

/** The families that a file name contains as words: `chromatic` and `wanda` name none. */
export function basesByName(fileName: string): NamedBases {
  const words = toWords(fileName)
  const isNamed = (name: string) =>
    new RegExp(`-${name}((?<![a-z])|(?![a-z])|(?=${joinedWords}))`).test(words)
  return longest(architectures, isNamed)
}
