import type { Snapshot } from './uploads.ts'

/** Whether all that could go stands still because the person paused it: then resuming is what can be done to all of it. */
export function isAllPaused({ totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>): boolean {
  return allPaused || (totals.paused > 0 && totals.running + totals.waiting === 0)
}
