import type { Conditions, Ending, WhenDone } from '../../contract/conditions.ts'
import type { Totals, UploadRow } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'

type Ended = Pick<UploadRow, 'id' | 'phase' | 'addedAtMs'>

/** What is done once all is sent: it is chosen for this time and forgotten afterwards. */
export interface WhenDoneTracker {
  current(): Pick<Conditions, 'whenDone' | 'ending'>
  /** `nothing` calls a countdown off as well. */
  set(whenDone: WhenDone): void
  applyPatch(patch: { readonly changed: readonly Ended[]; readonly totals: Totals }): void
}

/** Time to call it off, in ms: enough to come back from the kettle. */
export const countdownMs = 60_000

/**
 * "All" is all that runs, waits or is paused: whoever pauses a row is not done with it. What needs the person does not keep
 * the computer up, and is said. Nothing happens when nothing was to be sent in the first place or all of it was taken out of
 * the list, and new work calls the countdown off.
 */
export function createWhenDone(options: {
  readonly act: (whenDone: Exclude<WhenDone, 'nothing'>) => void
  readonly changed: () => void
  readonly environment: Pick<Environment, 'now' | 'timers'>
}): WhenDoneTracker {
  const { act, changed, environment } = options
  let whenDone: WhenDone = 'nothing'
  let ending: Ending | null = null
  let wasBusy = false
  let chosenAtMs = 0
  /** What has come to an end since something was on its way: in the library, or with a failure. */
  const sent = new Set<string>()
  const failed = new Set<string>()
  let cancel = () => {}

  function callOff(): void {
    cancel()
    ending = null
  }

  function begin(needsYou: number): void {
    ending = { atMs: environment.now() + countdownMs, sent: sent.size, needsYou }
    cancel = environment.timers.after(countdownMs, () => {
      const chosen = whenDone
      callOff()
      whenDone = 'nothing'
      changed()
      if (chosen !== 'nothing') act(chosen)
    })
  }

  return {
    current: () => ({ whenDone, ending }),
    set(next) {
      whenDone = next
      chosenAtMs = environment.now()
      if (next === 'nothing') callOff()
      changed()
    },
    applyPatch({ changed: rows, totals: { running, waiting, paused, needsYou } }) {
      const isBusy = running + waiting + paused > 0
      // A file that the team has already comes and goes between two patches: nothing was ever seen to be under way.
      // One that is refused at once is no such file: nothing was to be sent.
      const wasQuick = rows.some(({ phase, addedAtMs }) => phase === 'registered' && addedAtMs >= chosenAtMs)
      const isDone = !isBusy && (wasBusy || (wasQuick && !ending))
      if (isBusy && !wasBusy) [sent, failed].forEach((ids) => ids.clear())
      wasBusy = isBusy
      for (const { id, phase } of rows) {
        if (phase === 'registered') sent.add(id)
        if (phase === 'failed') failed.add(id)
      }
      if (isBusy && ending) {
        callOff()
        changed()
      }
      if (!isDone || whenDone === 'nothing' || sent.size + failed.size === 0) return
      begin(needsYou)
      changed()
    },
  }
}
