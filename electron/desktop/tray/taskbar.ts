import { app, nativeImage, type BrowserWindow } from 'electron'
import type { Snapshot } from '../../contract/uploads.ts'
import { taskbarProgress } from './tray-state.ts'
import { createUpdateThrottle } from './update-throttle.ts'

type Summary = Pick<Snapshot, 'totals' | 'allPaused'>

/** Shows progress and a badge in taskbar or dock. */
export interface Taskbar {
  update(summary: Summary): void
}

const updateIntervalMs = 1_000

/** Desktops without these features ignore the calls. The badge counts the files that need attention. */
export function createTaskbar(options: {
  readonly window: () => BrowserWindow | null
  readonly isHeld: () => boolean
  /** Windows has no badge counts: this image is laid over the icon instead. Null on other systems. */
  readonly overlayImage: string | null
  /** The overlay's text for screen readers. */
  readonly overlayDescription: (needsYou: number) => string
}): Taskbar {
  const { window, isHeld, overlayImage, overlayDescription } = options
  let summary: Summary | null = null
  let shownProgress = ''
  let shownBadge = 0
  let shownOverlay = ''

  const throttle = createUpdateThrottle(updateIntervalMs, () => {
    if (!summary) return
    const { needsYou } = summary.totals
    const { value, mode } = taskbarProgress(summary, isHeld())
    const target = window()
    const progress = `${target?.id} ${value} ${mode}`
    if (progress !== shownProgress) {
      shownProgress = progress
      target?.setProgressBar(value, { mode })
    }
    if (target) setOverlay(target, needsYou)
    if (needsYou === shownBadge) return
    shownBadge = needsYou
    app.setBadgeCount(shownBadge)
  })

  function setOverlay(target: BrowserWindow, needsYou: number): void {
    if (overlayImage === null) return
    // With the id, since a reopened window starts without an overlay.
    const overlay = `${target.id} ${needsYou}`
    if (overlay === shownOverlay) return
    shownOverlay = overlay
    if (needsYou > 0)
      target.setOverlayIcon(nativeImage.createFromPath(overlayImage), overlayDescription(needsYou))
    else target.setOverlayIcon(null, '')
  }

  return {
    update(next) {
      summary = next
      throttle.request()
    },
  }
}
