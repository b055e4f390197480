import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { failure, type Failure } from '../contract/failures.ts'
import { failureFromFileError } from '../recognition/check-entry.ts'
import { closestMatch } from './closest-match.ts'

/**
 * Why a path of the command line doesn't exist, with the closest name in its folder; null if something is
 * there. It was never inspected, so it can't have been moved.
 */
export async function missingPathFailure(path: string): Promise<Failure | null> {
  try {
    await stat(path)
    return null
  } catch (error) {
    if (failureFromFileError(error).code !== 'file-missing') return null
  }
  const name = basename(path)
  const names = await readdir(dirname(resolve(path))).catch((): string[] => [])
  // A link without its file.
  if (names.includes(name)) return null
  const similar = closestMatch(name, names)
  return failure('path-not-found', {
    path,
    hasSimilar: similar === null ? 'no' : 'yes',
    similar: similar === null ? '' : join(dirname(path), similar),
  })
}

/** The failures of the paths that don't exist, by absolute path. */
export async function missingPathFailures(paths: readonly string[]): Promise<ReadonlyMap<string, Failure>> {
  const failures = new Map<string, Failure>()
  for (const path of paths) {
    const missing = await missingPathFailure(path)
    if (missing) failures.set(resolve(path), missing)
  }
  return failures
}
