import Ban from '@lucide/svelte/icons/ban'
import CircleCheck from '@lucide/svelte/icons/circle-check'
import ExternalLink from '@lucide/svelte/icons/external-link'
import Info from '@lucide/svelte/icons/info'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Trash from '@lucide/svelte/icons/trash-2'
import Users from '@lucide/svelte/icons/users'
import type { AppState } from '../app/app-state.svelte.ts'
import { copyItems } from '../app/copy-items.ts'
import { itemIf, type MenuItem } from '../ui/menu/menu-item.ts'
import { filesOf, type LibraryRow } from './library-query.ts'

export interface LibraryMenuOptions {
  /** Opens the details of a single row, in place of an edit. */
  readonly onopen?: (id: string) => void
  readonly onedit: (ids: readonly string[]) => void
  readonly onremove: (ids: readonly string[]) => void
  /** Absent while there is no other team. */
  readonly onaddtoteam?: ((ids: readonly string[]) => void) | undefined
}

/** The commands on rows of the library. */
export function libraryMenu(
  rows: readonly LibraryRow[],
  app: AppState,
  { onopen, onedit, onremove, onaddtoteam }: LibraryMenuOptions,
): readonly MenuItem[] {
  const { bridge, library } = app
  const { t } = app.language
  const accountIds = library.team ? [library.team.accountId] : []
  const ids = rows.map(({ id }) => id)
  const files = rows.flatMap(filesOf)
  const active = files.filter(({ status }) => status === 'active').map((file) => file.id)
  const inactive = files.filter(({ status }) => status !== 'active').map((file) => file.id)
  const [id = ''] = ids
  return [
    ...(onopen && ids.length === 1
      ? [{ key: 'open', label: t('menu.open-details'), icon: Info, onselect: () => onopen(id) }]
      : [
          {
            key: 'edit',
            label: t(files.length === 1 ? 'library.edit' : 'bulk-edit.open'),
            icon: PencilLine,
            onselect: () => onedit(ids),
          },
        ]),
    ...itemIf(active, { key: 'disable', label: t('library.disable'), icon: Ban }, (ids) =>
      library.setStatus(ids, 'disabled'),
    ),
    ...itemIf(inactive, { key: 'enable', label: t('library.enable'), icon: CircleCheck }, (ids) =>
      library.setStatus(ids, 'active'),
    ),
    ...itemIf(
      onaddtoteam ? ids : [],
      { key: 'add-to-team', label: t('add-to-team.open'), icon: Users, hasSeparatorAbove: true },
      (ids) => onaddtoteam?.(ids),
    ),
    ...itemIf(
      accountIds,
      { key: 'browser', label: t('row.open-in-browser'), icon: ExternalLink, hasSeparatorAbove: true },
      ([accountId = '']) => bridge.openServer({ accountId }),
    ),
    ...copyItems(
      {
        paths: files.map(({ modelPath }) => modelPath),
        modelIds: files.map((file) => file.id),
        hashes: files.map(({ sha256 }) => sha256),
      },
      app,
    ),
    {
      key: 'delete',
      label: t('library.delete'),
      icon: Trash,
      hasSeparatorAbove: true,
      onselect: () => onremove(ids),
    },
  ]
}
