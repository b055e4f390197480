import { createTrialRest } from './trial-rest.ts'

/** From this latency ratio on, requests queue: a saturated connection at most doubles a round trip. */
const slowdownThreshold = 2.5
/** Responses within this time after a change still belong to requests that were queued before it. */
const staleMs = 1_000
/**
 * Reduction of the concurrency, down to two, so that one request sends while the other waits for its
 * response.
 */
const reductionFactor = 0.7
const minReducedLimit = 2
/** A reduction has helped if latency drops to this share, and may cost this share of the throughput. */
const improvedShare = 0.7
const tolerableCost = 0.1
/** With less than this share lost, the lower limit is kept whether or not latency dropped. */
const negligibleCost = 0.04
/** Latency is measured with each new part; a trial waits for that at most this long. */
const trialTimeoutMs = 60_000
/** Pause after a reduction that did not help because other traffic causes the queue; doubled each time. */
const minRestMs = 60_000
const maxRestMs = 960_000

/**
 * Lowers the concurrency when latency rises, because queued bytes delay all users of the connection without a
 * benefit.
 */
export interface LatencyBackoff {
  concurrencyChanged(atMs: number): void
  /** The latency ratio at the current concurrency if it is too high and a reduction may help, else null. */
  currentSlowdown(nowMs: number): number | null
  /** The limit to try in place of `limit`; the same number when it is already low. */
  reduced(limit: number): number
  /**
   * Whether to keep a reduction that changed the throughput by the share `gain`; null while that is
   * undecided.
   */
  shouldKeep(slowdownBefore: number, gain: number, nowMs: number): boolean | null
}

/**
 * `latencyRatio` returns the latency since a moment relative to the usual latency (see latency-tracker.ts).
 */
export function createLatencyBackoff(
  latencyRatio: (sinceMs: number) => number | null,
  startMs: number,
): LatencyBackoff {
  let changedAtMs = startMs
  const rest = createTrialRest(minRestMs, maxRestMs)
  return {
    concurrencyChanged: (atMs) => void (changedAtMs = atMs),
    currentSlowdown(nowMs) {
      const ratio = rest.isOver(nowMs) ? latencyRatio(changedAtMs + staleMs) : null
      return ratio !== null && ratio >= slowdownThreshold ? ratio : null
    },
    reduced: (limit) => Math.min(limit, Math.max(minReducedLimit, Math.floor(limit * reductionFactor))),
    shouldKeep(slowdownBefore, gain, nowMs) {
      const ratio = latencyRatio(changedAtMs + staleMs)
      const isCheap = gain >= -tolerableCost
      if (isCheap && ratio === null && nowMs - changedAtMs < trialTimeoutMs) return null
      const hasHelped = ratio !== null && ratio <= slowdownBefore * improvedShare
      if (hasHelped && isCheap) rest.reset()
      if (gain >= -negligibleCost || (hasHelped && isCheap)) return true
      rest.begin(nowMs)
      return false
    },
  }
}
