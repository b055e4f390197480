import { basename, relative, sep } from 'node:path'
import type { FoundModelState } from '../../contract/discovery.ts'
import type { LibraryModel } from '../../contract/library.ts'
import type { FileIdentity } from '../../platform/files/file-identity.ts'
import { nameKey, type LocalModel } from '../scan/walk-models.ts'

/** What a team has, and what is known about local files. Nothing is read from a disk for a comparison. */
export interface TeamContent {
  /** Empty if they are unknown. */
  readonly models: readonly LibraryModel[]
  /** Paths, with links resolved, of the team's uploads that are not in the library yet. */
  readonly queuedPaths: ReadonlySet<string>
  /** The hash of a file whose bytes were read before, or null. */
  readonly knownHash: (path: string, identity: FileIdentity) => string | null
}

/**
 * Returns a function that says whether a team has a model, given all its files. Only equal hashes show that
 * it does; without them, a model of the same name and size is probably the same one.
 */
export function createComparison({ models, queuedPaths, knownHash }: TeamContent) {
  const bySize = Map.groupBy(models, ({ sizeBytes }) => sizeBytes)

  function stateOf(file: LocalModel): FoundModelState {
    const path = file.realPath ?? file.path
    if (queuedPaths.has(path)) return 'queued'
    const ofSameSize = bySize.get(file.sizeBytes)
    if (!ofSameSize) return 'new'
    const sha256 = file.identity ? knownHash(path, file.identity) : null
    if (sha256 !== null && ofSameSize.some((model) => model.sha256 === sha256)) return 'in-library'
    const isSameName = ofSameSize.some(
      (model) => (sha256 === null || model.sha256 === null) && hasNameOf(model, file),
    )
    return isSameName ? 'same-name-and-size' : 'new'
  }

  return (files: readonly LocalModel[]): FoundModelState => {
    const states = new Set(files.map(stateOf))
    // Of a model of several files, all must be there.
    const weakestFirst = ['new', 'queued', 'same-name-and-size', 'in-library'] as const
    return weakestFirst.find((state) => states.has(state)) ?? 'new'
  }
}

/** Parts of different diffusers models have the same names, so their folders are compared too. */
function hasNameOf({ modelPath, displayName }: LibraryModel, { path, modelFolder }: LocalModel): boolean {
  if (modelFolder === undefined) return nameKey(modelPath ?? displayName) === nameKey(path)
  const within = relative(modelFolder, path).split(sep).join('/')
  return modelPath?.toLowerCase().endsWith(`/${basename(modelFolder)}/${within}`.toLowerCase()) ?? false
}
