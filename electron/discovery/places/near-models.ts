import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { folderEvidence, typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'
import { walkModels, type LocalModel } from '../scan/walk-models.ts'
import type { Computer } from './known-places.ts'

/** Limits for each folder: those of a program's models are rarely larger. */
const maxEntries = 20_000
const maxDurationMs = 10_000

/**
 * The models in a folder itself, and if it is one of a program's model folders, those in the folders of these
 * types beside it. Reads names and sizes only.
 */
export async function findNearModels(
  folder: string,
  modelTypes: readonly string[],
  { computer, now }: { readonly computer: Computer; readonly now: () => number },
): Promise<readonly LocalModel[]> {
  const options = {
    budget: { entries: maxEntries, untilMs: now() + maxDurationMs },
    seen: new Set<string>(),
    now,
    skipCloudOnlyOn: computer.platform,
  }
  const models: LocalModel[] = []
  for (const { path, modelType } of await typeFoldersBeside(folder, modelTypes))
    models.push(...(await walkModels(path, { ...options, modelType })).models)
  models.push(...(await walkModels(folder, { ...options, maxDepth: 0 })).models)
  return models
}

async function typeFoldersBeside(folder: string, modelTypes: readonly string[]) {
  const parts = folder.split(sep)
  const evidence = folderEvidence(parts)
  if (!evidence) return []
  const root = parts.slice(0, parts.length - evidence.below.length - 1).join(sep)
  // Beside a folder in the root of a disk is the whole disk.
  if (root === '' || root.endsWith(':')) return []
  const names = await readdir(root).catch((): string[] => [])
  return names.flatMap((name) => {
    const modelType = typeByFolderName(name)
    return modelType !== null && modelTypes.includes(modelType) ? [{ path: join(root, name), modelType }] : []
  })
}
