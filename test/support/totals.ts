import type { Totals } from '../../electron/contract/uploads.ts'

/** The totals without any upload. */
export const emptyTotals: Totals = {
  running: 0,
  waiting: 0,
  needsYou: 0,
  paused: 0,
  inReview: 0,
  verifying: 0,
  registeredToday: 0,
  totalBytes: 0,
  movedBytes: 0,
  bytesPerSecond: null,
  secondsLeft: null,
}
