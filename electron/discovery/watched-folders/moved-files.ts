import { basename } from 'node:path'
import type { FolderSearchResult } from '../scan/search-folder.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { FileState } from './file-state.ts'
import { isInUnreadFolder } from './unread-folders.ts'
import type { MovedFile, StoredFile } from './watched-folder-store.ts'

const stateKey = ({ sizeBytes, mtimeMs }: FileState) => `${sizeBytes} ${mtimeMs}`

/**
 * The known files that were moved or renamed: a model that isn't known has the size and the exact time of a known file
 * that is no longer at its path. While that file may still be where the search did not read, the model is neither
 * moved nor new.
 */
export function findMovedFiles(
  knownFiles: Iterable<StoredFile>,
  { models, incompleteReason, unread }: FolderSearchResult,
  isKnown: (model: LocalModel) => boolean,
): { readonly moves: readonly MovedFile[]; readonly newModels: readonly LocalModel[] } {
  const knownPaths = new Set(models.filter(isKnown).map(({ path }) => path))
  const gone = [...knownFiles].filter(({ path }) => !knownPaths.has(path))
  const goneByState = Map.groupBy(gone, stateKey)
  const moves: MovedFile[] = []
  const newModels: LocalModel[] = []
  for (const model of models) {
    if (knownPaths.has(model.path)) continue
    const candidates = goneByState.get(stateKey(model)) ?? []
    const sameName = candidates.findIndex(({ path }) => basename(path) === basename(model.path))
    const [file] = candidates.splice(Math.max(sameName, 0), 1)
    if (!file) newModels.push(model)
    else if (incompleteReason === null && !isInUnreadFolder(file.path, unread))
      moves.push({ from: file.path, file: { ...file, path: model.path } })
  }
  return { moves, newModels }
}

/**
 * Of a file with several links one is offered and the others are known. Once that one is gone, another one is offered:
 * returns both with their new states.
 */
export function findOtherLinks(
  missing: readonly StoredFile[],
  presentFiles: readonly StoredFile[],
): readonly StoredFile[] {
  const offered = missing.filter(({ state }) => state === 'offered')
  const linksByState = Map.groupBy(offered.length > 0 ? presentFiles : [], stateKey)
  return offered.flatMap((file): readonly StoredFile[] => {
    const link = linksByState.get(stateKey(file))?.find(({ state }) => state === 'known')
    return link
      ? [
          { ...file, state: 'known' },
          { ...link, state: 'offered' },
        ]
      : []
  })
}
