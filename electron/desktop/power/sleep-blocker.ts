import { powerSaveBlocker } from 'electron'

/**
 * Sleep stays blocked for this long after the last progress, in ms: longer than the gap between two files or
 * the time storage needs to join parts, shorter than any system's idle time before sleep.
 */
const blockAfterProgressMs = 30_000

export interface SleepBlocker {
  update(uploads: { readonly running: number; readonly lastProgressMs: number }): void
}

/** Keeps the computer awake while bytes move; the screen may still turn off. */
export function createSleepBlocker(now: () => number): SleepBlocker {
  let blockerId: number | null = null
  return {
    update({ running, lastProgressMs }) {
      const shouldBlock = running > 0 && now() - lastProgressMs < blockAfterProgressMs
      if (shouldBlock && blockerId === null) blockerId = powerSaveBlocker.start('prevent-app-suspension')
      if (!shouldBlock && blockerId !== null) {
        powerSaveBlocker.stop(blockerId)
        blockerId = null
      }
    },
  }
}
