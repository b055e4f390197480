import type { Sample } from './throughput-windows.ts'

/** Long enough to average what packet loss and other programs do to the rate. */
const comparedMs = 10_000

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
  /** The sample since which the number of PUTs has been the same. */
  let from: Sample | null = null

  return {
    begin(fewer, moreCount) {
      rejected = { fewer, more: moreCount }
      more = null
    },
    clear() {
      rejected = from = null
    },
    record(sample) {
      if (sample.inUse !== from?.inUse) from = sample
      const elapsedMs = sample.nowMs - from.nowMs
      if (rejected === null || elapsedMs < comparedMs) return null
      const achieved = { count: sample.inUse, rate: (sample.sentBytes - from.sentBytes) / elapsedMs }
      if (achieved.count === rejected.more) more = achieved
      if (achieved.count !== rejected.fewer) return null
      rejected = null
      return more && { fewer: achieved, more }
    },
  }
}
