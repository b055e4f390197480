import type { Totals } from '../../../electron/contract/uploads.ts'
import type { Language } from '../../app/language.svelte.ts'

/** The one line that answers: is it running, when is it done, does it need me? */
export function headline(totals: Totals, isAllPaused: boolean, { say, timeLeft }: Language): string {
  if (totals.running > 0) {
    return totals.secondsLeft === null
      ? say('headline.sending', { count: totals.running })
      : say('headline.left', { time: timeLeft(totals.secondsLeft) })
  }
  if (isAllPaused && totals.waiting + totals.paused > 0) return say('headline.all-paused')
  if (totals.waiting > 0) return say('headline.waiting', { count: totals.waiting })
  if (totals.paused > 0) return say('headline.paused', { count: totals.paused })
  if (totals.needsYou > 0) return say('headline.needs-you', { count: totals.needsYou })
  return say('headline.done')
}

/** How much of each there is, said only where there is any. */
export function countsOf(totals: Totals, { say }: Language): string[] {
  const { running, waiting, paused, registeredToday, movedBytes, totalBytes } = totals
  return [
    running > 0 ? say('summary.running', { count: running }) : '',
    waiting > 0 ? say('summary.waiting', { count: waiting }) : '',
    paused > 0 ? say('summary.paused', { count: paused }) : '',
    registeredToday > 0 ? say('summary.done', { count: registeredToday }) : '',
    totalBytes > 0 ? say('summary.bytes', { movedBytes, totalBytes }) : '',
  ].filter((words) => words !== '')
}
