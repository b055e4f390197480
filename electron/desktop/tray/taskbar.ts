import { app, nativeImage, type BrowserWindow } from 'electron'
import type { Snapshot } from '../../contract/uploads.ts'
import { createUpdateThrottle } from './update-throttle.ts'
import { taskbarProgress } from './tray-state.ts'

/** What taskbar or dock show: how far everything is, and how many files need the person. */
export interface Taskbar {
  update(sum: Pick<Snapshot, 'totals' | 'allPaused'>): void
}

const pauseMs = 1_000

/** Desktops that have no such thing ignore it. The badge counts what needs the person, since a badge asks to be looked at. */
export function createTaskbar(options: {
  readonly window: () => BrowserWindow | null
  readonly isHeld: () => boolean
  /** Windows counts nothing on its buttons: this picture is laid over the icon instead. Null elsewhere. */
  readonly overlay: string | null
  /** What a screen reader says of it. */
  readonly needsYouWords: (needsYou: number) => string
}): Taskbar {
  const { window, isHeld, overlay, needsYouWords } = options
  let sum: Pick<Snapshot, 'totals' | 'allPaused'> | null = null
  let shown = ''
  let badge = 0
  let overlaid = ''
  const pacer = createUpdateThrottle(pauseMs, () => {
    if (!sum) return
    const { value, mode } = taskbarProgress(sum, isHeld())
    const target = window()
    const look = `${target?.id} ${value} ${mode}`
    if (look !== shown) {
      shown = look
      target?.setProgressBar(value, { mode })
    }
    if (overlay !== null && target) layOver(target, sum.totals.needsYou)
    if (sum.totals.needsYou === badge) return
    badge = sum.totals.needsYou
    app.setBadgeCount(badge)
  })

  /** A window that was made anew has none yet. */
  function layOver(target: BrowserWindow, needsYou: number): void {
    const look = `${target.id} ${needsYou}`
    if (look === overlaid || overlay === null) return
    overlaid = look
    if (needsYou > 0) target.setOverlayIcon(nativeImage.createFromPath(overlay), needsYouWords(needsYou))
    else target.setOverlayIcon(null, '')
  }

  return {
    update(next) {
      sum = next
      pacer.request()
    },
  }
}
