import type { Attachment } from 'svelte/attachments'

/** Where the focus goes in a container: the current row of its list, or the first field of a sign-in. */
const home = '[role=grid] [data-id][tabindex="0"], [data-focus-first]'
/** Containers that take the focus of what is removed from them, the innermost one first. */
const containers = '[data-id], aside, dialog, main'

/**
 * Keeps the focus in the window. A browser leaves it to the body when the element that has it is removed, and
 * at the start; then keys do nothing. It goes to the container of the removed element instead, such as its row
 * or its view, and from a view to its list once there is one. The same happens while a control that had it is
 * disabled, except that no other button of a dialog gets it, which a second press could activate.
 */
export const keepFocus: Attachment<HTMLElement> = (root) => {
  let last: Element | null = null
  let around: readonly Element[] = []
  /** The view has the focus because its list was not there yet. */
  let waitsForList = true
  /** The control that had the focus when it was disabled, and what has the focus instead. */
  let disabled: { readonly control: HTMLElement; readonly substitute: HTMLElement | null } | null = null
  let frame = 0

  function remember({ target }: FocusEvent) {
    if (!(target instanceof Element)) return
    if (!target.matches('main')) waitsForList = false
    if (target !== disabled?.substitute) disabled = null
    last = target
    around = ancestorsOf(target)
  }

  function check() {
    frame = 0
    returnToEnabled()
    const { activeElement, body } = document
    const isDisabled = disabledFocus() !== null
    const isGone = activeElement === body && (last === null || !last.isConnected)
    const isWaiting = waitsForList && activeElement?.matches('main') === true
    if (!isDisabled && !isGone && !isWaiting) return
    const container = around.find((element) => element.isConnected) ?? root.querySelector('main')
    const target = container && targetIn(container, isDisabled)
    if (!(target instanceof HTMLElement) || target === activeElement) return
    if (disabled) disabled = { ...disabled, substitute: target }
    target.focus({ preventScroll: true })
    // Giving the focus to a view doesn't end the wait for its list.
    waitsForList = !isDisabled && target.matches('main')
  }

  /** The disabled control that had the focus last. Chromium removes the focus from it some time later. */
  function disabledFocus(): HTMLElement | null {
    const { activeElement, body } = document
    if (activeElement !== last && activeElement !== body) return null
    return last instanceof HTMLElement && last.matches(':disabled') ? last : null
  }

  /** Returns the focus to a control that is enabled again, unless the user has moved it or pressed something. */
  function returnToEnabled() {
    if (!disabled || (disabled.control.isConnected && disabled.control.matches(':disabled'))) return
    const { control, substitute } = disabled
    disabled = null
    const { activeElement, body } = document
    if (activeElement !== body && activeElement !== substitute) return
    if (control.isConnected) control.focus({ preventScroll: true })
    else waitsForList = activeElement?.matches('main') === true
  }

  function notePress() {
    disabled = null
  }

  // Two frames later: dialogs, menus and lists first return the focus themselves.
  function checkSoon() {
    const control = disabledFocus()
    if (control) disabled = { control, substitute: null }
    const isLost = document.activeElement === document.body || disabled !== null || waitsForList
    if (isLost && frame === 0) frame = requestAnimationFrame(() => (frame = requestAnimationFrame(check)))
  }

  const observer = new MutationObserver(checkSoon)
  observer.observe(root, { attributeFilter: ['disabled'], childList: true, subtree: true })
  root.addEventListener('focusin', remember)
  const presses = ['keydown', 'pointerdown'] as const
  for (const press of presses) root.addEventListener(press, notePress, true)
  checkSoon()
  return () => {
    observer.disconnect()
    cancelAnimationFrame(frame)
    root.removeEventListener('focusin', remember)
    for (const press of presses) root.removeEventListener(press, notePress, true)
  }
}

function targetIn(container: Element, isDisabled: boolean): Element | null {
  if (container.matches('[data-id]') || (isDisabled && container.matches('dialog'))) return container
  const first = container.querySelector(home)
  return (
    first ?? (container.matches('dialog') ? container.querySelector(':is(button, input):enabled') : container)
  )
}

function ancestorsOf(element: Element): readonly Element[] {
  const ancestors: Element[] = []
  let next = element.parentElement?.closest(containers)
  while (next) {
    ancestors.push(next)
    next = next.parentElement?.closest(containers)
  }
  return ancestors
}
