import type { BrowserWindow } from 'electron'
import { centred } from './window-bounds.ts'
import { createDisplayPlacements, nameOf, type Area, type Placement } from './display-placements.ts'
import type { JsonStore } from '../../platform/settings.ts'

/** Where the one window goes, and where it was. */
export interface WindowPlace {
  /** For a window that is being made. */
  first(): Placement
  /** Remembers where it is, unless nobody has seen it there. */
  keep(window: BrowserWindow): void
  /** Before a hidden window is shown: puts it where it belongs among the displays of now. */
  return(window: BrowserWindow): void
}

/**
 * A hidden window is moved by nobody when a display goes or comes: its coordinates are those of the displays on which it was
 * last seen. So they are not taken for a place among others, and it is put anew before it is seen again.
 */
export function createWindowPlace(memory: JsonStore, displays: () => readonly Area[]): WindowPlace {
  const places = createDisplayPlacements(memory)
  let placedOn = ''
  return {
    first() {
      placedOn = nameOf(displays())
      return places.read(displays())
    },
    keep(window) {
      const now = nameOf(displays())
      if (!window.isVisible() && now !== placedOn) return
      placedOn = now
      places.write(displays(), {
        bounds: window.getNormalBounds(),
        isMaximised: window.isMaximized(),
        isFullScreen: window.isFullScreen(),
      })
    },
    return(window) {
      const there = displays()
      const now = nameOf(there)
      if (window.isVisible() || now === placedOn) return
      placedOn = now
      const { bounds, isMaximised } = places.read(there)
      if (window.isFullScreen()) return
      // A maximised window is put onto another display only as a window.
      if (window.isMaximized()) window.unmaximize()
      window.setBounds('x' in bounds ? bounds : centred(bounds, there[0]?.workArea))
      if (isMaximised) window.maximize()
    },
  }
}
