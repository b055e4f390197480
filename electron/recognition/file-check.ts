import type { BigIntStats, Dirent } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '../contract/failures.ts'
import type { Failure } from '../contract/failures.ts'
import { hasModelExtension, skipFolder, skipInFolder } from './file-names.ts'
import { belongsToDiffusers, groupAmong } from './model-groups.ts'
import type { FoundGroup } from './model-groups.ts'
import { isOnlyInCloud } from './cloud-placeholder.ts'
import { isSidecar } from './sidecars.ts'

/** What one directory entry turned out to be. */
export interface Look {
  readonly entry: Dirent
  readonly skip: string | null
  readonly facts: BigIntStats | null
  readonly real: string
  readonly failure: Failure | null
  readonly group: FoundGroup | null
}

/** What lies around an entry and says something about it. */
export interface Around {
  readonly besideModels: boolean
  readonly stems: ReadonlySet<string>
  readonly names: ReadonlySet<string>
  readonly group: FoundGroup | null
  readonly platform: NodeJS.Platform
}

/** Why an entry is left aside, by its name and what lies around it, or null. */
function skipEntry(
  entry: Dirent,
  isFolder: boolean,
  around: Around,
  group: FoundGroup | null,
): string | null {
  if (isFolder) return skipFolder(entry.name, around.besideModels)
  const reason = skipInFolder(entry.name)
  if (reason !== 'not-a-model' || group !== null) return reason === 'not-a-model' ? null : reason
  return isSidecar(entry.name, around.stems) ? 'sidecar' : reason
}

/**
 * The model of several files that a file belongs to. Weights right beside the index of a diffusers model are none of its parts,
 * which lie in folders: they are the same model once more, in one file.
 */
function groupOf(name: string, parent: string, { group, names }: Around): FoundGroup | null {
  const isPart = group !== null && (group.within.length > 0 || !hasModelExtension(name))
  if (isPart) return belongsToDiffusers(name) ? group : null
  return groupAmong(name, names, parent)
}

export async function lookAt(entry: Dirent, parent: string, around: Around): Promise<Look> {
  const path = join(parent, entry.name)
  const link = entry.isSymbolicLink()
  const group = groupOf(entry.name, parent, around)
  const isSpecial = !entry.isDirectory() && !entry.isFile() && !link
  let skip = isSpecial ? 'not-a-model' : skipEntry(entry, entry.isDirectory() || link, around, group)
  if (skip) return { entry, skip, facts: null, real: path, failure: null, group }
  try {
    const facts = await stat(path, { bigint: true })
    if (link && !facts.isDirectory()) {
      skip = facts.isFile() ? skipEntry(entry, false, around, group) : 'not-a-model'
    }
    if (skip === null && facts.isFile() && isOnlyInCloud(facts, around.platform)) skip = 'placeholder'
    const real = link && skip === null ? await realpath(path) : path
    return { entry, skip, facts, real, failure: null, group }
  } catch (error) {
    const reason = failureOfFile(error)
    // A dead link that never looked like a model is no news.
    const why = link ? skipEntry(entry, false, around, group) : null
    return { entry, skip: why, facts: null, real: path, failure: reason, group }
  }
}

/** A file system's error as a failure: gone, or there and out of reach. */
export function failureOfFile(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('file-missing')
  return failure('file-unreadable', {}, { detail: code })
}
