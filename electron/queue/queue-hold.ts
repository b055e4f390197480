import type { Queue } from './queue.ts'

/** Why nothing is sent. One reason is enough. */
export interface PauseReasons {
  /** The user paused everything. */
  all: boolean
  /** Battery, metered connection or quiet hours. */
  outside: boolean
}

export interface QueueHold {
  /**
   * Holds the queue because of battery, connection or quiet hours, or releases it; the user's own pause is
   * independent.
   */
  hold(isHeld: boolean): Promise<void>
  /** Aborts what runs and starts it again from what storage has: its connections are dead. */
  restartRuns(): Promise<void>
}

export function createQueueHold(queue: Pick<Queue, 'setHeld'>, reasons: PauseReasons): QueueHold {
  return {
    hold(isHeld) {
      reasons.outside = isHeld
      return queue.setHeld(reasons.all || isHeld)
    },
    async restartRuns() {
      await queue.setHeld(true)
      await queue.setHeld(reasons.all || reasons.outside)
    },
  }
}
