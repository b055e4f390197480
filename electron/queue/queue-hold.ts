import type { StoredChoices } from '../platform/environment.ts'
import type { Queue } from './queue.ts'

/** Decides whether the queue may run. It is held from the start until `start` and again after `stop`. */
export interface QueueHold {
  /** Whether the user paused all uploads, which is remembered across restarts. */
  isPausedByUser(): boolean
  /** Resolves once the parts that need a few seconds are finished. */
  pauseAll(isPaused: boolean): Promise<void>
  /** Battery, connection or quiet hours; the user's own pause is independent. Resolves like `pauseAll`. */
  hold(isHeld: boolean): Promise<void>
  /** Aborts what runs and starts it again from what storage has: its connections are dead. */
  restartRuns(): Promise<void>
  /** Without `ownsQueue` the user's pause does not apply: it is about the queue of the app. */
  start(options: { readonly ownsQueue: boolean }): Promise<void>
  /** Like a pause, before `stop`. */
  finishParts(): Promise<void>
  stop(): Promise<void>
}

/** @param onHeld called once the queue is held and nothing runs any more */
export function createQueueHold(
  queue: Pick<Queue, 'setHeld' | 'running'>,
  choices: StoredChoices,
  onHeld: () => void,
): QueueHold {
  let isStarted = false
  let isPausedByUser = choices.get('all-paused') === 'yes'
  let isHeldByConditions = false

  const mustHold = () => !isStarted || isPausedByUser || isHeldByConditions

  async function apply(how: 'at-once' | 'finishing' = 'finishing'): Promise<void> {
    await queue.setHeld(mustHold(), how)
    if (mustHold() && queue.running.size === 0) onHeld()
  }

  return {
    isPausedByUser: () => isPausedByUser,
    pauseAll(isPaused) {
      isPausedByUser = isPaused
      // If this fails, the pause holds until the end of this process.
      choices.set('all-paused', isPaused ? 'yes' : 'no')
      return apply()
    },
    hold(isHeld) {
      isHeldByConditions = isHeld
      return apply()
    },
    async restartRuns() {
      await queue.setHeld(true, 'at-once')
      await apply()
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
