import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { placeOf, type LocalModel } from '../scan/walk-models.ts'
import type { Need } from './workflow.ts'

/** Files that were sent before and are still there. */
export async function sentBefore(
  needs: readonly Need[],
  { sentBefore: find }: { readonly sentBefore: (names: readonly string[]) => readonly string[] },
): Promise<readonly LocalModel[]> {
  const names = needs.map(({ name }) => basename(name).toLowerCase())
  const looked = await Promise.all(find(names).map(lookAt))
  return looked.filter((file) => file !== null)
}

/** One file as a walk would tell it; null for what is no file, or is gone. */
export async function lookAt(path: string): Promise<LocalModel | null> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) return null
    return { path, sizeBytes: facts.size, mtimeMs: facts.mtimeMs, ...placeOf('/', path) }
  } catch {
    return null
  }
}
