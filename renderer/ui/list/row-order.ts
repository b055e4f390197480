import { lineAt, lineTops, type Line } from './windowing.ts'

/** How the rows of a list are reordered. */
export interface RowOrder {
  /** Whether a row can be moved. */
  readonly canMove: (id: string) => boolean
  /** Whether moved rows can be dropped above and below a row. */
  readonly canDropAt: (id: string, moved: readonly string[]) => boolean
  /** Describes what is being dragged. */
  readonly labelOf: (ids: readonly string[]) => string
  /** Says why none of the rows can be moved. */
  readonly onrefuse: (id: string) => void
  /** Puts rows before another one, or behind the last one that is shown. */
  readonly onmove: (ids: readonly string[], before: string | null) => void
  /** Moves rows by a key. */
  readonly onstep: (ids: readonly string[], step: ReorderStep) => void
}

export type ReorderStep = 'up' | 'down' | 'top' | 'bottom'

/** A gap between two rows of a list. */
export interface DropPlace {
  /** The row below the gap, or null if the gap is below the last row. */
  readonly before: string | null
  /** Height of the gap in the content of the list, in CSS pixels. */
  readonly y: number
}

/**
 * The gap that is nearest to a height among the rows at which others can be dropped, or null if there are
 * none. Above the first and below the last of them it is the outermost gap.
 */
export function dropPlaceAt(
  lines: readonly Line[],
  y: number,
  canDropAt: (key: string) => boolean,
): DropPlace | null {
  const tops = lineTops(lines)
  const places = lines.flatMap(({ key }, index) => (canDropAt(key) ? [index] : []))
  const last = places.at(-1)
  if (last === undefined) return null
  const at = lineAt(tops, y)
  const middle = ((tops[at] ?? 0) + (tops[at + 1] ?? 0)) / 2
  const below = places.find((index) => index > at || (index === at && y < middle))
  if (below === undefined) return { before: null, y: tops[last + 1] ?? 0 }
  return { before: lines[below]?.key ?? null, y: tops[below] ?? 0 }
}
