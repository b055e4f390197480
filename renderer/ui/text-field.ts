/** Whether the element takes text, so that pasting, undoing and typing characters belong to it. */
export const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input:not([type=checkbox], [type=radio]), textarea')
