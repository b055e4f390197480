import { stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { maxDiffusersDepth, diffusersIndex } from '../../recognition/model-groups.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { Need } from './workflow.ts'

/**
 * The folders that workflows name, among those in which models were found: by the path below the folder of their type, or by
 * the folder's name alone. Only one with a `model_index.json` is a model.
 */
export async function foldersFor(
  needs: readonly Need[],
  local: readonly LocalModel[],
): Promise<ReadonlyMap<string, LocalModel>> {
  const found = new Map<string, LocalModel>()
  const byPath = new Map<string, LocalModel[]>()
  if (needs.some(({ isFolder }) => isFolder)) gather(local, byPath)
  for (const { name, isFolder } of needs) {
    if (!isFolder) continue
    const candidates = [...byPath.keys()].filter((path) => endsWith(path, basename(name)))
    // The whole name first; of the same name the one beside other folders of its type.
    const ranked = candidates.sort((one, other) => rank(other, name) - rank(one, name))
    for (const path of ranked) {
      const model = await folderModel(path, byPath.get(path) ?? [], rank(path, name) === 2)
      if (!model) continue
      found.set(name, model)
      break
    }
  }
  return found
}

/** The folder that a person has picked, or null when it is no model in the form of diffusers. */
export async function folderModel(
  path: string,
  files: readonly LocalModel[],
  isPlaced: boolean,
): Promise<LocalModel | null> {
  const facts = await stat(join(path, diffusersIndex)).catch(() => null)
  if (!facts?.isFile()) return null
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return {
    path,
    sizeBytes,
    mtimeMs: facts.mtimeMs,
    modelType: isPlaced ? 'diffusers' : null,
    name: basename(path),
  }
}

/** Each folder that may be a model in the form of diffusers, with the files below it. */
function gather(local: readonly LocalModel[], byPath: Map<string, LocalModel[]>): void {
  for (const model of new Map(local.map((one) => [one.path, one])).values()) {
    let folder = dirname(model.path)
    for (let depth = 0; depth <= maxDiffusersDepth; depth += 1) {
      const files = byPath.get(folder)
      if (files) files.push(model)
      else byPath.set(folder, [model])
      folder = dirname(folder)
    }
  }
}

const parts = (path: string) => path.toLowerCase().split(/[\\/]/)

function endsWith(path: string, name: string): boolean {
  const [whole, end] = [parts(path), parts(name)]
  return end.every((part, at) => part === whole[whole.length - end.length + at])
}

function rank(path: string, name: string): number {
  if (endsWith(path, ['diffusers', ...name.split('/')].join(sep))) return 2
  return endsWith(path, name) ? 1 : 0
}
