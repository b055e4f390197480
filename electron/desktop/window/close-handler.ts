import type { Log } from '../../platform/environment.ts'
import type { Dialogs } from './dialogs.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { MainWindow } from './main-window.ts'

/**
 * What closing the window does: it keeps sending in the background, or quits, as the person chose when first told. Where no
 * tray icon would be seen the window is minimised, so that it can be found again.
 */
export function createCloseHandler(options: {
  readonly window: () => Pick<MainWindow, 'hide' | 'minimise'>
  readonly settings: Pick<SettingsStore, 'current' | 'change'>
  readonly dialogs: Pick<Dialogs, 'askCloseAction'>
  readonly isTrayAvailable: () => Promise<boolean>
  /** Says that there is no tray, and where the window went. */
  readonly notifyNoTray: () => void
  readonly quit: () => void
  readonly log: Log
}): { readonly close: () => void } {
  const { window, settings, dialogs, isTrayAvailable: hasTray, notifyNoTray: tellNoTray, quit, log } = options
  let deciding = false

  async function decide(): Promise<void> {
    const { onClose } = settings.current()
    const isTrayThere = await hasTray()
    const choice = onClose === 'ask' ? await dialogs.askCloseAction(isTrayThere) : onClose
    if (choice === null) return
    if (onClose === 'ask') settings.change({ onClose: choice })
    if (choice === 'quit') quit()
    else if (isTrayThere) window().hide()
    else {
      window().minimise()
      // Who was just asked has read it there.
      if (onClose !== 'ask') tellNoTray()
    }
  }

  return {
    close() {
      if (deciding) return
      deciding = true
      void decide()
        .catch((error: unknown) => log.error('closing the window failed', { error }))
        .finally(() => {
          deciding = false
        })
    },
  }
}
