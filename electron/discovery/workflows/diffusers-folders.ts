import { stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { maxDiffusersDepth, diffusersIndex } from '../../recognition/model-groups.ts'
import type { FileReader } from '../scan/mounts.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { NeededModel } from './needed-models.ts'

/**
 * Finds the diffusers folders that a workflow needs among the folders of local models: by the path below the
 * folder of their type, or by the folder's name alone. Only a folder with a `model_index.json` counts. Keys
 * are the needed names.
 */
export async function findDiffusersFolders(
  neededModels: readonly NeededModel[],
  localModels: readonly LocalModel[],
  readFiles: FileReader,
): Promise<ReadonlyMap<string, LocalModel>> {
  const found = new Map<string, LocalModel>()
  const names = neededModels.filter(({ isFolder }) => isFolder).map(({ name }) => name)
  const filesByFolder = names.length > 0 ? groupByFolder(localModels) : new Map<string, LocalModel[]>()
  for (const name of names) {
    const candidates = [...filesByFolder.keys()].filter((path) => endsWith(path, basename(name)))
    const ranked = candidates
      .sort((one, other) => rank(other, name) - rank(one, name))
      .map((folder) => ({ folder, path: join(folder, diffusersIndex) }))
    const models = await readFiles(ranked, ({ folder }) =>
      readDiffusersFolder(folder, filesByFolder.get(folder) ?? [], rank(folder, name) === 2),
    )
    const model = ranked.map((file) => models.get(file)).find(Boolean)
    if (model) found.set(name, model)
  }
  return found
}

/** A folder as one model with the size of `files`; null if it has no `model_index.json`. */
export async function readDiffusersFolder(
  path: string,
  files: readonly LocalModel[],
  isInTypeFolder: boolean,
): Promise<LocalModel | null> {
  const stats = await stat(join(path, diffusersIndex)).catch(() => null)
  if (!stats?.isFile()) return null
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const searchedFolder = files.find((file) => file.searchedFolder)?.searchedFolder
  return {
    path,
    ...(searchedFolder === undefined ? {} : { searchedFolder }),
    sizeBytes,
    mtimeMs: stats.mtimeMs,
    modelType: isInTypeFolder ? 'diffusers' : null,
    name: basename(path),
  }
}

/** Each folder that may be a diffusers model, with the files below it. */
function groupByFolder(localModels: readonly LocalModel[]): Map<string, LocalModel[]> {
  const filesByFolder = new Map<string, LocalModel[]>()
  for (const model of new Map(localModels.map((local) => [local.path, local])).values()) {
    let folder = dirname(model.path)
    for (let depth = 0; depth <= maxDiffusersDepth; depth += 1) {
      const files = filesByFolder.get(folder)
      if (files) files.push(model)
      else filesByFolder.set(folder, [model])
      folder = dirname(folder)
    }
  }
  return filesByFolder
}

const segmentsOf = (path: string) => path.toLowerCase().split(/[\\/]/)

function endsWith(path: string, name: string): boolean {
  const [segments, end] = [segmentsOf(path), segmentsOf(name)]
  return end.every((segment, index) => segment === segments[segments.length - end.length + index])
}

/** 2: in the folder of its type; 1: by its whole name; 0: by its last segment alone. */
function rank(path: string, name: string): number {
  if (endsWith(path, ['diffusers', ...name.split('/')].join(sep))) return 2
  return endsWith(path, name) ? 1 : 0
}
