import { basename, dirname, join, resolve } from 'node:path'
import { failure, type Failure } from '../contract/failures.ts'
import { closestMatch } from './closest-match.ts'
import { fileFailure } from '../platform/files/file-identity.ts'
import { readdir, stat } from '../platform/files/original-fs.ts'

/** Further missing paths are probably not typing errors, such as the arguments of a script for another folder. */
const maxSuggestions = 20

/**
 * Why a path of the command line doesn't exist, with the closest name in its folder; null if something is
 * there. It was never inspected, so it can't have been moved.
 */
export async function missingPathFailure(path: string): Promise<Failure | null> {
  return (await missingPathFailures([path])).get(resolve(path)) ?? null
}

/** The failures of the paths that don't exist, by absolute path. */
export async function missingPathFailures(paths: readonly string[]): Promise<ReadonlyMap<string, Failure>> {
  const failures = new Map<string, Failure>()
  const namesByFolder = new Map<string, readonly string[]>()
  for (const path of paths) {
    if (await exists(path)) continue
    const folder = dirname(resolve(path))
    const names = namesByFolder.get(folder) ?? (await readdir(folder).catch((): string[] => []))
    namesByFolder.set(folder, names)
    const name = basename(path)
    // A link without its file.
    if (names.includes(name)) continue
    const similar = failures.size < maxSuggestions ? closestMatch(name, names) : null
    failures.set(
      resolve(path),
      failure('path-not-found', {
        path,
        hasSimilar: similar === null ? 'no' : 'yes',
        similar: similar === null ? '' : join(dirname(path), similar),
      }),
    )
  }
  return failures
}

/** Also true for what is there but can't be read. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    return fileFailure(error).code !== 'file-missing'
  }
}
