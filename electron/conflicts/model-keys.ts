import { success } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { Library } from '../library/library.ts'
import type { UploadRecord } from '../journal/upload-record.ts'

/**
 * A list may leave out by what a stored upload's own model is known (it is inferred): what stands at its path is then asked
 * for by itself. Null where that can't be had, since our own model must not be taken for one in the way.
 */
export async function withStorageKeys(
  library: Pick<Library, 'model'>,
  { accountId, team, storageKey, target }: UploadRecord,
  models: readonly LibraryModel[],
): Promise<readonly LibraryModel[] | null> {
  const path = pathKey(target.modelPath)
  const isNameless = (model: LibraryModel) =>
    model.storageKey === null && model.sha256 === null && pathKey(model.modelPath ?? '') === path
  if (storageKey === null || !models.some(isNameless)) return models
  const known: LibraryModel[] = []
  for (const model of models) {
    const now = isNameless(model)
      ? await library.model({ accountId, teamId: team.id }, model.id)
      : success(model)
    if (!now.ok && now.failure.code !== 'not-found') return null
    if (now.ok) known.push(now.value)
  }
  return known
}
