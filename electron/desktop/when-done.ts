import type { Conditions, WhenDone } from '../contract/conditions.ts'
import type { Totals } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'

/** What is done once all is sent: it is chosen for this time and forgotten afterwards. */
export interface WhenDoneBook {
  current(): Pick<Conditions, 'whenDone' | 'doneAtMs'>
  /** `nothing` calls a countdown off as well. */
  set(whenDone: WhenDone): void
  totals(totals: Totals): void
}

/** Time to call it off, in ms: enough to come back from the kettle. */
export const countdownMs = 60_000

/**
 * "All" is all that runs or waits: what was paused or needs the person does not keep the computer up. Nothing happens when
 * nothing was to be sent in the first place, and new work calls the countdown off.
 */
export function createWhenDone(options: {
  readonly act: (whenDone: Exclude<WhenDone, 'nothing'>) => void
  readonly changed: () => void
  readonly ports: Pick<Ports, 'now' | 'timers'>
}): WhenDoneBook {
  const { act, changed, ports } = options
  let whenDone: WhenDone = 'nothing'
  let doneAtMs: number | null = null
  let wasBusy = false
  let cancel = () => {}

  function callOff(): void {
    cancel()
    doneAtMs = null
  }

  function begin(): void {
    doneAtMs = ports.now() + countdownMs
    cancel = ports.timers.after(countdownMs, () => {
      const chosen = whenDone
      callOff()
      whenDone = 'nothing'
      changed()
      if (chosen !== 'nothing') act(chosen)
    })
  }

  return {
    current: () => ({ whenDone, doneAtMs }),
    set(next) {
      whenDone = next
      if (next === 'nothing') callOff()
      changed()
    },
    totals({ running, waiting }) {
      const isBusy = running + waiting > 0
      const isDone = wasBusy && !isBusy
      wasBusy = isBusy
      if (isBusy && doneAtMs !== null) {
        callOff()
        changed()
      }
      if (!isDone || whenDone === 'nothing' || doneAtMs !== null) return
      begin()
      changed()
    },
  }
}
