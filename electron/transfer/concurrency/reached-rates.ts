/** The throughput of a window without new connections. */
export interface ReachedRate {
  readonly atMs: number
  readonly limit: number
  /** Bytes per millisecond. */
  readonly rate: number
}

/** How long a rate shows what the connection can do, in ms. */
const keptMs = 60_000

/** What the connection has reached lately. */
interface ReachedRates {
  add(reached: ReachedRate): void
  /** The best rate of at most `limit` PUTs, or null. */
  best(limit: number, nowMs: number): ReachedRate | null
  /** Discards what other conditions allowed. */
  clear(): void
}

export function createReachedRates(): ReachedRates {
  let rates: readonly ReachedRate[] = []
  return {
    add(reached) {
      rates = [...rates.filter(({ atMs }) => reached.atMs - atMs <= keptMs), reached]
    },
    best: (limit, nowMs) =>
      rates
        .filter((one) => one.limit <= limit && nowMs - one.atMs <= keptMs)
        .reduce<ReachedRate | null>((best, one) => (best && best.rate >= one.rate ? best : one), null),
    clear() {
      rates = []
    },
  }
}
