/** Speed is the bytes of the last ten seconds over their time: long enough to be calm, short enough to be true. */
const windowMs = 10_000
/** Below this span of samples a number would jump about, so none is shown. */
const meaningfulMs = 1_500

export interface SpeedMeter {
  /** Tells how many bytes have moved since the beginning of this run. */
  sample(movedBytes: number): void
  /** Bytes a second, or null while it means nothing. */
  bytesPerSecond(): number | null
}

/** Measures one flow of bytes by a moving window. `now` is in ms. A fall of the count (a restart) begins anew. */
export function createSpeedMeter(now: () => number): SpeedMeter {
  let samples: { readonly atMs: number; readonly movedBytes: number }[] = []
  return {
    sample(movedBytes) {
      const atMs = now()
      if (movedBytes < (samples.at(-1)?.movedBytes ?? 0)) samples = []
      samples.push({ atMs, movedBytes })
      // One sample older than the window stays, so that the window is covered whole.
      const kept = samples.findIndex((sample) => atMs - sample.atMs <= windowMs)
      if (kept > 1) samples = samples.slice(kept - 1)
    },
    bytesPerSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (!first || !last) return null
      // Time that passed without a sample counts: a line that stands still slows down instead of keeping its number.
      const spanMs = Math.max(now(), last.atMs) - first.atMs
      if (spanMs < meaningfulMs) return null
      return ((last.movedBytes - first.movedBytes) / spanMs) * 1000
    },
  }
}

/** Seconds until `leftBytes` have gone at this speed, or null when that can't be said. */
export function secondsLeft(leftBytes: number, bytesPerSecond: number | null): number | null {
  if (leftBytes <= 0) return 0
  if (bytesPerSecond === null || bytesPerSecond < 1) return null
  return Math.ceil(leftBytes / bytesPerSecond)
}
