import Copy from '@lucide/svelte/icons/copy'
import Hash from '@lucide/svelte/icons/hash'
import HardDrive from '@lucide/svelte/icons/hard-drive'
import Link from '@lucide/svelte/icons/link'
import type { Component } from 'svelte'
import type { MessageKey } from '../../electron/messages/messages.ts'
import { itemIf, submenu, type MenuItem } from '../ui/menu/menu-item.ts'
import type { AppState } from './app-state.svelte.ts'

/** What identifies models, by model; null is left out. */
interface Identities {
  readonly paths: readonly (string | null)[]
  readonly modelIds: readonly (string | null)[]
  readonly hashes: readonly (string | null)[]
  /** Rows whose files are on this computer. */
  readonly localIds?: readonly string[]
}

/** A submenu with the commands that copy what identifies models, one a line, and others. */
export function copyItems(
  { paths, modelIds, hashes, localIds = [] }: Identities,
  { actions, language: { t } }: AppState,
  others: readonly MenuItem[] = [],
): readonly MenuItem[] {
  const item = (key: MessageKey, icon: Component, values: readonly string[]) => ({
    key,
    label: t(key, { count: values.length }),
    icon,
  })
  const copy = (key: MessageKey, icon: Component, given: readonly (string | null)[]) => {
    const values = given.filter((value) => value !== null)
    return itemIf(values, item(key, icon, values), (copied) => actions.copy(copied.join('\n')))
  }
  return submenu({ key: 'copy', label: t('menu.copy'), icon: Copy }, [
    ...copy('row.copy-path', Link, paths),
    ...itemIf(localIds, item('row.copy-local-path', HardDrive, localIds), actions.copyLocalPaths),
    ...copy('row.copy-id', Copy, modelIds),
    ...copy('row.copy-sha256', Hash, hashes),
    ...others,
  ])
}
