/** Answers that take so many times as long as usual say that something queues: a full line doubles a round trip at most. */
const slowFrom = 2.5
/** What was asked for within this time after a change was answered by what had queued before. */
const staleMs = 1_000
/** So many of the streams are tried, down to two, so that one goes on while the other waits for its answer. */
const easeFactor = 0.7
const fewestEased = 2
/** Easing has helped if answers take no more than this share of the time, and may cost this share of the throughput. */
const easedTo = 0.7
const bearableCost = 0.1
/** With this little lost, fewer streams are as good whether or not it helped. */
const noCost = 0.04
/** Answers come with new parts: where they are long in coming, the try waits for them so long. */
const patienceMs = 60_000
/** Between easings that were in vain, since the queue is not ours: doubled each time. */
const shortRestMs = 60_000
const longRestMs = 960_000

/**
 * Rising latency as a reason to use fewer streams: where storage takes long to answer, bytes queue, and a queue helps nobody
 * and harms whoever else uses the line. A queue that others make is left alone after a try.
 */
export interface LatencyBackoff {
  /** The number of streams has changed. */
  changed(atMs: number): void
  /** How slow answers are with as many streams as now, if they are slow and it may be of our making; else null. */
  slowNow(nowMs: number): number | null
  /** How many of `limit` streams to try; the same number when fewer would be too few. */
  fewer(limit: number): number
  /** Whether to stay with fewer streams that changed the throughput by `gain`, or null while it can't be said yet. */
  stays(slowBefore: number, gain: number, nowMs: number): boolean | null
}

/** `slowness` says how many times as long as usual answers have taken since then (see round-trips.ts). */
export function createLatencyBackoff(
  slowness: (sinceMs: number) => number | null,
  nowMs: number,
): LatencyBackoff {
  let changedAtMs = nowMs
  let fromMs = nowMs
  let restMs = shortRestMs
  return {
    changed: (atMs) => void (changedAtMs = atMs),
    slowNow(atMs) {
      const slow = atMs < fromMs ? null : slowness(changedAtMs + staleMs)
      return slow !== null && slow >= slowFrom ? slow : null
    },
    fewer: (limit) => Math.min(limit, Math.max(fewestEased, Math.floor(limit * easeFactor))),
    stays(slowBefore, gain, atMs) {
      const slow = slowness(changedAtMs + staleMs)
      const isCheap = gain >= -bearableCost
      if (isCheap && slow === null && atMs - changedAtMs < patienceMs) return null
      const hasHelped = slow !== null && slow <= slowBefore * easedTo
      if (hasHelped && isCheap) restMs = shortRestMs
      if (gain >= -noCost || (hasHelped && isCheap)) return true
      fromMs = atMs + restMs
      restMs = Math.min(longRestMs, restMs * 2)
      return false
    },
  }
}
