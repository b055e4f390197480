/**
 * Limits how often something may happen: the returned function says whether it may happen now, and counts it
 * if it may. `now` is a monotonic clock in ms.
 */
export function createRateLimit(options: {
  readonly count: number
  readonly withinMs: number
  readonly now: () => number
}): () => boolean {
  const { count, withinMs, now } = options
  let timesMs: readonly number[] = []
  return () => {
    const nowMs = now()
    timesMs = timesMs.filter((timeMs) => nowMs - timeMs < withinMs)
    if (timesMs.length >= count) return false
    timesMs = [...timesMs, nowMs]
    return true
  }
}
