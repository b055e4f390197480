import {
  mainWaitReason,
  uploadStatusOf,
  type QueueConditions,
  type UploadStatus,
} from '../../../electron/contract/upload-status.ts'
import {
  allPausing,
  needsAttention,
  type Totals,
  type UploadRow,
} from '../../../electron/contract/uploads.ts'
import type { Language } from '../../app/language.svelte.ts'
import type { QueueState } from '../queue-state.svelte.ts'

/** The headline above the list: progress, time left, or what needs attention. */
export function headline(
  totals: Totals,
  { allPaused, isIncomplete, rows }: Pick<QueueState, 'allPaused' | 'isIncomplete' | 'rows'>,
  { t, timeLeft }: Language,
): string {
  const pausing = allPausing(totals)
  if (pausing) return t('phase.pausing', { parts: pausing.finishingParts })
  if (totals.running > 0) {
    if (totals.secondsLeft === null && totals.bytesPerSecond !== null && totals.bytesPerSecond > 0)
      return timeLeft(null)
    return totals.secondsLeft === null
      ? t('headline.sending', { count: totals.running })
      : t('headline.left', { time: timeLeft(totals.secondsLeft) })
  }
  if (allPaused && totals.waiting + totals.paused > 0) return t('headline.all-paused')
  if (totals.waiting > 0) return t('headline.waiting', { count: totals.waiting })
  if (totals.paused > 0) return t('headline.paused', { count: totals.paused })
  if (totals.needsYou > 0) return t('headline.needs-you', { count: totals.needsYou })
  if (totals.inReview > 0) return t('headline.in-review', { count: totals.inReview })
  // All others are registered; behind a search there may be none.
  if (rows.size === 0) return t('view.uploads')
  return isIncomplete ? t('headline.listed-done') : t('headline.done')
}

/** Whether uploads run, wait or are paused. */
export const hasOpenUploads = ({ running, waiting, paused }: Totals): boolean =>
  running + waiting + paused > 0

/**
 * What the uploads of the headline wait for if none runs or a hold is stopping them: what holds the queue, or
 * what most of them wait for. Null if nothing is to be waited for.
 */
export function waitReasonOf(
  rows: Iterable<UploadRow>,
  { totals, isAllPaused }: { readonly totals: Totals; readonly isAllPaused: boolean },
  queue: QueueConditions,
): UploadStatus | null {
  const isStopped = totals.running === 0 || allPausing(totals) !== null
  if (!isStopped || isAllPaused) return null
  if (!hasOpenUploads(totals)) return mainWaitReason(rows, queue)
  const ofQueue = uploadStatusOf({ phase: 'waiting', failure: null }, queue)
  if (ofQueue !== 'turn') return ofQueue
  return mainWaitReason(
    [...rows].filter((row) => !needsAttention(row)),
    queue,
  )
}

/** The share of all bytes that was sent, 0–1. Only registered models are complete, so it is never 1. */
export const shareDone = ({ movedBytes, totalBytes }: Totals): number =>
  totalBytes > 0 ? Math.min(0.99, movedBytes / totalBytes) : 0

/** A shorter time left says enough; in seconds. */
const doneAtFromSeconds = 10 * 60
/** The time of completion is rounded up to this many ms, since an estimate is not exact to the minute. */
const doneAtStepMs = 5 * 60_000

/** When all uploads will be done, in ms since the epoch; null unless that is minutes away and known. */
export function doneAtMs({ running, secondsLeft }: Totals, nowMs: number): number | null {
  if (running === 0 || secondsLeft === null || secondsLeft < doneAtFromSeconds) return null
  return Math.ceil((nowMs + secondsLeft * 1000) / doneAtStepMs) * doneAtStepMs
}

/** Non-zero counts of the queue. */
export function countsOf(totals: Totals, isAllPaused: boolean, { t }: Language): string[] {
  const { running, registeredToday, movedBytes, totalBytes } = totals
  // While the queue is paused, nothing waits for anything else.
  const waiting = isAllPaused ? 0 : totals.waiting
  const paused = totals.paused + totals.waiting - waiting
  return [
    running > 0 ? t('summary.running', { count: running }) : '',
    waiting > 0 ? t('summary.waiting', { count: waiting }) : '',
    paused > 0 ? t('summary.paused', { count: paused }) : '',
    registeredToday > 0 ? t('summary.done', { count: registeredToday }) : '',
    totalBytes > 0 ? t('summary.bytes', { movedBytes, totalBytes }) : '',
  ].filter((words) => words !== '')
}
