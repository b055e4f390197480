import { powerMonitor, powerSaveBlocker } from 'electron'
import type { Totals } from '../contract/model.ts'
import type { Log } from '../contract/ports.ts'

/** Holds off sleep only while something runs. The screen may go dark all the same. */
export function setupPower(log: Log): { readonly update: (totals: Totals) => void } {
  let blocker: number | null = null
  powerMonitor.on('suspend', () => log.info('the computer goes to sleep'))
  powerMonitor.on('resume', () => log.info('the computer woke up'))

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
