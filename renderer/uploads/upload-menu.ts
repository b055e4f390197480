import ArrowUpToLine from '@lucide/svelte/icons/arrow-up-to-line'
import ExternalLink from '@lucide/svelte/icons/external-link'
import FolderOpen from '@lucide/svelte/icons/folder-open'
import Info from '@lucide/svelte/icons/info'
import Library from '@lucide/svelte/icons/library'
import Pause from '@lucide/svelte/icons/pause'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Play from '@lucide/svelte/icons/play'
import Receipt from '@lucide/svelte/icons/receipt'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Trash from '@lucide/svelte/icons/trash-2'
import Users from '@lucide/svelte/icons/users'
import { serverOf } from '../../electron/contract/account.ts'
import type { UploadRow } from '../../electron/contract/uploads.ts'
import type { AppState } from '../app/app-state.svelte.ts'
import { copyItems } from '../app/copy-items.ts'
import { itemIf, type MenuItem } from '../ui/menu/menu-item.ts'
import { keyOfTeam } from './row-groups.ts'
import { isCancelCostly, isEditable, isInLibrary, libraryPathOf, remedyOfRow } from './row-status.ts'
import { isMovable } from './upload-order.ts'

/**
 * The commands on uploads of the list, at most eight: those that apply to at least one of the rows. `onedit` edits the
 * name of a single one.
 */
export function uploadMenu(
  rows: readonly UploadRow[],
  app: AppState,
  onedit: (id: string) => void,
): readonly MenuItem[] {
  const { actions, bridge, ui } = app
  const { t } = app.language
  const idsOf = (isMeant: (row: UploadRow) => boolean) => rows.filter(isMeant).map(({ id }) => id)
  const pausable = idsOf((row) => actions.toggleOf(row) === 'pause')
  const paused = idsOf((row) => actions.toggleOf(row) === 'resume')
  const movable = idsOf((row) => isMovable(row) && !actions.canTryNow(row))
  const checkable = idsOf((row) => remedyOfRow(row) === 'check')
  const retryable = idsOf((row) =>
    row.phase === 'retrying' ? actions.canTryNow(row) : ['check', 'retry'].includes(remedyOfRow(row)),
  )
  const retryKey = checkable.length === retryable.length ? 'remedy.check' : 'remedy.retry'
  const editable = idsOf(isEditable)
  const removeKey = rows.some(isCancelCostly) ? 'row.cancel' : 'remedy.remove'
  const isAllDone = rows.every(({ phase }) => phase === 'registered')
  const ids = rows.map(({ id }) => id)
  const isSingle = rows.length === 1
  return [
    ...itemIf(
      isSingle ? ids : [],
      { key: 'open', label: t('menu.open-details'), icon: Info, keys: 'Enter' },
      ([id = null]) => (ui.detailsId = id),
    ),
    ...itemIf(pausable, { key: 'pause', label: t('row.pause'), icon: Pause, keys: 'Space' }, (ids) =>
      bridge.pause({ ids }),
    ),
    ...itemIf(paused, { key: 'resume', label: t('row.resume'), icon: Play, keys: 'Space' }, (ids) =>
      bridge.resume({ ids }),
    ),
    // The line above a single finished row has it.
    ...itemIf(
      isSingle && isAllDone ? [] : retryable,
      { key: 'retry', label: t(retryKey), icon: RotateCw },
      (ids) => bridge.retry({ ids }),
    ),
    ...itemIf(movable, { key: 'top', label: t('row.to-top'), icon: ArrowUpToLine, keys: 'Alt+Home' }, (ids) =>
      bridge.moveToTop({ ids }),
    ),
    ...(isSingle
      ? itemIf(editable, { key: 'edit', label: t('menu.edit-name'), icon: PencilLine, keys: 'F2' }, ([id]) =>
          onedit(id ?? ''),
        )
      : itemIf(editable, { key: 'edit', label: t('bulk-edit.open'), icon: PencilLine }, () =>
          app.editUploads(ids),
        )),
    ...recordItems(rows, app),
    {
      key: 'remove',
      label: t(isAllDone ? 'row.forget' : removeKey),
      icon: Trash,
      keys: 'Del',
      hasSeparatorAbove: true,
      onselect: () => void actions.remove(ids),
    },
  ]
}

/** The commands on the files and models of uploads, which the history has too. */
export function recordItems(rows: readonly UploadRow[], app: AppState): readonly MenuItem[] {
  const { actions, bridge, session } = app
  const { t } = app.language
  const ids = rows.map(({ id }) => id)
  const isAllDone = rows.every(({ phase }) => phase === 'registered')
  const done = isAllDone ? ids : []
  const listed = isAllDone ? rows.filter(isInLibrary) : []
  const teams = new Set(listed.map(keyOfTeam))
  const servers = new Set(listed.map(({ accountId }) => serverOf(accountId)))
  const accountIds = listed.map(({ accountId }) => accountId)
  return [
    ...itemIf(
      rows.length === 1 ? ids : [],
      { key: 'folder', label: t('details.show-in-folder'), icon: FolderOpen, hasSeparatorAbove: true },
      ([id = '']) => bridge.showInFolder({ id }),
    ),
    ...itemIf(
      teams.size === 1 ? accountIds : [],
      { key: 'library', label: t('row.show-in-library'), icon: Library },
      () => actions.showInLibrary(listed),
    ),
    ...itemIf(
      servers.size === 1 ? accountIds : [],
      { key: 'browser', label: t('row.open-in-browser'), icon: ExternalLink },
      ([accountId = '']) => bridge.openServer({ accountId }),
    ),
    ...itemIf(
      session.hasSeveralTeams ? ids : [],
      { key: 'add-to-team', label: t('add-to-team.open'), icon: Users },
      () => actions.askForOtherTeam(rows),
    ),
    ...itemIf(done, { key: 'receipt', label: t('receipt.save'), icon: Receipt }, actions.saveReceipts),
    ...copyItems(
      {
        paths: rows.map((one) => libraryPathOf(one) || null),
        modelIds: rows.map(({ modelId }) => modelId),
        hashes: rows.map(({ sha256 }) => sha256),
        localIds: ids,
      },
      app,
      itemIf(
        done,
        { key: 'copy-receipt', label: t('receipt.copy', { count: done.length }), icon: Receipt },
        () => actions.copyReceipts(done, t),
      ),
    ),
  ]
}
