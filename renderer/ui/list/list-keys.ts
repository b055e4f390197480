/** What a key means in a list of rows. */
export type ListCommand =
  | { readonly kind: 'move'; readonly to: number; readonly how: 'select' | 'extend' | 'focus' }
  | { readonly kind: 'toggle' | 'remove' | 'open' | 'edit' | 'select-all' | 'close' | 'toggle-selection' }
  | { readonly kind: 'type-ahead'; readonly letter: string }

interface Keys {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

interface ListNow {
  readonly count: number
  readonly pageRows: number
  readonly isTyping: boolean
  readonly isRecord?: boolean
}

const simple: Readonly<Record<string, 'toggle' | 'remove' | 'open' | 'edit' | 'close'>> = {
  ' ': 'toggle',
  Delete: 'remove',
  Backspace: 'remove',
  Enter: 'open',
  F2: 'edit',
  Escape: 'close',
}

/**
 * Reads a key in a list of `count` rows whose row `at` has the focus (−1: none). `pageRows` fit into the view;
 * `isTyping` says that letters were typed a moment ago, so that a space belongs to the word sought; `isRecord` that the rows are
 * all that is kept of something: Backspace, which is hit while typing, takes nothing away there.
 */
export function listCommandFor(
  keys: Keys,
  at: number,
  { count, pageRows, isTyping, isRecord = false }: ListNow,
): ListCommand | null {
  const { key, shiftKey, altKey } = keys
  const control = keys.ctrlKey || keys.metaKey
  if (altKey) return null
  if (control && key.toLowerCase() === 'a') return { kind: 'select-all' }
  if (control && key === ' ') return { kind: 'toggle-selection' }
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + pageRows,
    PageUp: at - pageRows,
    Home: 0,
    End: count - 1,
  }
  const target = targets[key]
  if (target !== undefined && count > 0) {
    const to = Math.max(0, Math.min(count - 1, target))
    return { kind: 'move', to, how: shiftKey ? 'extend' : control ? 'focus' : 'select' }
  }
  if (control) return null
  if (isTyping && key === ' ') return { kind: 'type-ahead', letter: key }
  if (isRecord && key === 'Backspace') return null
  const kind = simple[key]
  if (kind) return { kind }
  return [...key].length === 1 ? { kind: 'type-ahead', letter: key } : null
}
