/** What a file looks like from outside. */
export interface Look {
  readonly sizeBytes: number
  readonly mtimeMs: number
}

/** A new file that is waited for. */
export interface Settling extends Look {
  /** Since when it has looked like this (ms). */
  readonly sinceMs: number
}

/** Copies stall for a second or two; a download that pauses longer has its own mark beside it (recognition.md, 4.6: 3–5 s). */
export const settleMs = 10_000

/** File systems round times to two seconds (FAT), and FAT moves them by the hour with the time zone or daylight saving. */
const roundingMs = 2_000
const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000

/** Whether a file is one that was there before. */
export function looksSame(one: Look, other: Look): boolean {
  if (one.sizeBytes !== other.sizeBytes) return false
  const apartMs = Math.abs(one.mtimeMs - other.mtimeMs)
  const moved = apartMs % quarterHourMs
  return apartMs <= dayMs && Math.min(moved, quarterHourMs - moved) <= roundingMs
}

/** What is known of a new file after another look at it, and whether it has stopped changing. */
export function afterLook(
  before: Settling | undefined,
  look: Look,
  nowMs: number,
): { readonly settling: Settling; readonly isStill: boolean } {
  const isUnchanged = before?.sizeBytes === look.sizeBytes && before.mtimeMs === look.mtimeMs
  const settling = isUnchanged ? before : { ...look, sinceMs: nowMs }
  return { settling, isStill: look.sizeBytes > 0 && nowMs - settling.sinceMs >= settleMs }
}
