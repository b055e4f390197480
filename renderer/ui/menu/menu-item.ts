import type { Component } from 'svelte'

export interface MenuItem {
  readonly key: string
  readonly label: string
  readonly icon?: Component
  /** A second, smaller line below the label. */
  readonly note?: string
  /** The shortcut shown at the end. */
  readonly keys?: string
  /** Set on items of which one is the current choice. */
  readonly isChecked?: boolean
  /** The title of the group that starts with this item. */
  readonly heading?: string
  readonly hasSeparatorAbove?: boolean
  /** Attributes of its element. */
  readonly data?: Readonly<Record<`data-${string}`, string>>
  /** Something that is being dragged is over it. */
  readonly isDropTarget?: boolean
  /** The items of its submenu, which it opens instead of doing something. */
  readonly items?: readonly MenuItem[]
  readonly onselect: () => void
}

/** An item with a submenu; none if that would be empty. */
export function submenu(
  item: Omit<MenuItem, 'items' | 'onselect'>,
  items: readonly MenuItem[],
): readonly MenuItem[] {
  return items.length === 0 ? [] : [{ ...item, items, onselect: () => undefined }]
}

/** A command on some of the rows; none if it applies to none of them. */
export function itemIf(
  ids: readonly string[],
  item: Omit<MenuItem, 'onselect'>,
  run: (ids: readonly string[]) => unknown,
): readonly MenuItem[] {
  return ids.length === 0 ? [] : [{ ...item, onselect: () => void run(ids) }]
}
