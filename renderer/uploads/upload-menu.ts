import ArrowUpToLine from '@lucide/svelte/icons/arrow-up-to-line'
import FolderOpen from '@lucide/svelte/icons/folder-open'
import Info from '@lucide/svelte/icons/info'
import Library from '@lucide/svelte/icons/library'
import Pause from '@lucide/svelte/icons/pause'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Play from '@lucide/svelte/icons/play'
import Receipt from '@lucide/svelte/icons/receipt'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Trash from '@lucide/svelte/icons/trash-2'
import type { UploadRow } from '../../electron/contract/uploads.ts'
import type { Translate } from '../../electron/messages/messages.ts'
import type { Actions } from '../app/actions.ts'
import { copyItems } from '../app/copy-items.ts'
import { itemIf, type MenuItem } from '../ui/menu/menu-item.ts'
import { isEditable, remedyOfRow, toggleOf } from './row-status.ts'

interface UploadMenuOptions {
  readonly t: Translate
  readonly actions: Actions
  readonly onopen: (id: string) => void
  readonly onedit: (id: string) => void
  readonly onbulkedit: (ids: readonly string[]) => void
}

/** The commands on uploads of the list: those that apply to at least one of the rows. */
export function uploadMenu(
  rows: readonly UploadRow[],
  { t, actions, onopen, onedit, onbulkedit }: UploadMenuOptions,
): readonly MenuItem[] {
  const idsOf = (isMeant: (row: UploadRow) => boolean) => rows.filter(isMeant).map(({ id }) => id)
  const pausable = idsOf((row) => toggleOf(row) === 'pause')
  const paused = idsOf((row) => toggleOf(row) === 'resume')
  const waiting = idsOf(({ phase }) => phase === 'waiting' || phase === 'paused')
  const retryable = idsOf((row) => row.phase === 'retrying' || remedyOfRow(row) === 'retry')
  const editable = idsOf(isEditable)
  const isAllDone = rows.every(({ phase }) => phase === 'registered')
  const [row] = rows
  const single = rows.length === 1 ? row : undefined
  const editIcon = { icon: PencilLine, hasSeparatorAbove: true }
  return [
    ...(single
      ? [{ key: 'open', label: t('shortcuts.details'), icon: Info, onselect: () => onopen(single.id) }]
      : []),
    ...itemIf(pausable, { key: 'pause', label: t('row.pause'), icon: Pause }, actions.pause),
    ...itemIf(paused, { key: 'resume', label: t('row.resume'), icon: Play }, actions.resume),
    ...itemIf(retryable, { key: 'retry', label: t('remedy.retry'), icon: RotateCw }, actions.retry),
    ...itemIf(waiting, { key: 'top', label: t('row.to-top'), icon: ArrowUpToLine }, actions.moveToTop),
    ...(single
      ? itemIf(editable, { key: 'edit', label: t('shortcuts.edit'), keys: 'F2', ...editIcon }, ([id]) =>
          onedit(id ?? ''),
        )
      : itemIf(editable, { key: 'edit', label: t('bulk-edit.open'), ...editIcon }, onbulkedit)),
    ...recordItems(rows, { t, actions }),
    {
      key: 'remove',
      label: t(isAllDone ? 'row.forget' : 'bulk.remove'),
      icon: Trash,
      hasSeparatorAbove: true,
      onselect: () => void actions.remove(rows.map(({ id }) => id)),
    },
  ]
}

/** The commands on the files and models of uploads, which the history has too. */
export function recordItems(
  rows: readonly UploadRow[],
  { t, actions }: Pick<UploadMenuOptions, 't' | 'actions'>,
): readonly MenuItem[] {
  const done = rows.filter(({ phase }) => phase === 'registered').map(({ id }) => id)
  const [row] = rows
  const single = rows.length === 1 ? row : undefined
  const receipts = itemIf(
    done,
    { key: 'receipt', label: t('receipt.save'), icon: Receipt },
    actions.saveReceipts,
  )
  if (!single) return receipts
  const { id, modelId, sha256, target, already } = single
  const path = already?.path ?? target.modelPath
  return [
    {
      key: 'folder',
      label: t('details.show-in-folder'),
      icon: FolderOpen,
      hasSeparatorAbove: true,
      onselect: () => void actions.showInFolder(id),
    },
    ...(modelId === null
      ? []
      : [
          {
            key: 'library',
            label: t('row.show-in-library'),
            icon: Library,
            onselect: () => void actions.showInLibrary(single, modelId),
          },
        ]),
    ...receipts,
    ...copyItems({ path, modelId, sha256 }, { t, actions }),
  ]
}
