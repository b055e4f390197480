import { powerMonitor, powerSaveBlocker } from 'electron'
import type { Patch } from '../../contract/uploads.ts'
import type { Log, Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import { createProgressWatch } from './progress-watch.ts'

/**
 * Sleep is held off while bytes move, and so long after the last ones, in ms: longer than the pause between two files or
 * while storage joins parts, shorter than any system waits before it sleeps.
 */
export const awakeAfterMs = 30_000

export interface Power {
  update(patch: Pick<Patch, 'changed' | 'removed' | 'totals'>): void
  /** The computer woke or has another network: goes on at once, and cuts what stands still. */
  lineChanged(): void
}

/** Holds off sleep only while bytes move; the screen may go dark all the same. After a sleep the uploads go on at once. */
export function setupPower(options: {
  readonly engine: Pick<Engine, 'networkChanged'>
  /** The computer woke up, mains came or went. */
  readonly changed: () => void
  readonly environment: Pick<Environment, 'now' | 'timers'>
  readonly log: Log
}): Power {
  const { engine, changed, environment, log } = options
  const movement = createProgressWatch(environment.now)
  let blocker: number | null = null

  powerMonitor.on('suspend', () => log.info('the computer goes to sleep'))
  powerMonitor.on('resume', () => {
    log.info('the computer woke up')
    engine.networkChanged()
    changed()
  })
  powerMonitor.on('on-ac', changed)
  powerMonitor.on('on-battery', changed)

  return {
    lineChanged: () => engine.networkChanged(),
    update(patch) {
      movement.patch(patch)
      const moves = patch.totals.running > 0 && environment.now() - movement.lastMs() < awakeAfterMs
      if (moves && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
      if (!moves && blocker !== null) {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
    },
  }
}
