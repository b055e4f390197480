/** A line of a virtual list. Heights are known in advance, so nothing is measured while scrolling. */
export interface Line {
  readonly key: string
  /** In CSS pixels. */
  readonly height: number
  /** Stays at the top of the viewport until the next line that has this property; false only ends the one before. */
  readonly isSticky?: boolean
}

/** The top of each line and, as the last element, the total height. */
export function lineTops(lines: readonly Line[]): Float64Array {
  const tops = new Float64Array(lines.length + 1)
  for (let index = 0; index < lines.length; index += 1) {
    tops[index + 1] = (tops[index] ?? 0) + (lines[index]?.height ?? 0)
  }
  return tops
}

/** Index of the line at a height, clamped to the list. */
export function lineAt(tops: Float64Array, y: number): number {
  let low = 0
  let high = Math.max(0, tops.length - 2)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((tops[middle] ?? 0) <= y) low = middle
    else high = middle - 1
  }
  return low
}

/** Indexes of the lines at which a sticky line begins or ends, first to last. */
export function stickyIndexes(lines: readonly Line[]): number[] {
  return lines.flatMap(({ isSticky }, index) => (isSticky === undefined ? [] : [index]))
}

/**
 * The scroll position, nearest to the current one, at which a line is completely visible. The first
 * `coveredHeight` pixels of the viewport are covered by a sticky line.
 */
export function scrollToShow(
  tops: Float64Array,
  index: number,
  view: { readonly top: number; readonly height: number; readonly coveredHeight?: number },
): number {
  const top = Math.max(0, (tops[index] ?? 0) - (view.coveredHeight ?? 0))
  const bottom = tops[index + 1] ?? top
  if (top < view.top) return top
  if (bottom > view.top + view.height) return bottom - view.height
  return view.top
}

interface Drawn {
  readonly lines: readonly Line[]
  readonly tops: Float64Array
}

/**
 * The scroll offset that keeps the line at height `y` in place after lines were added, removed or moved. A
 * line that lost both its neighbours has itself moved; the nearest line that has not is used instead.
 */
export function scrollShift(y: number, before: Drawn, after: Drawn): number {
  const places = new Map(after.lines.map(({ key }, index) => [key, index]))
  const at = lineAt(before.tops, y)
  for (const step of [0, 1, -1, 2, -2]) {
    const old = at + step
    const line = before.lines[old]
    const place = line && places.get(line.key)
    if (place === undefined) continue
    const keeps =
      before.lines[old - 1]?.key === after.lines[place - 1]?.key ||
      before.lines[old + 1]?.key === after.lines[place + 1]?.key
    if (keeps) return (after.tops[place] ?? 0) - (before.tops[old] ?? 0)
  }
  return 0
}

/** State of a row within its list. */
export interface RowPosition {
  /** Counted from 1 over all lines, rendered or not. */
  readonly rowIndex: number
  /** One row of a list is in the tab order; the arrow keys move to the others. */
  readonly isTabbable: boolean
  readonly isSelected: boolean
}
