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
  /** On Windows this image is laid over the icon, in place of a badge count. Null on other systems. */
  readonly overlayImage: string | null
  /** The overlay's text for screen readers. */
  readonly overlayDescription: (needsYou: number) => string
}): Taskbar {
  const { window, isHeld, overlayImage, overlayDescription } = options
  let summary: Summary | null = null
  const overlay = overlayImage === null ? null : nativeImage.createFromPath(overlayImage)

  // Also without a change: Windows forgets both when a window is hidden.
  const throttle = createUpdateThrottle(updateIntervalMs, () => {
    if (!summary) return
    const { needsYou } = summary.totals
    const { value, mode } = taskbarProgress(summary, isHeld())
    const target = window()
    target?.setProgressBar(value, { mode })
    // Electron's badge count would replace the overlay on Windows (browser_win.cc).
    if (overlay === null) return void app.setBadgeCount(needsYou)
    target?.setOverlayIcon(needsYou > 0 ? overlay : null, needsYou > 0 ? overlayDescription(needsYou) : '')
  })

  return {
    update(next) {
      summary = next
      throttle.request()
    },
  }
}
