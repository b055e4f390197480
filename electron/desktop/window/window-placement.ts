import type { BrowserWindow } from 'electron'
import * as v from 'valibot'
import type { JsonStore } from '../../platform/settings.ts'
import { centred, windowBounds, type Bounds } from './window-bounds.ts'

/** A display as the window's place depends on it. */
export interface DisplayArea {
  readonly bounds: Bounds
  readonly workArea: Bounds
}

export interface Placement {
  readonly bounds: ReturnType<typeof windowBounds>
  readonly isMaximised: boolean
  readonly isFullScreen: boolean
}

/** Where the window was when these displays were connected: a laptop at its desk has another place than on the way. */
export interface DisplayPlacements {
  read(displays: readonly DisplayArea[]): Placement
  write(displays: readonly DisplayArea[], place: Placement & { readonly bounds: Bounds }): void
}

const place = v.object({
  bounds: v.unknown(),
  isMaximised: v.boolean(),
  isFullScreen: v.optional(v.boolean(), false),
})
const stored = v.record(v.string(), place)
/** Sets of displays that are remembered: desk, meeting room, the way, and some more. */
const most = 12

/** A set of displays is told apart by how they lie: their numbers change from start to start. */
export const displaySetKey = (displays: readonly DisplayArea[]) =>
  displays
    .map(({ bounds: { x, y, width, height } }) => `${x},${y} ${width}x${height}`)
    .sort()
    .join(' | ')

export function createDisplayPlacements(memory: JsonStore): DisplayPlacements {
  const known = () => {
    const parsed = v.safeParse(stored, memory.read()['places'])
    return parsed.success ? parsed.output : {}
  }
  return {
    read(displays) {
      const areas = displays.map(({ workArea }) => workArea)
      const there = known()[displaySetKey(displays)]
      // A set that is new: as it was last, where that can be seen.
      const last = there ?? {
        bounds: memory.read()['bounds'],
        isMaximised: memory.read()['maximized'] === true,
        isFullScreen: false,
      }
      return { ...last, bounds: windowBounds(last.bounds, areas) }
    },
    write(displays, { bounds, isMaximised, isFullScreen }) {
      const name = displaySetKey(displays)
      const others = Object.entries(known()).filter(([other]) => other !== name)
      const places = Object.fromEntries(
        [...others, [name, { bounds, isMaximised, isFullScreen }]].slice(-most),
      )
      memory.write({ places, bounds, maximized: isMaximised })
    },
  }
}

/** Where the one window goes, and where it was. */
export interface WindowPlacement {
  /** For a window that is being made. */
  initial(): Placement
  /** Remembers where it is, unless nobody has seen it there. */
  save(window: BrowserWindow): void
  /** Before a hidden window is shown: puts it where it belongs among the displays of now. */
  restore(window: BrowserWindow): void
}

/**
 * A hidden window is moved by nobody when a display goes or comes: its coordinates are those of the displays on which it was
 * last seen. So they are not taken for a place among others, and it is put anew before it is seen again.
 */
export function createWindowPlacement(
  memory: JsonStore,
  displays: () => readonly DisplayArea[],
): WindowPlacement {
  const places = createDisplayPlacements(memory)
  let placedOn = ''
  return {
    initial() {
      placedOn = displaySetKey(displays())
      return places.read(displays())
    },
    save(window) {
      const now = displaySetKey(displays())
      if (!window.isVisible() && now !== placedOn) return
      placedOn = now
      places.write(displays(), {
        bounds: window.getNormalBounds(),
        isMaximised: window.isMaximized(),
        isFullScreen: window.isFullScreen(),
      })
    },
    restore(window) {
      const there = displays()
      const now = displaySetKey(there)
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
