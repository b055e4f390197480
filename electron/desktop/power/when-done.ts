import { EventEmitter } from 'node:events'
import type { Conditions, WhenDoneCountdown, WhenDone } from '../../contract/conditions.ts'
import type { Totals, UploadRow } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'

type RowOutcome = Pick<UploadRow, 'id' | 'phase' | 'addedAtMs'>

type WhenDoneAction = Exclude<WhenDone, 'nothing'>

/** The action to take once all uploads have ended. It is carried out once and then reset to `nothing`. */
export interface WhenDoneTracker {
  current(): Pick<Conditions, 'whenDone' | 'ending'>
  /** `nothing` also cancels a countdown. */
  set(whenDone: WhenDone): void
  applyPatch(patch: { readonly changed: readonly RowOutcome[]; readonly totals: Totals }): void
  /** The action or the countdown changed. */
  onChange(listener: () => void): void
  /** The countdown has ended. */
  onDue(listener: (action: WhenDoneAction) => void): void
}

/** Time to cancel the action, in ms. */
export const countdownMs = 60_000

/**
 * The countdown starts when nothing runs, waits or is paused any more. Rows that need attention do not delay
 * it, but are counted. It does not start when nothing was uploaded, for example because the user removed all
 * rows, and new uploads cancel it.
 */
export function createWhenDone(environment: Pick<Environment, 'now' | 'timers'>): WhenDoneTracker {
  const events = new EventEmitter<{ change: []; due: [action: WhenDoneAction] }>()
  let whenDone: WhenDone = 'nothing'
  let ending: WhenDoneCountdown | null = null
  let wasBusy = false
  let chosenAtMs = 0
  /** Uploads that ended since the queue was last idle. */
  const registeredIds = new Set<string>()
  const failedIds = new Set<string>()
  let cancelTimer = () => {}

  function cancelCountdown(): void {
    cancelTimer()
    ending = null
  }

  function startCountdown(needsYou: number): void {
    ending = { atMs: environment.now() + countdownMs, sent: registeredIds.size, needsYou }
    cancelTimer = environment.timers.after(countdownMs, () => {
      const action = whenDone
      cancelCountdown()
      whenDone = 'nothing'
      events.emit('change')
      if (action !== 'nothing') events.emit('due', action)
    })
  }

  return {
    current: () => ({ whenDone, ending }),
    set(next) {
      whenDone = next
      chosenAtMs = environment.now()
      if (next === 'nothing') cancelCountdown()
      events.emit('change')
    },
    applyPatch({ changed: rows, totals: { running, waiting, paused, needsYou } }) {
      const isBusy = running + waiting + paused > 0
      // A duplicate of a library file may be registered between two patches, without the queue ever being
      // busy. A file that failed immediately does not count.
      const wasQuick = rows.some(({ phase, addedAtMs }) => phase === 'registered' && addedAtMs >= chosenAtMs)
      const isDone = !isBusy && (wasBusy || (wasQuick && !ending))
      if (isBusy && !wasBusy) {
        registeredIds.clear()
        failedIds.clear()
      }
      wasBusy = isBusy
      for (const { id, phase } of rows) {
        if (phase === 'registered') registeredIds.add(id)
        if (phase === 'failed') failedIds.add(id)
      }
      if (isBusy && ending) {
        cancelCountdown()
        events.emit('change')
      }
      if (!isDone || whenDone === 'nothing' || registeredIds.size + failedIds.size === 0) return
      startCountdown(needsYou)
      events.emit('change')
    },
    onChange: (listener) => void events.on('change', listener),
    onDue: (listener) => void events.on('due', listener),
  }
}
