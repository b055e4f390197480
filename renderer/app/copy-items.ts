import Copy from '@lucide/svelte/icons/copy'
import Hash from '@lucide/svelte/icons/hash'
import Link from '@lucide/svelte/icons/link'
import type { Component } from 'svelte'
import type { MessageKey, Translate } from '../../electron/messages/messages.ts'
import type { MenuItem } from '../ui/menu/menu-item.ts'
import type { Actions } from './actions.ts'

/** The commands that copy what identifies a model; null is left out. */
export function copyItems(
  { path, modelId, sha256 }: Readonly<Record<'path' | 'modelId' | 'sha256', string | null>>,
  { t, actions }: { readonly t: Translate; readonly actions: Pick<Actions, 'copy'> },
): readonly MenuItem[] {
  const copies: readonly (readonly [value: string | null, label: MessageKey, icon: Component])[] = [
    [path, 'row.copy-path', Link],
    [modelId, 'row.copy-id', Copy],
    [sha256, 'row.copy-sha256', Hash],
  ]
  return copies
    .filter(([value]) => value !== null)
    .map(([value, label, icon], index) => ({
      key: label,
      label: t(label),
      icon,
      hasSeparatorAbove: index === 0,
      onselect: () => void actions.copy(value ?? ''),
    }))
}
