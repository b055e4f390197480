import Ban from '@lucide/svelte/icons/ban'
import CircleCheck from '@lucide/svelte/icons/circle-check'
import ExternalLink from '@lucide/svelte/icons/external-link'
import Info from '@lucide/svelte/icons/info'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Trash from '@lucide/svelte/icons/trash-2'
import Users from '@lucide/svelte/icons/users'
import type { LibraryModel } from '../../electron/contract/library.ts'
import type { Translate } from '../../electron/messages/messages.ts'
import type { Actions } from '../app/actions.ts'
import { copyItems } from '../app/copy-items.ts'
import { itemIf, type MenuItem } from '../ui/menu/menu-item.ts'
import type { LibraryState } from './library-state.svelte.ts'

interface LibraryMenuOptions {
  readonly t: Translate
  readonly actions: Pick<Actions, 'copy' | 'copyLocalPaths' | 'openServer'>
  readonly library: Pick<LibraryState, 'setStatus'>
  /** The account of the shown team, or null. */
  readonly accountId: string | null
  readonly onopen: (id: string) => void
  /** Edits several at once. */
  readonly onedit: (ids: readonly string[]) => void
  readonly onremove: (ids: readonly string[]) => void
  /** Absent while there is no other team. */
  readonly onaddtoteam?: ((ids: readonly string[]) => void) | undefined
}

/** The commands on models of the library. */
export function libraryMenu(
  models: readonly LibraryModel[],
  { t, actions, library, accountId, onopen, onedit, onremove, onaddtoteam }: LibraryMenuOptions,
): readonly MenuItem[] {
  const withStatus = (status: string) => models.filter((model) => model.status === status).map(({ id }) => id)
  const active = withStatus('active')
  const disabled = withStatus('disabled')
  const [model] = models
  const single = models.length === 1 ? model : undefined
  return [
    ...(single
      ? [{ key: 'open', label: t('menu.open-details'), icon: Info, onselect: () => onopen(single.id) }]
      : [
          {
            key: 'edit',
            label: t('bulk-edit.open'),
            icon: PencilLine,
            onselect: () => onedit(models.map(({ id }) => id)),
          },
        ]),
    ...itemIf(active, { key: 'disable', label: t('library.disable'), icon: Ban }, (ids) =>
      library.setStatus(ids, 'disabled'),
    ),
    ...itemIf(disabled, { key: 'enable', label: t('library.enable'), icon: CircleCheck }, (ids) =>
      library.setStatus(ids, 'active'),
    ),
    ...itemIf(
      onaddtoteam ? models.map(({ id }) => id) : [],
      { key: 'add-to-team', label: t('add-to-team.open'), icon: Users, hasSeparatorAbove: true },
      (ids) => onaddtoteam?.(ids),
    ),
    ...(accountId === null
      ? []
      : [
          {
            key: 'browser',
            label: t('row.open-in-browser'),
            icon: ExternalLink,
            hasSeparatorAbove: true,
            onselect: () => void actions.openServer(accountId),
          },
        ]),
    ...copyItems(
      {
        paths: models.map(({ modelPath }) => modelPath),
        modelIds: models.map(({ id }) => id),
        hashes: models.map(({ sha256 }) => sha256),
      },
      { t, actions },
    ),
    {
      key: 'delete',
      label: t('library.delete'),
      icon: Trash,
      hasSeparatorAbove: true,
      onselect: () => onremove(models.map(({ id }) => id)),
    },
  ]
}
