const fields = 'input:not([type=radio], [type=checkbox]), textarea, select'

/**
 * What Escape is to leave: the field that is being typed into first, so that nothing typed goes with the pane around it; then
 * the pane. Null for every other key, and while an input method has the key.
 */
export function escapeLeaves(event: KeyboardEvent): 'field' | 'pane' | null {
  if (event.key !== 'Escape' || event.isComposing) return null
  return event.target instanceof HTMLElement && event.target.matches(fields) ? 'field' : 'pane'
}
