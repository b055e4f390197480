import { expect, test } from 'vitest'
import { keepHiddenWindowReachable } from '../../../../electron/desktop/window/hidden-window.ts'

type Options = Parameters<typeof keepHiddenWindowReachable>[0]

/** A window that is hidden, or not open yet with a hidden start, on a desktop with or without a tray. */
function setup({ startsHidden = false, hasTray = false } = {}) {
  const calls: string[] = []
  let isOpen = !startsHidden
  let isVisible = false
  let listener = (_isAvailable: boolean) => {}
  keepHiddenWindowReachable({
    trayAvailability: { isAvailable: async () => hasTray, onChange: (next) => (listener = next) },
    window: {
      browserWindow: () => (isOpen ? ({} as ReturnType<Options['window']['browserWindow']>) : null),
      hide: () => void calls.push('hide'),
      isHidden: () => isOpen && !isVisible,
      isVisible: () => isVisible,
      minimise() {
        isOpen = true
        calls.push('minimise')
      },
    },
    statusDisplay: { recreateTrayIcon: () => void calls.push('icon') },
    notifications: { showNoTrayOnce: () => void calls.push('notify') },
    startsHidden,
  })
  return {
    calls,
    trayChanged: (isAvailable: boolean) => listener(isAvailable),
    userOpensWindow: () => (isVisible = true),
  }
}

test('a hidden window is minimised while there is no tray', () => {
  const { calls, trayChanged } = setup()
  trayChanged(false)
  trayChanged(true)
  expect(calls).toEqual(['minimise', 'notify', 'icon', 'hide'])
})

test('a window that the user has minimised is not hidden when a panel restarts', () => {
  const { calls, trayChanged } = setup()
  trayChanged(false)
  trayChanged(true)
  trayChanged(true)
  expect(calls).toEqual(['minimise', 'notify', 'icon', 'hide', 'icon'])
})

test('a start at login before the panel is minimised only until the tray appears', async () => {
  const { calls, trayChanged } = setup({ startsHidden: true })
  await expect.poll(() => calls).toEqual(['minimise'])
  trayChanged(true)
  expect(calls).toEqual(['minimise', 'icon', 'hide'])
})

test('a window that the user has opened meanwhile stays open', async () => {
  const { calls, trayChanged, userOpensWindow } = setup({ startsHidden: true })
  await expect.poll(() => calls).toEqual(['minimise'])
  userOpensWindow()
  trayChanged(true)
  expect(calls).toEqual(['minimise', 'icon'])
})

test('a hidden start with a tray opens no window', async () => {
  const { calls, trayChanged } = setup({ startsHidden: true, hasTray: true })
  await Promise.resolve()
  trayChanged(true)
  expect(calls).toEqual(['icon'])
})
