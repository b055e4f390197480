/** Layout of the part map, in CSS pixels. */
export interface PartLayout {
  readonly columns: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly gap: number
  readonly height: number
}

/** Minimum cell width of the single-line layout; narrower cells are laid out as a grid. */
const leastInLine = 12
const lineHeight = 16
/** Cell size including the gap, largest first. The largest one within the maximum height is used. */
const pitches = [14, 12, 10, 8, 6, 5, 4, 3, 2] as const
const mostHeight = 112

/** Lays out `count` parts: few in one line of bars, more in a grid. */
export function layoutParts(count: number, width: number): PartLayout {
  const inLine = Math.floor((width - 2 * (count - 1)) / count)
  if (inLine >= leastInLine || count === 1) {
    const gap = count === 1 ? 0 : 2
    const cellWidth = (width - gap * (count - 1)) / count
    return { columns: count, cellWidth, cellHeight: lineHeight, gap, height: lineHeight }
  }
  const grid = (pitch: number): PartLayout => {
    const gap = gapFor(pitch)
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

/** Gap between grid cells; the smallest cells have none. */
function gapFor(pitch: number): number {
  if (pitch >= 8) return 2
  return pitch >= 3 ? 1 : 0
}

/** Index of the part at a position, or null. */
export function partAt(layout: PartLayout, count: number, x: number, y: number): number | null {
  const column = Math.floor(x / (layout.cellWidth + layout.gap))
  const line = Math.floor(y / (layout.cellHeight + layout.gap))
  const index = line * layout.columns + column
  return column >= 0 && column < layout.columns && line >= 0 && index < count ? index : null
}
