import { lineAt, type Line } from './windowing.ts'

interface Drawn {
  readonly lines: readonly Line[]
  readonly tops: Float64Array
}

/**
 * How far to scroll after lines came, went or moved, so that what the person looks at stays where it is: the line at
 * height `y` of the old list, or the nearest one that kept a neighbour (a line that itself moved is nothing to hold on to).
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
