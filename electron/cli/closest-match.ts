/** Typing errors that are tolerated; a higher number would suggest unrelated words. */
const maxEdits = 2

/** The known word closest to what was typed, or null. */
export function closestMatch(typed: string, known: readonly string[]): string | null {
  const withPrefix = known.filter((word) => typed.length > 1 && word.startsWith(typed))
  if (withPrefix.length === 1) return withPrefix[0] ?? null
  const [best] = known
    .map((word) => ({ word, edits: editDistance(typed, word) }))
    .filter(({ edits, word }) => edits <= Math.min(maxEdits, word.length - 1))
    .sort((a, b) => a.edits - b.edits)
  return best?.word ?? null
}

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row])
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
      )
      rows[row]?.push(edits)
    }
  }
  return at(a.length, b.length)
}
