import type { StoredChoices } from '../platform/environment.ts'
import type { Queue } from './queue.ts'

/** Decides whether the queue may run. It is held from the start until `start` and again after `stop`. */
export interface QueueHold {
  /** Whether the user paused all uploads, which is remembered across restarts. */
  isPausedByUser(): boolean
  pauseAll(isPaused: boolean): Promise<void>
  /** Battery, connection or quiet hours; the user's own pause is independent. */
  hold(isHeld: boolean): Promise<void>
  /** Aborts what runs and starts it again from what storage has: its connections are dead. */
  restartRuns(): Promise<void>
  /** Without `ownsQueue` the user's pause does not apply: it is about the queue of the app. */
  start(options: { readonly ownsQueue: boolean }): Promise<void>
  stop(): Promise<void>
}

export function createQueueHold(queue: Pick<Queue, 'setHeld'>, choices: StoredChoices): QueueHold {
  let isStarted = false
  let isPausedByUser = choices.get('all-paused') === 'yes'
  let isHeldByConditions = false

  const apply = () => queue.setHeld(!isStarted || isPausedByUser || isHeldByConditions)

  return {
    isPausedByUser: () => isPausedByUser,
    pauseAll(isPaused) {
      isPausedByUser = isPaused
      choices.set('all-paused', isPaused ? 'yes' : 'no')
      return apply()
    },
    hold(isHeld) {
      isHeldByConditions = isHeld
      return apply()
    },
    async restartRuns() {
      await queue.setHeld(true)
      await apply()
    },
    start({ ownsQueue }) {
      isStarted = true
      if (!ownsQueue) isPausedByUser = false
      return apply()
    },
    stop() {
      isStarted = false
      return apply()
    },
  }
}
