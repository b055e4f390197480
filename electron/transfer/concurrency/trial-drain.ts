import { settledAfterMs, silenceMs, type Sample } from './throughput-windows.ts'

/** Long enough to average what packet loss and other programs do to the rate. */
const comparedMs = 10_000
/** Between the end of a part and the start of the next one, one PUT less is in use. */
const changeoverMs = 1_000

/** A number of PUTs and what they achieve together, in bytes per millisecond. */
interface Achieved {
  readonly count: number
  readonly rate: number
}

/**
 * The PUTs that a rejected trial has started run until their end. They show for longer than the trial took what
 * more of them achieve, and that what remains achieves less.
 */
export interface TrialDrain {
  /** A trial of `more` PUTs was rejected; `fewer` are to remain. */
  begin(fewer: number, more: number): void
  /** Discards what other conditions allowed. */
  clear(): void
  /** What both numbers of PUTs have achieved, once after each rejected trial; null while unknown. */
  record(sample: Sample): { readonly fewer: Achieved; readonly more: Achieved } | null
}

export function createTrialDrain(): TrialDrain {
  let rejected: { readonly fewer: number; readonly more: number } | null = null
  let more: Achieved | null = null
  /** A number of PUTs in use, and when its rate may be measured: new connections have to settle. */
  let current = { count: 0, fromMs: 0 }
  /** Since when another number is in use. */
  let differsSinceMs: number | null = null
  /** What is measured: between two samples with this number. */
  let from: Sample | null = null
  let to: Sample | null = null
  /** The last sample with new bytes. */
  let last: Sample | null = null

  /** Starts over when the number of PUTs changes, and after a silence, since conditions may have changed. */
  function follow(sample: Sample): void {
    const { inUse, nowMs } = sample
    if (inUse === current.count) differsSinceMs = null
    else differsSinceMs ??= nowMs
    if (differsSinceMs !== null && nowMs - differsSinceMs >= changeoverMs) {
      current = { count: inUse, fromMs: nowMs + (inUse > current.count ? settledAfterMs : 0) }
      differsSinceMs = from = null
    }
    const hasGrown = last === null || sample.sentBytes > last.sentBytes
    if (!hasGrown) return
    if (last && nowMs - last.nowMs > silenceMs) {
      from = more = null
      current = { ...current, fromMs: nowMs + settledAfterMs }
    }
    last = sample
    if (inUse !== current.count || nowMs < current.fromMs) return
    from ??= sample
    to = sample
  }

  /** The rate of the current number, once it was measured for long enough. */
  function achieved(): Achieved | null {
    if (!from || !to || to.nowMs - from.nowMs < comparedMs) return null
    const rate = (to.sentBytes - from.sentBytes) / (to.nowMs - from.nowMs)
    return { count: current.count, rate }
  }

  return {
    begin(fewer, moreCount) {
      rejected = { fewer, more: moreCount }
      more = null
    },
    clear() {
      rejected = from = null
    },
    record(sample) {
      follow(sample)
      if (rejected === null) return null
      const found = achieved()
      if (found?.count === rejected.more) more = found
      if (found?.count !== rejected.fewer) return null
      rejected = null
      return more && { fewer: found, more }
    },
  }
}
