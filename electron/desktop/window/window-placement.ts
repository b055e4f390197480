import type { BrowserWindow } from 'electron'
import * as v from 'valibot'
import type { JsonStore } from '../../platform/settings.ts'
import { isHidden } from './hide-window.ts'
import { centred, windowBounds, type Bounds } from './window-bounds.ts'

/** The properties of a display that the window's placement depends on. */
export interface DisplayArea {
  readonly bounds: Bounds
  readonly workArea: Bounds
}

export interface Placement {
  readonly bounds: ReturnType<typeof windowBounds>
  readonly isMaximised: boolean
  readonly isFullScreen: boolean
}

/**
 * Stores one placement for each set of connected displays, for example with and without an external monitor.
 */
export interface DisplayPlacements {
  read(displays: readonly DisplayArea[]): Placement
  write(displays: readonly DisplayArea[], placement: Placement & { readonly bounds: Bounds }): void
}

const storedPlacement = v.object({
  bounds: v.unknown(),
  isMaximised: v.boolean(),
  isFullScreen: v.optional(v.boolean(), false),
})
const storedPlacements = v.record(v.string(), storedPlacement)
const maxStoredPlacements = 12

/** Identifies a set of displays by their positions, since display ids change at every start. */
export const displaySetKey = (displays: readonly DisplayArea[]) =>
  displays
    .map(({ bounds: { x, y, width, height } }) => `${x},${y} ${width}x${height}`)
    .sort()
    .join(' | ')

export function createDisplayPlacements(memory: JsonStore): DisplayPlacements {
  const readStored = () => {
    const parsed = v.safeParse(storedPlacements, memory.read()['places'])
    return parsed.success ? parsed.output : {}
  }
  return {
    read(displays) {
      const workAreas = displays.map(({ workArea }) => workArea)
      // For a new set of displays, the last placement of any set.
      const placement = readStored()[displaySetKey(displays)] ?? {
        bounds: memory.read()['bounds'],
        isMaximised: memory.read()['maximized'] === true,
        isFullScreen: false,
      }
      return { ...placement, bounds: windowBounds(placement.bounds, workAreas) }
    },
    write(displays, { bounds, isMaximised, isFullScreen }) {
      const key = displaySetKey(displays)
      const others = Object.entries(readStored()).filter(([otherKey]) => otherKey !== key)
      const places = Object.fromEntries(
        [...others, [key, { bounds, isMaximised, isFullScreen }]].slice(-maxStoredPlacements),
      )
      memory.write({ places, bounds, maximized: isMaximised })
    },
  }
}

export interface WindowPlacement {
  /** The placement for a new window. */
  initial(): Placement
  /** Stores where the window is, unless it has been hidden since the displays changed. */
  save(window: BrowserWindow): void
  /** Before a hidden window is shown: places it according to the current displays. */
  restore(window: BrowserWindow): void
}

/**
 * The system does not move a hidden window when displays change, so its coordinates belong to the displays it
 * was last shown on. They are not stored for other displays, and the window is placed again before it is
 * shown.
 */
export function createWindowPlacement(
  memory: JsonStore,
  currentDisplays: () => readonly DisplayArea[],
): WindowPlacement {
  const placements = createDisplayPlacements(memory)
  let placedOnKey = ''
  return {
    initial() {
      placedOnKey = displaySetKey(currentDisplays())
      return placements.read(currentDisplays())
    },
    save(window) {
      const key = displaySetKey(currentDisplays())
      if (isHidden(window) && key !== placedOnKey) return
      placedOnKey = key
      placements.write(currentDisplays(), {
        bounds: window.getNormalBounds(),
        isMaximised: window.isMaximized(),
        isFullScreen: window.isFullScreen(),
      })
    },
    restore(window) {
      const displays = currentDisplays()
      const key = displaySetKey(displays)
      if (!isHidden(window) || key === placedOnKey) return
      placedOnKey = key
      const { bounds, isMaximised } = placements.read(displays)
      if (window.isFullScreen()) return
      // A maximised window cannot be moved to another display.
      if (window.isMaximized()) window.unmaximize()
      window.setBounds('x' in bounds ? bounds : centred(bounds, displays[0]?.workArea))
      if (isMaximised) window.maximize()
    },
  }
}
