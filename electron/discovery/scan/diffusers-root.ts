import { dirname, join } from 'node:path'
import { pathExists } from '../../platform/files/path-exists.ts'
import { maxDiffusersDepth, diffusersIndex } from '../../recognition/model-groups.ts'

/**
 * Maps each file to the root folder of the diffusers model that it is a part of, or to itself if it is not a
 * part.
 */
export async function findDiffusersRoots(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const indexByFolder = new Map<string, Promise<boolean>>()
  const hasIndex = (folder: string) => {
    const known = indexByFolder.get(folder) ?? pathExists(join(folder, diffusersIndex))
    indexByFolder.set(folder, known)
    return known
  }
  const roots = new Map<string, string>()
  for (const path of paths) roots.set(path, (await rootOf(path, hasIndex)) ?? path)
  return roots
}

async function rootOf(path: string, hasIndex: (folder: string) => Promise<boolean>): Promise<string | null> {
  let folder = dirname(path)
  // Weights directly beside the index are a single-file copy of the model, not a part of it.
  if (await hasIndex(folder)) return null
  for (let depth = 0; depth < maxDiffusersDepth; depth += 1) {
    const parent = dirname(folder)
    if (parent === folder) return null
    folder = parent
    if (await hasIndex(folder)) return folder
  }
  return null
}
