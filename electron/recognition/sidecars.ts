import { access } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { extensionOf, hasModelExtension } from './file-names.ts'

/** Endings of what model managers keep beside a model, under its name without extension; a picture comes first. */
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

/** A model's name as its sidecars share it. */
export function stemOf(modelName: string): string {
  return modelName.slice(0, modelName.length - extensionOf(modelName).length)
}

/** The names that models in a list of names share with their sidecars, in lower case. */
export function modelStems(names: Iterable<string>): ReadonlySet<string> {
  return new Set([...names].filter(hasModelExtension).map((name) => stemOf(name).toLowerCase()))
}

/** Whether a file describes one of these models. */
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

/** What lies beside a model and describes it: beside the link by which it was met, or else beside the file itself. */
export async function findSidecars({ path, name, place }: MetFile): Promise<Sidecars> {
  const link = join(place ?? dirname(path), name ?? basename(path))
  const found = await sidecarsBeside(link)
  const isNone = found.picture === null && found.texts.length === 0
  return isNone && link !== path ? sidecarsBeside(path) : found
}

/** Where a file is, and where and as what it was seen. */
export interface MetFile {
  readonly path: string
  readonly name?: string
  readonly place?: string
}

async function sidecarsBeside(path: string): Promise<Sidecars> {
  const stem = join(dirname(path), stemOf(basename(path)))
  const there = await Promise.all(
    endings.map((ending) =>
      access(stem + ending).then(
        () => true,
        () => false,
      ),
    ),
  )
  const found = endings.filter((_ending, index) => there[index])
  const picture = pictureEndings.find((ending) => found.includes(ending))
  return {
    picture: picture === undefined ? null : stem + picture,
    texts: textEndings.filter((ending) => found.includes(ending)).map((ending) => stem + ending),
  }
}
