import * as v from 'valibot'

export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const firstSize = { width: 960, height: 640 } as const
export const smallestSize = { width: 480, height: 400 } as const

const integer = v.pipe(v.number(), v.integer())
const storedBounds = v.object({ x: integer, y: integer, width: integer, height: integer })

/** The part of the window that must be on a display, so that the user can drag its title bar. */
const minVisibleWidth = 100
const titleBarHeight = 40

function isTitleBarReachable(bounds: Bounds, area: Bounds): boolean {
  const visibleWidth = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x)
  const isBelowTop = bounds.y >= area.y
  const isAboveBottom = bounds.y + titleBarHeight <= area.y + area.height
  return visibleWidth >= minVisibleWidth && isBelowTop && isAboveBottom
}

/** Bounds of that size in the centre of the area; without an area, the size alone. */
export function centred(size: Pick<Bounds, 'width' | 'height'>, area: Bounds | undefined): Partial<Bounds> {
  if (!area) return size
  const x = area.x + Math.max(0, Math.round((area.width - size.width) / 2))
  const y = area.y + Math.max(0, Math.round((area.height - size.height) / 2))
  return { x, y, ...size }
}

/** The smallest rectangle that contains all areas. */
function boundingBox(areas: readonly Bounds[]): Bounds {
  const x = Math.min(...areas.map((area) => area.x))
  const y = Math.min(...areas.map((area) => area.y))
  const width = Math.max(...areas.map((area) => area.x + area.width)) - x
  const height = Math.max(...areas.map((area) => area.y + area.height)) - y
  return { x, y, width, height }
}

/** Position and size in one dimension, limited to the area of all displays. */
function fitInto(
  start: number,
  size: number,
  areaStart: number,
  areaSize: number,
): readonly [start: number, size: number] {
  return size > areaSize ? [areaStart, areaSize] : [start, size]
}

/**
 * The stored bounds, no larger than all displays, if the title bar would be reachable on one of them; otherwise
 * the stored size without a position, or the first size. `areas` are the work areas of the displays.
 */
export function windowBounds(
  stored: unknown,
  areas: readonly Bounds[],
): Bounds | { readonly width: number; readonly height: number } {
  const parsed = v.safeParse(storedBounds, stored)
  if (!parsed.success) return firstSize
  const bounds = parsed.output
  const largest = areas[0] ?? firstSize
  const width = Math.max(smallestSize.width, Math.min(bounds.width, largest.width))
  const height = Math.max(smallestSize.height, Math.min(bounds.height, largest.height))
  if (areas.some((area) => isTitleBarReachable(bounds, area))) {
    const box = boundingBox(areas)
    const [x, usedWidth] = fitInto(bounds.x, bounds.width, box.x, box.width)
    const [y, usedHeight] = fitInto(bounds.y, bounds.height, box.y, box.height)
    return {
      x,
      y,
      width: Math.max(smallestSize.width, usedWidth),
      height: Math.max(smallestSize.height, usedHeight),
    }
  }
  return { width, height }
}
