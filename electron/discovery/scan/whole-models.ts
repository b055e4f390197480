import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { maxDiffusersDepth, diffusersIndex } from '../../recognition/model-groups.ts'

/**
 * What to hand over for files that were found one by one: the folder of the diffusers model that a file is a part of, or the
 * file itself.
 */
export async function wholeModels(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, Promise<boolean>>()
  const hasIndex = (folder: string) => {
    const found = known.get(folder) ?? isThere(join(folder, diffusersIndex))
    known.set(folder, found)
    return found
  }
  const whole = new Map<string, string>()
  for (const path of paths) whole.set(path, (await rootOf(path, hasIndex)) ?? path)
  return whole
}

async function rootOf(path: string, hasIndex: (folder: string) => Promise<boolean>): Promise<string | null> {
  let folder = dirname(path)
  // Weights right beside the index are the same model once more, in one file.
  if (await hasIndex(folder)) return null
  for (let depth = 0; depth < maxDiffusersDepth; depth += 1) {
    const above = dirname(folder)
    if (above === folder) return null
    folder = above
    if (await hasIndex(folder)) return folder
  }
  return null
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
