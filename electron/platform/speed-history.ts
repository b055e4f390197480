import type { SpeedHistory } from '../contract/upload-details.ts'

/** As many points as a graph can show; a history never uses more memory. */
export const historyPoints = 240
const firstStepMs = 1_000
/** While bytes are sent there is a report every second; a longer gap means that the computer slept. */
const longestGapMs = 60_000

export interface SpeedRecorder {
  /** Bytes sent since the last call. */
  moved(bytes: number): void
  /** Nothing is sent until the next `moved`. */
  rest(): void
  view(): SpeedHistory
}

/** Records speed over any length of time in constant memory. `now` is a monotonic clock in ms. */
export function createSpeedHistory(now: () => number): SpeedRecorder {
  let stepMs = firstStepMs
  /** Bytes of each step. */
  let steps: number[] = []
  /** Time spent sending so far. */
  let elapsedMs = 0
  let lastMs: number | null = null

  /** The current step; merges pairs of steps when the history is full. */
  function stepNow(): number {
    while (elapsedMs >= stepMs * historyPoints) {
      const pairs: number[] = []
      for (const [index, bytes] of steps.entries()) {
        const pair = Math.floor(index / 2)
        pairs[pair] = (pairs[pair] ?? 0) + bytes
      }
      steps = pairs
      stepMs *= 2
    }
    return Math.floor(elapsedMs / stepMs)
  }

  /** Spreads the bytes evenly over the time since the last call, since the exact times are unknown. */
  function moved(bytes: number): void {
    const atMs = now()
    const gapMs = lastMs === null ? 0 : atMs - lastMs
    lastMs = atMs
    const spanMs = gapMs > longestGapMs ? 0 : gapMs
    let leftMs = spanMs
    while (leftMs > 0) {
      const index = stepNow()
      const partMs = Math.min(leftMs, (index + 1) * stepMs - elapsedMs)
      steps[index] = (steps[index] ?? 0) + (bytes * partMs) / spanMs
      elapsedMs += partMs
      leftMs -= partMs
    }
    if (spanMs === 0 && bytes > 0) {
      const index = stepNow()
      steps[index] = (steps[index] ?? 0) + bytes
    }
  }

  return {
    moved,
    rest() {
      lastMs = null
    },
    view() {
      if (lastMs !== null) moved(0)
      const whole = Math.floor(elapsedMs / stepMs)
      const restMs = elapsedMs - whole * stepMs
      const points = steps.slice(0, whole).map((bytes) => Math.round((bytes / stepMs) * 1000))
      // The beginning of a step is not meaningful: a few blocks more or less would look like a peak.
      if (restMs >= stepMs / 4) points.push(Math.round(((steps[whole] ?? 0) / restMs) * 1000))
      return { stepMs, points }
    },
  }
}
