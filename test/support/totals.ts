import type { Patch, Totals, UploadRow } from '../../electron/contract/uploads.ts'

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

let sequence = 0

/** The next patch, of a queue with these totals. */
export function patchOf(totals: Partial<Totals>, ...changed: readonly UploadRow[]): Patch {
  sequence += 1
  return {
    sequence,
    changed,
    removed: [],
    totals: { ...emptyTotals, ...totals },
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
  }
}
