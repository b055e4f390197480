const defaultMaxLength = 200

/** Makes text from a file safe to display: without control characters, and shortened. */
export function toDisplayText(text: string, maxLength = defaultMaxLength): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain
}
