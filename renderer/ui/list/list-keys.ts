import type { ReorderStep } from './row-order.ts'

/** Commands of the keyboard in a list of rows. */
export type ListCommand =
  | { readonly kind: 'move'; readonly to: number; readonly how: 'select' | 'extend' | 'focus' }
  | { readonly kind: 'toggle' | 'remove' | 'open' | 'edit' | 'select-all' | 'close' | 'toggle-selection' }
  | { readonly kind: 'type-ahead'; readonly letter: string }
  | { readonly kind: 'reorder'; readonly step: ReorderStep }
  | { readonly kind: 'expand'; readonly isExpanded: boolean }

type Keys = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>

interface ListState {
  /** Number of rows. */
  readonly count: number
  /** Number of rows in the viewport. */
  readonly pageRows: number
  /** Letters were typed a moment ago, so a space belongs to the word. */
  readonly isTyping: boolean
  /**
   * The rows are the only record of something: Backspace, which is easily hit while typing, removes nothing.
   */
  readonly isRecord?: boolean
  /** Rows can be moved to other places. */
  readonly canReorder?: boolean
}

const stepOfKey: Readonly<Record<string, ReorderStep>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'top',
  End: 'bottom',
}

const commandOfKey: Readonly<Record<string, 'toggle' | 'remove' | 'open' | 'edit' | 'close'>> = {
  ' ': 'toggle',
  Delete: 'remove',
  Backspace: 'remove',
  Enter: 'open',
  F2: 'edit',
  Escape: 'close',
}

/**
 * The command of a key press in a list, or null.
 * @param at index of the focused row, or −1
 */
export function listCommandFor(keys: Keys, at: number, list: ListState): ListCommand | null {
  const { key, altKey } = keys
  const hasControl = keys.ctrlKey || keys.metaKey
  if (altKey) return list.canReorder === true ? reorderCommand(key) : null
  if (hasControl && key.toLowerCase() === 'a') return { kind: 'select-all' }
  if (hasControl && key === ' ') return { kind: 'toggle-selection' }
  const target = moveTarget(key, at, list)
  if (target !== undefined && list.count > 0) {
    const to = Math.max(0, Math.min(list.count - 1, target))
    return { kind: 'move', to, how: moveKind(keys) }
  }
  return hasControl ? null : commandWithoutModifier(key, list)
}

function reorderCommand(key: string): ListCommand | null {
  const step = stepOfKey[key]
  return step ? { kind: 'reorder', step } : null
}

/** The row that an arrow or page key moves to, which may lie beyond the ends of the list. */
function moveTarget(key: string, at: number, { count, pageRows }: ListState): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + pageRows,
    PageUp: at - pageRows,
    Home: 0,
    End: count - 1,
  }
  return targets[key]
}

function moveKind({ shiftKey, ctrlKey, metaKey }: Keys): 'extend' | 'focus' | 'select' {
  if (shiftKey) return 'extend'
  return ctrlKey || metaKey ? 'focus' : 'select'
}

function commandWithoutModifier(key: string, { isTyping, isRecord }: ListState): ListCommand | null {
  if (isTyping && key === ' ') return { kind: 'type-ahead', letter: key }
  if (isRecord === true && key === 'Backspace') return null
  const kind = commandOfKey[key]
  if (kind) return { kind }
  return [...key].length === 1 ? { kind: 'type-ahead', letter: key } : null
}

/** The command of an arrow key along the text in a list with collapsible groups, or null. */
export function treeCommandFor(key: string, list: Element): ListCommand | null {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return null
  return { kind: 'expand', isExpanded: (key === 'ArrowRight') !== list.matches(':dir(rtl)') }
}
