import { basename, dirname, join } from 'node:path'
import { existingNames } from '../platform/files/folder-listing.ts'
import { downloadSuffixes, extensionOf, hasModelExtension } from './file-names.ts'

/** Endings that model managers append to a model's name without extension, in order of precedence. */
const pictureEndings = [
  '.preview.png',
  '.preview.jpg',
  '.preview.webp',
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
] as const
const textEndings = ['.cm-info.json', '.civitai.info', '.metadata.json', '.json'] as const
const endings = [...pictureEndings, ...textEndings]

/** A model's name without extension, which its sidecars begin with. */
function stemOf(modelName: string): string {
  return modelName.slice(0, modelName.length - extensionOf(modelName).length)
}

/** The stems of the models among these names, in lower case. */
export function modelStems(names: Iterable<string>): ReadonlySet<string> {
  return new Set([...names].filter(hasModelExtension).map((name) => stemOf(name).toLowerCase()))
}

/** Whether a file is a sidecar of a model with one of these stems. */
export function isSidecar(name: string, stems: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase()
  return endings.some((ending) => lower.endsWith(ending) && stems.has(lower.slice(0, -ending.length)))
}

export interface Sidecars {
  /** Absolute path of the picture, or null. */
  readonly picture: string | null
  /** Absolute paths of descriptions. */
  readonly texts: readonly string[]
}

/**
 * Finds the sidecars of a model: next to the link through which it was found, or else next to the file
 * itself.
 */
export async function findSidecars({ path, name, place }: FileLocation): Promise<Sidecars> {
  const link = join(place ?? dirname(path), name ?? basename(path))
  const found = await findSidecarsOf(link)
  const isEmpty = found.picture === null && found.texts.length === 0
  return isEmpty && link !== path ? findSidecarsOf(path) : found
}

/** A file's path, and the name and folder of the link through which it was found. */
export interface FileLocation {
  readonly path: string
  readonly name?: string
  readonly place?: string
}

async function findSidecarsOf(path: string): Promise<Sidecars> {
  const folder = dirname(path)
  const stem = stemOf(basename(path))
  const found = await existingNames(
    folder,
    endings.map((ending) => stem + ending),
  )
  const pathsOf = (wanted: readonly string[]) =>
    wanted.flatMap((ending) => {
      const name = found.find((one) => one.slice(stem.length).toLowerCase() === ending)
      return name === undefined ? [] : [join(folder, name)]
    })
  return { picture: pathsOf(pictureEndings)[0] ?? null, texts: pathsOf(textEndings) }
}

/** Download managers keep a state file, or the bytes themselves, next to the final name. */
export async function hasDownloadBeside(path: string): Promise<boolean> {
  const markers = downloadSuffixes.map((suffix) => basename(path) + suffix)
  return (await existingNames(dirname(path), markers)).length > 0
}
