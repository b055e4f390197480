import type { BrowserWindow } from 'electron'

/**
 * Hides a window. On macOS it leaves full screen first, since a window that is hidden in full screen leaves a
 * black screen (Electron issue 39572).
 */
export function hideWindow(
  window: Pick<BrowserWindow, 'isFullScreen' | 'setFullScreen' | 'once' | 'hide'> | null,
  platform: NodeJS.Platform,
): void {
  if (platform !== 'darwin' || !window?.isFullScreen()) return window?.hide()
  window.once('leave-full-screen', () => window.hide())
  window.setFullScreen(false)
}

/** True for a window that is neither on screen nor minimised, which Windows and macOS call invisible too. */
export const isHidden = (window: Pick<BrowserWindow, 'isVisible' | 'isMinimized'>): boolean =>
  !window.isVisible() && !window.isMinimized()
