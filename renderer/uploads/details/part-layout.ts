/** Where the cells of a part map lie, in CSS pixels. */
export interface PartLayout {
  readonly columns: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly gap: number
  readonly height: number
}

/** Few parts share one line; cells narrower than this are a grid instead. */
const leastInLine = 12
const lineHeight = 16
/** The grid's cells with their gaps, largest first: the largest at which the map stays this low is taken. */
const pitches = [14, 12, 10, 8, 6, 5, 4, 3, 2] as const
const mostHeight = 112

/** Lays `count` parts out in a width: one line of bars for few, a grid for many, for thousands a picture of dots. */
export function layoutParts(count: number, width: number): PartLayout {
  const inLine = Math.floor((width - 2 * (count - 1)) / count)
  if (inLine >= leastInLine || count === 1) {
    const gap = count === 1 ? 0 : 2
    const cellWidth = (width - gap * (count - 1)) / count
    return { columns: count, cellWidth, cellHeight: lineHeight, gap, height: lineHeight }
  }
  const grid = (pitch: number): PartLayout => {
    const gap = pitch >= 8 ? 2 : pitch >= 3 ? 1 : 0
    const columns = Math.max(1, Math.floor((width + gap) / pitch))
    const cell = pitch - gap
    return {
      columns,
      cellWidth: cell,
      cellHeight: cell,
      gap,
      height: Math.ceil(count / columns) * pitch - gap,
    }
  }
  const fits = pitches.map(grid).find(({ height }) => height <= mostHeight)
  return fits ?? grid(2)
}

/** Index of the part at a place, or null where there is none. */
export function partAt(layout: PartLayout, count: number, x: number, y: number): number | null {
  const column = Math.floor(x / (layout.cellWidth + layout.gap))
  const line = Math.floor(y / (layout.cellHeight + layout.gap))
  const index = line * layout.columns + column
  return column >= 0 && column < layout.columns && line >= 0 && index < count ? index : null
}
