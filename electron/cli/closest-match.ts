/** Typing errors that are tolerated; a higher number would suggest unrelated words. */
const maxEdits = 2

/** The known word closest to what was typed, or null. */
export function closestMatch(typed: string, known: readonly string[]): string | null {
  const withPrefix = known.filter((word) => typed.length > 1 && word.startsWith(typed))
  if (withPrefix.length === 1) return withPrefix[0] ?? null
  let best: string | null = null
  let fewest = Infinity
  for (const word of known) {
    const limit = Math.min(maxEdits, word.length - 1, fewest - 1)
    const edits = editDistance(typed, word, limit)
    if (edits > limit) continue
    best = word
    fewest = edits
  }
  return best
}

/**
 * Letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance), or more
 * than `limit`. Only the part of the table that can lead to a result within the limit is computed, since a
 * folder may have thousands of names.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity
  const rows = [Array.from({ length: Math.min(b.length, limit) + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    rows.push(current)
    let least = row
    for (let column = Math.max(1, row - limit); column <= Math.min(b.length, row + limit); column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
      )
      current[column] = edits
      least = Math.min(least, edits)
    }
    if (least > limit) return Infinity
  }
  return at(a.length, b.length)
}
