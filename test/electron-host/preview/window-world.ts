export type FromWindow =
  | { readonly kind: 'state'; readonly isVisible: boolean; readonly isFocused: boolean }
  | { readonly kind: 'accelerator'; readonly accelerator: string }

/**
 * Reports the state of Chromium's window and the keys of the application menu, and lets the host decide about
 * closing. Its source is injected, so it must not use anything outside the function.
 * @param binding the name of the function that sends text to the host
 */
export function watchWindow(binding: string): void {
  if (window !== window.top) return
  const tell = (globalThis as unknown as Record<string, (text: string) => void>)[binding]
  const report = (facts: FromWindow) => tell?.(JSON.stringify(facts))
  const reportState = () =>
    report({
      kind: 'state',
      isVisible: document.visibilityState === 'visible',
      isFocused: document.hasFocus(),
    })
  addEventListener('focus', reportState)
  addEventListener('blur', reportState)
  document.addEventListener('visibilitychange', reportState)
  // Chromium asks before it closes such a page, and the host answers (window.ts).
  addEventListener('beforeunload', (event) => event.preventDefault())

  // Chromium's own shortcuts, which would open files and tabs, except editing and zoom.
  const isTaken = ({ key, ctrlKey, altKey }: KeyboardEvent) =>
    key === 'F5' || (ctrlKey && !altKey && /^[bd-uw1-9,]$/i.test(key))
  function pressed(event: KeyboardEvent): void {
    if (!event.isTrusted || event.defaultPrevented || !isTaken(event)) return
    event.preventDefault()
    const key = event.key.toUpperCase()
    report({ kind: 'accelerator', accelerator: `CmdOrCtrl+${event.shiftKey ? 'Shift+' : ''}${key}` })
  }
  // Each key moves the listener behind those of the page, which Electron asks before the menu.
  addEventListener(
    'keydown',
    () => {
      removeEventListener('keydown', pressed)
      addEventListener('keydown', pressed)
    },
    { capture: true },
  )
}
