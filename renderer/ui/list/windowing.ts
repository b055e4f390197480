/** One line of a windowed list. Heights are known beforehand, so nothing is measured while scrolling. */
export interface Line {
  readonly key: string
  /** In CSS pixels. */
  readonly height: number
}

/** The top of each line and, last, the end of all: one number more than there are lines. */
export function lineTops(lines: readonly Line[]): Float64Array {
  const tops = new Float64Array(lines.length + 1)
  for (let index = 0; index < lines.length; index += 1) {
    tops[index + 1] = (tops[index] ?? 0) + (lines[index]?.height ?? 0)
  }
  return tops
}

/** Index of the line at a height, the nearest one outside the list's ends. */
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

/** Where to scroll so that a line is wholly seen, moving as little as possible. */
export function scrollToShow(
  tops: Float64Array,
  index: number,
  view: { readonly top: number; readonly height: number },
): number {
  const top = tops[index] ?? 0
  const bottom = tops[index + 1] ?? top
  if (top < view.top) return top
  if (bottom > view.top + view.height) return bottom - view.height
  return view.top
}
