const longestFact = 200

/** A text of a file as one that can stand in a pane: no control characters, no longer than that. */
export function cut(text: string, longest = longestFact): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain
}
