import type { Log } from '../contract/ports.ts'
import type { Dialogs } from './dialogs.ts'
import type { SettingsBook } from './settings.ts'
import type { MainWindow } from './window.ts'

/**
 * What closing the window does: it keeps sending in the background, or quits, as the person chose when first told. Where no
 * tray icon would be seen the window is minimised, so that it can be found again.
 */
export function createClosing(options: {
  readonly window: () => Pick<MainWindow, 'hide' | 'minimise'>
  readonly settings: Pick<SettingsBook, 'current' | 'change'>
  readonly dialogs: Pick<Dialogs, 'askOnClose'>
  readonly hasTray: () => Promise<boolean>
  readonly quit: () => void
  readonly log: Log
}): { readonly close: () => void } {
  const { window, settings, dialogs, hasTray, quit, log } = options
  let deciding = false

  async function decide(): Promise<void> {
    const { onClose } = settings.current()
    const choice = onClose === 'ask' ? await dialogs.askOnClose() : onClose
    if (choice === null) return
    if (onClose === 'ask') settings.change({ onClose: choice })
    if (choice === 'quit') quit()
    else if (await hasTray()) window().hide()
    else window().minimise()
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
