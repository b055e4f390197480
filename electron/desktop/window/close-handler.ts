import type { Log } from '../../platform/environment.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { Dialogs } from './dialogs.ts'
import type { MainWindow } from './main-window.ts'

/**
 * Decides what closing the window does: continue in the background or quit, as the user chose the first time.
 * Without a tray icon the window is minimised instead of hidden, so that it can be found again.
 */
export function createCloseHandler(options: {
  readonly window: Pick<MainWindow, 'hide' | 'minimise'>
  readonly settings: Pick<SettingsStore, 'current' | 'change'>
  readonly dialogs: Pick<Dialogs, 'askCloseAction'>
  readonly isTrayAvailable: () => Promise<boolean>
  readonly notifyNoTray: () => void
  readonly quit: () => void
  readonly log: Log
}): { readonly close: () => void } {
  const { window, settings, dialogs, isTrayAvailable, notifyNoTray, quit, log } = options
  let isDeciding = false

  async function decide(): Promise<void> {
    const { onClose } = settings.current()
    const hasTray = await isTrayAvailable()
    const action = onClose === 'ask' ? await dialogs.askCloseAction(hasTray) : onClose
    if (action === null) return
    if (onClose === 'ask') settings.change({ onClose: action })
    if (action === 'quit') quit()
    else if (hasTray) window.hide()
    else {
      window.minimise()
      // The dialog has already explained it.
      if (onClose !== 'ask') notifyNoTray()
    }
  }

  return {
    close() {
      if (isDeciding) return
      isDeciding = true
      void decide()
        .catch((error: unknown) => log.error('closing the window failed', { error }))
        .finally(() => {
          isDeciding = false
        })
    },
  }
}
