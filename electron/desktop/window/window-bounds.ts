import * as v from 'valibot'

export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** interface.md of the design: about 960 × 640, usable from 480 × 400. */
export const firstSize = { width: 960, height: 640 } as const
export const smallestSize = { width: 480, height: 400 } as const

const whole = v.pipe(v.number(), v.integer())
const storedBounds = v.object({ x: whole, y: whole, width: whole, height: whole })

/** Part of the window that must lie on a display, so that a person can see and grab its title bar. */
const grabWidth = 100
const grabHeight = 40

function isGrabbable(bounds: Bounds, area: Bounds): boolean {
  const across = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x)
  const titleBelowTop = bounds.y >= area.y
  const titleAboveBottom = bounds.y + grabHeight <= area.y + area.height
  return across >= grabWidth && titleBelowTop && titleAboveBottom
}

/** A window of that size in the middle of a display. */
export function centred(size: Pick<Bounds, 'width' | 'height'>, area: Bounds | undefined): Partial<Bounds> {
  if (!area) return size
  const x = area.x + Math.max(0, Math.round((area.width - size.width) / 2))
  const y = area.y + Math.max(0, Math.round((area.height - size.height) / 2))
  return { x, y, ...size }
}

/**
 * Where the window goes: the remembered bounds when a person could see and grab them on one of today's displays, else the
 * remembered size in the middle of the first display (no x and y), else the first size. `areas` are work areas.
 */
export function windowBounds(
  remembered: unknown,
  areas: readonly Bounds[],
): Bounds | { readonly width: number; readonly height: number } {
  const parsed = v.safeParse(storedBounds, remembered)
  if (!parsed.success) return firstSize
  const bounds = parsed.output
  const largest = areas[0] ?? { x: 0, y: 0, ...firstSize }
  const width = Math.max(smallestSize.width, Math.min(bounds.width, largest.width))
  const height = Math.max(smallestSize.height, Math.min(bounds.height, largest.height))
  if (areas.some((area) => isGrabbable(bounds, area))) {
    return {
      x: bounds.x,
      y: bounds.y,
      width: Math.max(smallestSize.width, bounds.width),
      height: Math.max(smallestSize.height, bounds.height),
    }
  }
  return { width, height }
}
