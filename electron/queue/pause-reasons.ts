import type { Queue } from './queue.ts'

/** Who wants that nothing is sent: the person, or the world outside. Either is enough. */
export interface PauseReasons {
  all: boolean
  outside: boolean
}

export interface QueueHold {
  /** Sends nothing for now, whatever the person's own pause says, or lets it go on: battery, line, quiet hours. */
  hold(isHeld: boolean): Promise<void>
  /** Cuts what runs and begins it again from what storage has: its connections are dead. */
  restartRuns(): Promise<void>
}

export function createQueueHold(queue: Pick<Queue, 'setHeld'>, paused: PauseReasons): QueueHold {
  return {
    hold(isHeld) {
      paused.outside = isHeld
      return queue.setHeld(paused.all || isHeld)
    },
    async restartRuns() {
      await queue.setHeld(true)
      await queue.setHeld(paused.all || paused.outside)
    },
  }
}
