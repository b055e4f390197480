import { app, type BrowserWindow } from 'electron'
import type { Snapshot } from '../contract/model.ts'
import { createPacer } from './pacer.ts'
import { taskbarProgress } from './taskbar-progress.ts'

/** What taskbar or dock show: how far everything is, and how many files need the person. */
export interface Taskbar {
  update(sum: Pick<Snapshot, 'totals' | 'allPaused'>): void
}

const pauseMs = 1_000

/** Desktops that have no such thing ignore it. The badge counts what needs the person, since a badge asks to be looked at. */
export function setupTaskbar(options: {
  readonly window: () => BrowserWindow | null
  readonly isHeld: () => boolean
}): Taskbar {
  const { window, isHeld } = options
  let sum: Pick<Snapshot, 'totals' | 'allPaused'> | null = null
  let shown = ''
  let badge = 0
  const pacer = createPacer(pauseMs, () => {
    if (!sum) return
    const { value, mode } = taskbarProgress(sum, isHeld())
    const target = window()
    const look = `${target?.id} ${value} ${mode}`
    if (look !== shown) {
      shown = look
      target?.setProgressBar(value, { mode })
    }
    if (sum.totals.needsYou === badge) return
    badge = sum.totals.needsYou
    app.setBadgeCount(badge)
  })
  return {
    update(next) {
      sum = next
      pacer.ask()
    },
  }
}
