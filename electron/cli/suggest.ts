/** Wrong letters that a slip of the fingers makes; more would suggest words that nobody meant. */
const mostSlips = 2

/** The word nearest to what was typed, or null when none is near. */
export function nearest(typed: string, known: readonly string[]): string | null {
  const begun = known.filter((word) => typed.length > 1 && word.startsWith(typed))
  if (begun.length === 1) return begun[0] ?? null
  const [best] = known
    .map((word) => ({ word, slips: slipsBetween(typed, word) }))
    .filter(({ slips, word }) => slips <= Math.min(mostSlips, word.length - 1))
    .sort((a, b) => a.slips - b.slips)
  return best?.word ?? null
}

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance). */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row])
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const slips = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
        swapped ? at(row - 2, column - 2) + 1 : Infinity,
      )
      rows[row]?.push(slips)
    }
  }
  return at(a.length, b.length)
}
