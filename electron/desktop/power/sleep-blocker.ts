import { powerSaveBlocker } from 'electron'
import type { Patch, UploadRow } from '../../contract/uploads.ts'

/**
 * Sleep stays blocked for this long after the last progress, in ms: longer than the gap between two files or
 * the time storage needs to join parts, shorter than any system's idle time before sleep.
 */
const blockAfterProgressMs = 30_000

export interface SleepBlocker {
  applyPatch(patch: Pick<Patch, 'changed' | 'removed' | 'totals'>): void
}

/** Reading a file from a slow disk counts as well. */
const bytesOf = ({ sentBytes, inFlightBytes, hashedBytes }: UploadRow) =>
  sentBytes + inFlightBytes + hashedBytes

/** Keeps the computer awake while the bytes of any upload grow; the screen may still turn off. */
export function createSleepBlocker(monotonicMs: () => number): SleepBlocker {
  const known = new Map<string, number>()
  let progressAtMs = -Infinity
  let blockerId: number | null = null
  return {
    applyPatch({ changed, removed, totals }) {
      for (const id of removed) known.delete(id)
      for (const row of changed) {
        const bytes = bytesOf(row)
        // What a restored upload has at first was sent before, unless it is in flight or finished between two patches.
        const before = known.get(row.id) ?? (row.phase === 'registered' ? 0 : bytes - row.inFlightBytes)
        known.set(row.id, bytes)
        if (bytes > before) progressAtMs = monotonicMs()
      }
      const shouldBlock = totals.running > 0 && monotonicMs() - progressAtMs < blockAfterProgressMs
      if (shouldBlock && blockerId === null) blockerId = powerSaveBlocker.start('prevent-app-suspension')
      if (!shouldBlock && blockerId !== null) {
        powerSaveBlocker.stop(blockerId)
        blockerId = null
      }
    },
  }
}
