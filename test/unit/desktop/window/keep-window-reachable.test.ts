import { keepHiddenWindowReachable } from '../../../../electron/desktop/window/keep-window-reachable.ts'
import { test, expect } from 'vitest'

type Options = Parameters<typeof keepHiddenWindowReachable>[0]

/** A window that is hidden, or not open yet with a hidden start, on a desktop with or without a tray. */
function setup({ startsHidden = false, hasTray = false } = {}) {
  const calls: string[] = []
  let isOpen = !startsHidden
  let isMinimised = false
  let isAvailable = hasTray
  let listener = (_isAvailable: boolean) => {}
  keepHiddenWindowReachable({
    trayAvailability: { isAvailable: async () => isAvailable, onChange: (next) => (listener = next) },
    window: {
      browserWindow: () => (isOpen ? ({} as ReturnType<Options['window']['browserWindow']>) : null),
      hide() {
        isMinimised = false
        calls.push('hide')
      },
      isHidden: () => isOpen && !isMinimised,
      isVisible: () => false,
      minimise() {
        isOpen = true
        isMinimised = true
        calls.push('minimise')
      },
    },
    statusDisplay: { recreateTrayIcon: () => void calls.push('icon') },
    notifications: { showNoTrayOnce: () => void calls.push('notify') },
    startsHidden,
  })
  return {
    calls,
    /** A panel appears, and accepts the icon or not, or it is gone. */
    async trayChanged(hasPanel: boolean, isIconAccepted = hasPanel) {
      isAvailable = isIconAccepted
      listener(hasPanel)
      await Promise.resolve()
    },
  }
}

test('a hidden window is minimised while there is no tray', async () => {
  const { calls, trayChanged } = setup()
  await trayChanged(false)
  await trayChanged(true)
  expect(calls).toEqual(['minimise', 'notify', 'icon', 'hide'])
})

test('a start at login before the panel is minimised only until the tray appears', async () => {
  const { calls, trayChanged } = setup({ startsHidden: true })
  await expect.poll(() => calls).toEqual(['minimise'])
  await trayChanged(true)
  expect(calls).toEqual(['minimise', 'icon', 'hide'])
})
