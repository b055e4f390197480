import { stat } from 'node:fs/promises'
import { identityOf, isUntouched, type FileIdentity } from '../../platform/files/file-identity.ts'
import type { FileReader } from '../scan/mounts.ts'
import { localModelAt, nameKey, type LocalModel } from '../scan/walk-models.ts'
import type { NeededModel } from './needed-models.ts'

/** SHA-256 of files that were hashed before, for an upload or to compare them with the library. */
export interface KnownHashes {
  peek(path: string, identity: FileIdentity): string | null
  filesWith(sha256: string): readonly { readonly path: string; readonly identity: FileIdentity }[]
}

/**
 * The known hashes of unchanged local files that may be one of the needed models, by path: files of the same
 * name, and files with the hash in the workflow. No file is hashed for this.
 */
export async function findLocalHashes(
  neededModels: readonly NeededModel[],
  localModels: readonly LocalModel[],
  known: KnownHashes,
  readFiles: FileReader,
): Promise<ReadonlyMap<string, string>> {
  const withHash = neededModels.filter(({ sha256 }) => sha256 !== null)
  const names = new Set(withHash.map(({ name }) => nameKey(name)))
  const found = new Map<string, string>()
  const hashed = withHash.flatMap(({ sha256 }) =>
    sha256 === null ? [] : known.filesWith(sha256).map((file) => ({ ...file, sha256 })),
  )
  const named = names.size === 0 ? [] : localModels.filter(({ path }) => names.has(nameKey(path)))
  for (const [{ path }, identity] of await readFiles(named, identityAt)) {
    const sha256 = identity && known.peek(path, identity)
    if (sha256) found.set(path, sha256)
  }
  for (const [{ path, identity: expected, sha256 }, identity] of await readFiles(hashed, identityAt))
    if (identity && isUntouched(identity, expected)) found.set(path, sha256)
  return found
}

/** The files at these paths as they are now, without those that are gone. */
export async function modelsAt(
  paths: readonly string[],
  readFiles: FileReader,
): Promise<readonly LocalModel[]> {
  const files = paths.map((path) => ({ path }))
  const models = await readFiles(files, ({ path }) => localModelAt(path))
  return files.flatMap((file) => models.get(file) ?? [])
}

async function identityAt({ path }: { readonly path: string }): Promise<FileIdentity | null> {
  const stats = await stat(path, { bigint: true }).catch(() => null)
  return stats?.isFile() ? identityOf(stats) : null
}
