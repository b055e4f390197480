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
import type { Translate } from '../../electron/messages/messages.ts'
import type { Actions } from '../app/actions.ts'
import { copyItems } from '../app/copy-items.ts'
import { itemIf, type MenuItem } from '../ui/menu/menu-item.ts'
import { keyOfTeam } from './row-groups.ts'
import { isCancelCostly, isEditable, isInLibrary, remedyOfRow } from './row-status.ts'
import { isMovable } from './upload-order.ts'

interface UploadMenuOptions {
  readonly t: Translate
  readonly actions: Actions
  readonly onopen: (id: string) => void
  readonly onedit: (id: string) => void
  readonly onbulkedit: (ids: readonly string[]) => void
  /** There is a team that files can be uploaded to as well. */
  readonly hasOtherTeam: boolean
}

/** The commands on uploads of the list, at most eight: those that apply to at least one of the rows. */
export function uploadMenu(
  rows: readonly UploadRow[],
  { t, actions, onopen, onedit, onbulkedit, hasOtherTeam }: UploadMenuOptions,
): readonly MenuItem[] {
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
  const [row] = rows
  const single = rows.length === 1 ? row : undefined
  return [
    ...(single
      ? [
          {
            key: 'open',
            label: t('menu.open-details'),
            icon: Info,
            keys: 'Enter',
            onselect: () => onopen(single.id),
          },
        ]
      : []),
    ...itemIf(pausable, { key: 'pause', label: t('row.pause'), icon: Pause, keys: 'Space' }, actions.pause),
    ...itemIf(paused, { key: 'resume', label: t('row.resume'), icon: Play, keys: 'Space' }, actions.resume),
    // The line above a single finished row has it.
    ...itemIf(
      single && isAllDone ? [] : retryable,
      { key: 'retry', label: t(retryKey), icon: RotateCw },
      actions.retry,
    ),
    ...itemIf(
      movable,
      { key: 'top', label: t('row.to-top'), icon: ArrowUpToLine, keys: 'Alt+Home' },
      actions.moveToTop,
    ),
    ...(single
      ? itemIf(editable, { key: 'edit', label: t('menu.edit-name'), icon: PencilLine, keys: 'F2' }, ([id]) =>
          onedit(id ?? ''),
        )
      : itemIf(editable, { key: 'edit', label: t('bulk-edit.open'), icon: PencilLine }, () =>
          onbulkedit(rows.map(({ id }) => id)),
        )),
    ...recordItems(rows, { t, actions, hasOtherTeam }),
    {
      key: 'remove',
      label: t(isAllDone ? 'row.forget' : removeKey),
      icon: Trash,
      keys: 'Del',
      hasSeparatorAbove: true,
      onselect: () => void actions.remove(rows.map(({ id }) => id)),
    },
  ]
}

/** The commands on the files and models of uploads, which the history has too. */
export function recordItems(
  rows: readonly UploadRow[],
  { t, actions, hasOtherTeam }: Pick<UploadMenuOptions, 't' | 'actions' | 'hasOtherTeam'>,
): readonly MenuItem[] {
  const isAllDone = rows.every(({ phase }) => phase === 'registered')
  const done = isAllDone ? rows : []
  const listed = isAllDone ? rows.filter(isInLibrary) : []
  const [row] = rows
  const single = rows.length === 1 ? row : undefined
  const { accountId } = listed[0] ?? {}
  const isOneServer =
    accountId !== undefined && listed.every((one) => serverOf(one.accountId) === serverOf(accountId))
  return [
    ...(single
      ? [
          {
            key: 'folder',
            label: t('details.show-in-folder'),
            icon: FolderOpen,
            hasSeparatorAbove: true,
            onselect: () => void actions.showInFolder(single.id),
          },
        ]
      : []),
    ...(listed.length > 0 && new Set(listed.map(keyOfTeam)).size === 1
      ? [
          {
            key: 'library',
            label: t('row.show-in-library'),
            icon: Library,
            onselect: () => void actions.showInLibrary(listed),
          },
        ]
      : []),
    ...(isOneServer
      ? [
          {
            key: 'browser',
            label: t('row.open-in-browser'),
            icon: ExternalLink,
            onselect: () => void actions.openServer(accountId),
          },
        ]
      : []),
    ...(hasOtherTeam
      ? [
          {
            key: 'add-to-team',
            label: t('add-to-team.open'),
            icon: Users,
            onselect: () => actions.askForOtherTeam(rows),
          },
        ]
      : []),
    ...itemIf(
      done.map(({ id }) => id),
      { key: 'receipt', label: t('receipt.save'), icon: Receipt },
      actions.saveReceipts,
    ),
    ...copyItems(
      {
        paths: rows.map(({ already, target }) => already?.path ?? target.modelPath),
        modelIds: rows.map(({ modelId }) => modelId),
        hashes: rows.map(({ sha256 }) => sha256),
        localIds: rows.map(({ id }) => id),
      },
      { t, actions },
      itemIf(
        done.map(({ id }) => id),
        { key: 'copy-receipt', label: t('receipt.copy', { count: done.length }), icon: Receipt },
        (ids) => actions.copyReceipts(ids, t),
      ),
    ),
  ]
}
