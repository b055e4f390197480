import { powerMonitor, powerSaveBlocker } from 'electron'
import type { Patch, Totals } from '../contract/model.ts'
import type { Log, Ports } from '../contract/ports.ts'
import type { Uploader } from '../uploader.ts'
import { createMovement } from './movement.ts'

/**
 * Sleep is held off while bytes move, and so long after the last ones, in ms: longer than the pause between two files or
 * while storage joins parts, shorter than any system waits before it sleeps.
 */
export const awakeAfterMs = 30_000
/**
 * Connections that carry nothing for so long after a sleep or a change of network are dead, in ms. The engine alone would
 * wait for its own, much longer, limit.
 */
export const deadAfterMs = 5_000
const looks = 3

export interface Power {
  update(patch: Pick<Patch, 'changed' | 'removed' | 'totals'>): void
  /** The computer woke or has another network: goes on at once, and cuts what stands still. */
  lineChanged(): void
}

/** Holds off sleep only while bytes move; the screen may go dark all the same. After a sleep the uploads go on at once. */
export function setupPower(options: {
  readonly uploader: Pick<Uploader, 'wake' | 'restartRuns'>
  /** The computer woke up, mains came or went. */
  readonly changed: () => void
  readonly ports: Pick<Ports, 'now' | 'timers'>
  readonly log: Log
}): Power {
  const { uploader, changed, ports, log } = options
  const movement = createMovement(ports.now)
  let totals: Totals | null = null
  let blocker: number | null = null
  let cancelLook = () => {}

  /** Bytes that a dead connection still takes into its buffer look like movement, so it is looked at more than once. */
  function lookForDead(times: number): void {
    cancelLook()
    cancelLook = ports.timers.after(deadAfterMs, () => {
      if ((totals?.running ?? 0) === 0) return
      if (ports.now() - movement.lastMs() < deadAfterMs * 0.8) {
        if (times > 1) lookForDead(times - 1)
        return
      }
      log.info('what runs stands still after a change of the line: it begins again')
      uploader.restartRuns().catch((error: unknown) => log.error('the runs could not begin again', { error }))
    })
  }

  function lineChanged(): void {
    uploader.wake()
    lookForDead(looks)
  }

  powerMonitor.on('suspend', () => log.info('the computer goes to sleep'))
  powerMonitor.on('resume', () => {
    log.info('the computer woke up')
    lineChanged()
    changed()
  })
  powerMonitor.on('on-ac', changed)
  powerMonitor.on('on-battery', changed)

  return {
    lineChanged,
    update(patch) {
      totals = patch.totals
      movement.patch(patch)
      const moves = totals.running > 0 && ports.now() - movement.lastMs() < awakeAfterMs
      if (moves && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
      if (!moves && blocker !== null) {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
    },
  }
}
