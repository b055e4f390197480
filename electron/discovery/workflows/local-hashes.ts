import { stat } from 'node:fs/promises'
import { identityOf, sameFile, type FileIdentity } from '../../platform/files/file-identity.ts'
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
): Promise<ReadonlyMap<string, string>> {
  const withHash = neededModels.filter(({ sha256 }) => sha256 !== null)
  const names = new Set(withHash.map(({ name }) => nameKey(name)))
  const found = new Map<string, string>()
  for (const { path } of names.size === 0 ? [] : localModels) {
    if (!names.has(nameKey(path))) continue
    const identity = await identityAt(path)
    const sha256 = identity && known.peek(path, identity)
    if (sha256) found.set(path, sha256)
  }
  for (const { sha256 } of withHash) {
    if (sha256 === null) continue
    for (const file of known.filesWith(sha256)) {
      const identity = await identityAt(file.path)
      if (identity && sameFile(identity, file.identity)) found.set(file.path, sha256)
    }
  }
  return found
}

/** The files with known hashes that are not among the models found so far. */
export async function modelsAt(
  paths: Iterable<string>,
  localModels: readonly LocalModel[],
): Promise<readonly LocalModel[]> {
  const knownPaths = new Set(localModels.map(({ path }) => path))
  const models = await Promise.all([...paths].filter((path) => !knownPaths.has(path)).map(localModelAt))
  return models.filter((model) => model !== null)
}

async function identityAt(path: string): Promise<FileIdentity | null> {
  const stats = await stat(path, { bigint: true }).catch(() => null)
  return stats?.isFile() ? identityOf(stats) : null
}
