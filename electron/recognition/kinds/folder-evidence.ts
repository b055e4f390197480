import { folderGroups, invokeBases, type FolderPosition } from './model-folders.ts'

/** Normalised folder name → type, by where the folder must be. */
const typesByPosition: Readonly<Record<FolderPosition, ReadonlyMap<string, string>>> = {
  anywhere: typesOf('anywhere'),
  'in-models': typesOf('in-models'),
  'in-base': typesOf('in-base'),
}

function typesOf(position: FolderPosition): ReadonlyMap<string, string> {
  const groups = folderGroups.filter((group) => group.position === position)
  return new Map(
    groups.flatMap(({ folders }) =>
      Object.entries(folders).map(([name, modelType]) => [normaliseFolderName(name), modelType] as const),
    ),
  )
}

const normalisedBases = new Set(invokeBases.map(normaliseFolderName))

export interface FolderEvidence {
  /** The folder's original name. */
  readonly folder: string
  readonly modelType: string
  /** Folders between it and the file, outermost first. */
  readonly below: readonly string[]
}

/**
 * The folder whose name implies the type of the files in it; `folders` outermost first. A folder directly in
 * `models` takes precedence, because ComfyUI reads it with all folders inside (`models/loras/ipadapter`).
 * Otherwise the nearest one decides.
 */
export function folderEvidence(folders: readonly string[]): FolderEvidence | null {
  const names = folders.map(normaliseFolderName)
  const nearestFirst = names.map((_, index) => index).reverse()
  const inModels = nearestFirst.find((index) => isTypeFolder(names, index))
  const index = inModels ?? nearestFirst.find((one) => typeAt(names, one) !== undefined)
  const modelType = index === undefined ? undefined : typeAt(names, index)
  if (index === undefined || modelType === undefined) return null
  return { folder: folders[index] ?? '', modelType, below: folders.slice(index + 1) }
}

/** A known folder directly in `models`. Parts of a pipeline in `diffusers` are in folders of their types. */
function isTypeFolder(names: readonly string[], index: number): boolean {
  const modelType = names[index - 1] === 'models' ? typeAt(names, index) : undefined
  return modelType !== undefined && modelType !== 'diffusers'
}

function typeAt(names: readonly string[], index: number): string | undefined {
  const name = names[index] ?? ''
  const [grandparent, parent] = [names[index - 2], names[index - 1] ?? '']
  const isInBase = (grandparent === 'models' && normalisedBases.has(parent)) || parent === 'autoimport'
  return (
    (isInBase ? typesByPosition['in-base'].get(name) : undefined) ??
    (parent === 'models' ? typesByPosition['in-models'].get(name) : undefined) ??
    typesByPosition.anywhere.get(name)
  )
}

/**
 * A folder directly in `models` whose name isn't known: extensions of ComfyUI read folders of their own there, and
 * ComfyUI accepts any name as a type.
 */
export function unknownTypeFolder(folders: readonly string[]): FolderEvidence | null {
  const names = folders.map(normaliseFolderName)
  const index = names.lastIndexOf('models', -2) + 1
  const folder = folders[index]
  if (index === 0 || folder === undefined || normalisedBases.has(names[index] ?? '')) return null
  return { folder, modelType: folder, below: folders.slice(index + 1) }
}

/** The type implied by a folder directly inside `models`, or null. */
export function typeByFolderName(folder: string): string | null {
  return folderEvidence(['models', folder])?.modelType ?? null
}

function normaliseFolderName(folder: string): string {
  return folder.toLowerCase().replace(/[-_ ]/g, '')
}
