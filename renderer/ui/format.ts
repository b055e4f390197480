import type { UploadRow } from '../../electron/contract/uploads.ts'

export { visibleText } from '../../electron/contract/visible-text.ts'

/** Acknowledged bytes and bytes in flight: a single PUT is acknowledged only at its end. */
export const movedBytesOf = ({ sentBytes, inFlightBytes }: UploadRow): number => sentBytes + inFlightBytes

/** Whole percent of the moved bytes. At most 99 until the upload is registered. */
export function percentDone(row: UploadRow): number {
  const { phase, sizeBytes } = row
  if (phase === 'registered') return 100
  if (sizeBytes === 0) return 0
  if (isBeingCompared(row)) return Math.min(99, Math.floor((row.hashedBytes / sizeBytes) * 100))
  return Math.min(99, Math.floor((movedBytesOf(row) / sizeBytes) * 100))
}

/** True while a file is hashed to find duplicates: nothing is sent meanwhile. */
const isBeingCompared = ({ phase, sentBytes, hashedBytes }: UploadRow) =>
  phase === 'checking' && sentBytes === 0 && hashedBytes > 0

/**
 * Shares of the progress bar, 0–1: `solid` is acknowledged, `light` is in flight. Full only when registered.
 */
export function barShares(row: UploadRow): { readonly solid: number; readonly light: number } {
  const { phase, sentBytes, inFlightBytes, sizeBytes } = row
  if (phase === 'registered') return { solid: 1, light: 0 }
  if (sizeBytes === 0) return { solid: 0, light: 0 }
  if (isBeingCompared(row)) return { solid: 0, light: Math.min(0.99, row.hashedBytes / sizeBytes) }
  const solid = Math.min(0.99, sentBytes / sizeBytes)
  return { solid, light: Math.min(0.99 - solid, inFlightBytes / sizeBytes) }
}

/** Formats a duration as `4:05`, at least `0:00`. */
export function minutesAndSeconds(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Orders names as the user's language does: numbers by value, capitals beside small letters. */
export const compareNames = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare
