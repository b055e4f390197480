import { isBrokenFile, remedyOf } from '../../electron/contract/failures.ts'
import { failureStateOf } from '../../electron/contract/uploads.ts'
import type { MessageKey } from '../../electron/messages/messages.ts'
import type { AppState } from '../app/app-state.svelte.ts'
import type { RowError } from './row-groups.ts'
import { remedyKeys } from './row-status.ts'

/** What the line above rows with the same error shows, with a remedy for all rows at once where that is possible. */
export function errorLine({ failure, ids }: RowError, { actions, bridge, editUploads, language }: AppState) {
  const [id = ''] = ids
  const isSingle = ids.length === 1
  const remedy = remedyOf(failure)
  const action = (key: MessageKey, onselect: () => unknown) => ({ label: language.t(key), onselect })
  const fix = isBrokenFile(failure)
    ? action('remedy.remove', () => actions.remove(ids))
    : action(remedyKeys[remedy], () =>
        remedy === 'edit' && !isSingle ? editUploads(ids) : actions.applyRemedy(failure, ids),
      )
  const show = action('details.show-in-folder', () => bridge.showInFolder({ id }))
  return {
    text: language.failureText(failure, failureStateOf({ phase: 'failed', failure })),
    count: ids.length,
    actions: isSingle && isBrokenFile(failure) ? [show, fix] : [fix],
  }
}
