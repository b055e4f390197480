import type { Totals } from '../../contract/uploads.ts'
import type { Log, Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ProgressWatch } from './progress-watch.ts'

/**
 * Connections that carry nothing for so long after a sleep or a change of network are dead, in ms. The engine alone would
 * wait for its own, much longer, limit.
 */
export const deadAfterMs = 5_000
/** How often is looked after one change of the line. */
const looks = 3

/** Cuts connections that a sleep or another network has killed without a word. */
export interface DeadConnectionMonitor {
  totals(totals: Pick<Totals, 'running'>): void
  /** The computer woke or has another network: goes on at once, and cuts what stands still from then on. */
  lineChanged(): void
}

export function createDeadConnectionMonitor(options: {
  readonly engine: Pick<Engine, 'wake' | 'restartRuns'>
  readonly movement: Pick<ProgressWatch, 'lastMs'>
  readonly environment: Pick<Environment, 'now' | 'timers'>
  readonly log: Log
}): DeadConnectionMonitor {
  const { engine, movement, environment, log } = options
  let running = 0
  let cancelLook = () => {}

  /** Bytes that a dead connection still takes into its buffer look like movement, so it is looked at more than once. */
  function lookForDead(times: number): void {
    cancelLook()
    cancelLook = environment.timers.after(deadAfterMs, () => {
      if (running === 0) return
      if (environment.now() - movement.lastMs() < deadAfterMs * 0.8) {
        if (times > 1) lookForDead(times - 1)
        return
      }
      log.info('what runs stands still after a change of the line: it begins again')
      engine.restartRuns().catch((error: unknown) => log.error('the runs could not begin again', { error }))
    })
  }

  return {
    totals(totals) {
      running = totals.running
    },
    lineChanged() {
      engine.wake()
      lookForDead(looks)
    },
  }
}
