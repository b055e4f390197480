import type { Snapshot } from '../../contract/uploads.ts'

/** Electron's words for how the bar is drawn (ProgressBarOptions.mode). */
type Mode = 'none' | 'normal' | 'paused' | 'error'

/** How far, and how it stands; -1 takes the bar away (Electron, BrowserWindow.setProgressBar). */
export function taskbarProgress(
  { totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>,
  isHeld: boolean,
): { readonly value: number; readonly mode: Mode } {
  if (totals.running + totals.waiting === 0) return { value: -1, mode: 'none' }
  // Steps of a hundredth: finer ones are only work for the desktop.
  const share = totals.totalBytes > 0 ? Math.floor((totals.movedBytes / totals.totalBytes) * 100) / 100 : 0
  const value = Math.min(0.99, share)
  if (allPaused || isHeld) return { value, mode: 'paused' }
  if (totals.needsYou > 0) return { value, mode: 'error' }
  return { value, mode: 'normal' }
}
