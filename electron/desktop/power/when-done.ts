import { EventEmitter } from 'node:events'
import type { Conditions, WhenDoneCountdown, WhenDone } from '../../contract/conditions.ts'
import type { Totals, UploadRow } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'

type RowOutcome = Pick<UploadRow, 'id' | 'phase' | 'addedAtMs' | 'already'>

type WhenDoneAction = Exclude<WhenDone, 'nothing'>

/** The action to take once all uploads have ended. It is carried out once and then reset to `nothing`. */
export interface WhenDoneTracker {
  current(): Pick<Conditions, 'whenDone' | 'ending'>
  /** `nothing` also cancels a countdown. */
  set(whenDone: WhenDone): void
  /** The computer goes to sleep. A countdown to that ends, so that it doesn't sleep again after waking up. */
  computerSuspended(): void
  applyPatch(patch: { readonly changed: readonly RowOutcome[]; readonly totals: Totals }): void
  /** The action or the countdown changed. */
  onChange(listener: () => void): void
  /** The countdown has ended. */
  onDue(listener: (action: WhenDoneAction) => void): void
}

/** Time to cancel the action, in ms. */
const countdownMs = 60_000
/** A countdown that ends later than this, in ms, did so because the computer slept meanwhile. */
const maxLateMs = 5_000
/**
 * Stop waiting for verifications after this time without one ending, in ms. It is longer than the four requests
 * and delays of one.
 */
const verificationLimitMs = 600_000

/**
 * The countdown starts when nothing runs, waits or is paused any more and the records of the new models were
 * read back. Rows that need attention do not delay it, but are counted. While files wait for review it does not
 * run, since they can't be uploaded afterwards. It does not start when nothing was uploaded, for example because
 * the user removed all rows, and new uploads cancel it.
 */
export function createWhenDone(environment: Pick<Environment, 'now' | 'timers'>): WhenDoneTracker {
  const events = new EventEmitter<{ change: []; due: [action: WhenDoneAction] }>()
  let whenDone: WhenDone = 'nothing'
  let ending: WhenDoneCountdown | null = null
  let wasBusy = false
  let chosenAtMs = -Infinity
  /** Uploads that ended since the queue was last idle. */
  const endedIds = new Set<string>()
  /** Those of them that were uploaded: the library didn’t have them before. */
  const sentIds = new Set<string>()
  let cancelTimer = () => {}
  let totals: Totals | null = null
  let verifying = 0
  let isLimitReached = false
  let cancelVerificationLimit = () => {}

  function cancelCountdown(): void {
    cancelTimer()
    ending = null
  }

  function startCountdown(current: Totals): void {
    cancelCountdown()
    const { needsYou, inReview } = current
    const atMs = inReview > 0 ? null : environment.now() + countdownMs
    ending = { atMs, sent: sentIds.size, needsYou, inReview }
    if (atMs === null) return
    cancelTimer = environment.timers.after(countdownMs, () => {
      const action = whenDone
      const isLate = environment.now() - atMs > maxLateMs
      // The user, who has just woken the computer, gets the time to cancel.
      if (isLate && action === 'quit') {
        startCountdown(current)
        return void events.emit('change')
      }
      cancelCountdown()
      whenDone = 'nothing'
      events.emit('change')
      if (action !== 'nothing' && !isLate) events.emit('due', action)
    })
  }

  function setVerifying(count: number): void {
    if (count === verifying) return
    if (count > verifying) isLimitReached = false
    verifying = count
    cancelVerificationLimit()
    if (count === 0) return
    cancelVerificationLimit = environment.timers.after(verificationLimitMs, () => {
      isLimitReached = true
      if (totals) update(totals, false)
    })
  }

  function update(current: Totals, wasQuick: boolean): void {
    const isSending = current.running + current.waiting + current.paused > 0
    const isBusy = isSending || (!isLimitReached && verifying > 0 && (wasBusy || wasQuick))
    const isDone = !isBusy && (wasBusy || (wasQuick && !ending))
    wasBusy = isBusy
    if (whenDone === 'nothing') return
    if (isBusy && ending) cancelCountdown()
    else if (isDone ? endedIds.size > 0 : ending && ending.inReview !== current.inReview)
      startCountdown(current)
    else return
    events.emit('change')
  }

  function set(next: WhenDone): void {
    whenDone = next
    chosenAtMs = environment.now()
    if (next === 'nothing') cancelCountdown()
    events.emit('change')
  }

  return {
    current: () => ({ whenDone, ending }),
    set,
    computerSuspended() {
      if (whenDone === 'sleep' && ending && ending.atMs !== null) set('nothing')
    },
    applyPatch({ changed: rows, totals: current }) {
      // A duplicate of a library file may be registered between two patches, without the queue ever being
      // busy. A file that failed immediately does not count.
      const wasQuick = rows.some(({ phase, addedAtMs }) => phase === 'registered' && addedAtMs >= chosenAtMs)
      if (!wasBusy && current.running + current.waiting + current.paused > 0) {
        endedIds.clear()
        sentIds.clear()
      }
      for (const { id, phase, already } of rows) {
        if (phase === 'registered' || phase === 'failed') endedIds.add(id)
        if (phase === 'registered' && !already) sentIds.add(id)
      }
      totals = current
      setVerifying(current.verifying)
      update(current, wasQuick)
    },
    onChange: (listener) => void events.on('change', listener),
    onDue: (listener) => void events.on('due', listener),
  }
}
