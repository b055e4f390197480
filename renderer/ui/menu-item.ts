import type { Component } from 'svelte'

export interface MenuItem {
  readonly key: string
  readonly label: string
  readonly icon?: Component
  /** Stands small beneath the label. */
  readonly note?: string
  /** Given for items of which one is in force. */
  readonly isChecked?: boolean
  /** Stands above the item, where a new group begins. */
  readonly heading?: string
  /** A line above the item. */
  readonly isApart?: boolean
  readonly onchoose: () => void
}
