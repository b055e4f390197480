import { powerMonitor, powerSaveBlocker } from 'electron'
import type { Totals } from '../contract/model.ts'
import type { Log } from '../contract/ports.ts'
import type { Uploader } from '../uploader.ts'

/** Holds off sleep only while something runs; after a sleep the uploads go on at once. The screen may go dark all the same. */
export function setupPower(
  uploader: Pick<Uploader, 'wake'>,
  log: Log,
): { readonly update: (totals: Totals) => void } {
  let blocker: number | null = null
  powerMonitor.on('suspend', () => log.info('the computer goes to sleep'))
  powerMonitor.on('resume', () => {
    log.info('the computer woke up')
    uploader.wake()
  })

  return {
    update({ running }) {
      if (running > 0 && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
      if (running === 0 && blocker !== null) {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
    },
  }
}
