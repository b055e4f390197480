import { lineAt, type Line } from './windowing.ts'

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
