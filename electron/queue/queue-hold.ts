import type { Hold } from '../contract/conditions.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { StoredChoices } from '../platform/environment.ts'
import type { HoldReason } from '../journal/upload-log/log-recorder.ts'
import type { Rows } from '../journal/rows.ts'
import type { Queue } from './queue.ts'

/** Decides whether the queue may run. It is held from the start until `start` and again after `stop`. */
export interface QueueHold {
  /** Whether the user paused all uploads, which is remembered across restarts. */
  isPausedByUser(): boolean
  /** Battery, connection or quiet hours if they hold the queue. */
  heldBy(): Hold['kind'] | null
  /**
   * Resolves once the parts that need a few seconds are finished; `settings-not-saved` when the change applies, but
   * only until the app ends.
   */
  pauseAll(isPaused: boolean): Promise<Result<void>>
  /**
   * Battery, connection or quiet hours hold the queue, or none of them (null); the user's own pause is
   * independent. Resolves like `pauseAll`.
   */
  hold(condition: Hold['kind'] | null): Promise<void>
  /** Aborts runs and starts them again from what storage has: their connections are dead. */
  restartRuns(ids: readonly string[]): Promise<void>
  /** Without `ownsQueue` the user's pause does not apply: it is about the queue of the app. */
  start(options: { readonly ownsQueue: boolean }): Promise<void>
  /** Like a pause, before `stop`. */
  finishParts(): Promise<void>
  stop(): Promise<void>
}

export function createQueueHold(options: {
  readonly queue: Pick<Queue, 'setHeld' | 'restart'>
  readonly choices: StoredChoices
  /** Told the reason before runs are stopped. */
  readonly rows: Pick<Rows, 'setHoldReason'>
}): QueueHold {
  const { queue, choices, rows } = options
  let isStarted = false
  let isPausedByUser = choices.get('all-paused') === 'yes'
  let condition: Hold['kind'] | null = null

  function reasonOf(): HoldReason | null {
    if (!isStarted) return 'quit'
    return isPausedByUser ? 'all' : condition
  }

  async function apply(how: 'at-once' | 'finishing' = 'finishing'): Promise<void> {
    rows.setHoldReason(reasonOf())
    await queue.setHeld(reasonOf() !== null, how)
  }

  return {
    isPausedByUser: () => isPausedByUser,
    heldBy: () => condition,
    async pauseAll(isPaused) {
      isPausedByUser = isPaused
      const stored = choices.set('all-paused', isPaused ? 'yes' : 'no')
      await apply()
      // The journal's failures say that nothing was changed.
      return stored.ok
        ? success(undefined)
        : failed(failure('settings-not-saved', {}, { detail: stored.failure.code }))
    },
    hold(holding) {
      condition = holding
      return apply()
    },
    async restartRuns(ids) {
      rows.setHoldReason('network-change')
      await queue.restart(ids)
      rows.setHoldReason(reasonOf())
    },
    start({ ownsQueue }) {
      isStarted = true
      if (!ownsQueue) isPausedByUser = false
      return apply()
    },
    finishParts() {
      isStarted = false
      return apply()
    },
    stop() {
      isStarted = false
      return apply('at-once')
    },
  }
}
