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
  readonly onselect: () => void
}

/** A command on some of the rows; none if it applies to none of them. */
export function itemIf(
  ids: readonly string[],
  item: Omit<MenuItem, 'onselect'>,
  run: (ids: readonly string[]) => unknown,
): readonly MenuItem[] {
  return ids.length === 0 ? [] : [{ ...item, onselect: () => void run(ids) }]
}
