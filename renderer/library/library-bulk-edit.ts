import { success } from '../../electron/contract/failures.ts'
import { teamKey, type TeamChoice } from '../../electron/contract/account.ts'
import type { LibraryChange, LibraryModel } from '../../electron/contract/library.ts'
import type { Target } from '../../electron/contract/uploads.ts'
import { modelFields, type BulkFile } from '../uploads/bulk-edit/bulk-change.ts'
import type { BulkSource } from '../uploads/bulk-edit/bulk-edit-state.svelte.ts'
import type { LibraryState } from './library-state.svelte.ts'

/** Edits types, paths and names of models of a team, which may no longer be shown when the changes are undone. */
export function modelSource(library: LibraryState, choice: TeamChoice): BulkSource {
  const key = teamKey(choice)
  /** What was changed here, by model. */
  const edited = new Map<string, Target>()
  const fileOf = (model: LibraryModel): BulkFile => {
    const target = targetOf(model)
    const fileName = target.modelPath.slice(target.modelPath.lastIndexOf('/') + 1)
    return { id: model.id, fileName, base: null, target, teamKey: key }
  }
  return {
    kind: 'models',
    fields: modelFields,
    read(ids) {
      const chosen = new Set(ids)
      const isLocked = ({ id, modelPath }: LibraryModel) => modelPath === null || library.isBusy(id)
      const selected = library.seen.filter(({ id }) => chosen.has(id))
      const files = ids.flatMap((id) => library.byId.get(id) ?? []).filter((model) => !isLocked(model))
      const others = [...library.seen.filter(({ id }) => !chosen.has(id)), ...selected.filter(isLocked)]
      return {
        files: files.map(fileOf),
        lockedCount: ids.length - files.length,
        others: others.map(fileOf),
        isOneByOne: true,
      }
    },
    async edit(changes) {
      const requested = changes
        .filter(({ id }) => !library.isShown(choice) || !library.isBusy(id))
        .map(({ id, target }) => ({ id, target, change: changeOf(this.targetOf(id), target) }))
        // What others have changed since is not undone.
        .filter(({ change }) => Object.keys(change).length > 0)
      const refusals = await library.changeEach(choice, requested)
      const refused = new Set(refusals.map(({ id }) => id))
      const done = requested.filter(({ id }) => !refused.has(id))
      for (const { id, target } of done) edited.set(id, target)
      return success(done.map(({ id }) => id))
    },
    targetOf(id) {
      if (!library.isShown(choice)) return edited.get(id)
      const model = library.byId.get(id)
      return model && targetOf(model)
    },
  }
}

const targetOf = ({ displayName, modelType, modelPath }: LibraryModel): Target => ({
  displayName,
  modelType,
  modelPath: modelPath ?? '',
})

/** Only what differs, so that what others have changed meanwhile stays. */
function changeOf(before: Target | undefined, { displayName, modelType, modelPath }: Target): LibraryChange {
  return {
    ...(displayName === before?.displayName ? {} : { displayName }),
    ...(modelType === before?.modelType ? {} : { modelType }),
    ...(modelPath === before?.modelPath ? {} : { modelPath }),
  }
}
