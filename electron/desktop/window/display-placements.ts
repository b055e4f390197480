import * as v from 'valibot'
import { windowBounds, type Bounds } from './window-bounds.ts'
import type { JsonStore } from '../../platform/settings.ts'

/** A display as the window's place depends on it. */
export interface Area {
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
  read(displays: readonly Area[]): Placement
  write(displays: readonly Area[], place: Placement & { readonly bounds: Bounds }): void
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
export const nameOf = (displays: readonly Area[]) =>
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
      const there = known()[nameOf(displays)]
      // A set that is new: as it was last, where that can be seen.
      const last = there ?? {
        bounds: memory.read()['bounds'],
        isMaximised: memory.read()['maximized'] === true,
        isFullScreen: false,
      }
      return { ...last, bounds: windowBounds(last.bounds, areas) }
    },
    write(displays, { bounds, isMaximised, isFullScreen }) {
      const name = nameOf(displays)
      const others = Object.entries(known()).filter(([other]) => other !== name)
      const places = Object.fromEntries(
        [...others, [name, { bounds, isMaximised, isFullScreen }]].slice(-most),
      )
      memory.write({ places, bounds, maximized: isMaximised })
    },
  }
}
