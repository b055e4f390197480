import type { StatusDisplay } from '../tray/status-display.ts'
import type { TrayAvailability } from '../tray/tray-availability.ts'
import type { Notifications } from '../tray/notifications.ts'
import type { MainWindow } from './main-window.ts'

/**
 * Minimises a hidden window when the tray icon disappears, and hides it again when the icon is back. A hidden
 * start shows only the tray icon, or a minimised window as long as there is no tray, since the panel may start
 * later than the app.
 */
export function keepHiddenWindowReachable(options: {
  readonly trayAvailability: Pick<TrayAvailability, 'isAvailable' | 'onChange'>
  readonly window: Pick<MainWindow, 'browserWindow' | 'hide' | 'isHidden' | 'isVisible' | 'minimise'>
  readonly statusDisplay: Pick<StatusDisplay, 'recreateTrayIcon'>
  readonly notifications: Pick<Notifications, 'showNoTrayOnce'>
  readonly startsHidden: boolean
}): void {
  const { trayAvailability, window, statusDisplay, notifications, startsHidden } = options
  let isMinimisedInstead = false

  function minimiseInstead(): void {
    window.minimise()
    isMinimisedInstead = true
  }

  async function minimiseWithoutTray(): Promise<void> {
    if (!(await trayAvailability.isAvailable()) && !window.browserWindow()) minimiseInstead()
  }

  async function adapt(): Promise<void> {
    if (await trayAvailability.isAvailable()) {
      // A window that the user has opened in the meantime stays open.
      if (isMinimisedInstead && !window.isVisible()) window.hide()
      isMinimisedInstead = false
    } else if (window.isHidden()) {
      minimiseInstead()
      notifications.showNoTrayOnce()
    }
  }

  trayAvailability.onChange((hasPanel) => {
    if (hasPanel) statusDisplay.recreateTrayIcon()
    void adapt()
  })
  if (startsHidden) void minimiseWithoutTray()
}
