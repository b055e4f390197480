import { isBrokenFile, remedyOf, type Failure } from '../../electron/contract/failures.ts'
import { failureStateOf } from '../../electron/contract/uploads.ts'
import type { AppState } from '../app/app-state.svelte.ts'
import type { RowError } from './row-groups.ts'
import { remedyKeys } from './row-status.ts'

/** What the line above rows with the same error shows. */
export function errorLine({ failure, ids }: RowError, app: AppState) {
  const text = app.language.failureText(failure, failureStateOf({ phase: 'failed', failure }))
  return { text, count: ids.length, actions: errorActions(failure, ids, app) }
}

/** The remedy of an error, for all rows at once where that is possible. */
function errorActions(
  failure: Failure,
  ids: readonly string[],
  { actions, bridge, editUploads, language }: AppState,
) {
  const { t } = language
  const [id = ''] = ids
  const isSingle = ids.length === 1
  if (isBrokenFile(failure)) {
    const remove = { label: t('remedy.remove'), onselect: () => void actions.remove(ids) }
    const show = { label: t('details.show-in-folder'), onselect: () => void bridge.showInFolder({ id }) }
    return isSingle ? [show, remove] : [remove]
  }
  const remedy = remedyOf(failure)
  const isBulkEdit = remedy === 'edit' && !isSingle
  const onselect = () => (isBulkEdit ? editUploads(ids) : void actions.applyRemedy(failure, ids))
  return [{ label: t(remedyKeys[remedy]), onselect }]
}
