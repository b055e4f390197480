import { createLatencyBackoff } from './latency-backoff.ts'
import { createThroughputWindows, type Measure, type Seen } from './throughput-windows.ts'

/** Decides how many streams may run at the same time. Reads no clock and starts no timer. */
export interface ConcurrencyController {
  readonly limit: number
  see(seen: Seen): void
  /** The line or storage asked for less. */
  troubled(nowMs: number): void
  setMost(most: number): void
}

/** Start small; the line says whether more pays. */
export const firstLimit = 4
/** Growth must bring at least this share of what it would bring on an idle line, else it only crowds the line. */
const worthwhile = 0.3
/** From this share on, the line is far from full and the count doubles. */
const plenty = 0.6
const boldFactor = 2
const carefulFactor = 1.25
/** Fewer streams are as good if they lose no more than this share. */
const bearableLoss = 0.04
const shrinkFactor = 0.85
/** Between two tries, doubled while they are in vain. */
const shortRestMs = 8_000
const longRestMs = 32_000
/** A line of a longer round trip calms down later: after a vain try it is given this many times as long. */
const morePatience = 2
/** A rate that differs this much from what is usual, twice in a row, says that the line has changed. */
const sharpChange = 0.3
/** How fast what is usual follows what is measured. */
const learning = 0.3
/** Streams that fail together are one trouble. */
const oneTroubleMs = 2_000
/** From this share of our own bandwidth limit on, it is what holds us back. */
const capReached = 0.9
/** What was before a try. */
interface Before {
  readonly limit: number
  readonly rate: number
  readonly early: boolean
  /** How slow answers were, if that is why fewer streams are tried. */
  readonly slowness: number | null
}

export interface ConcurrencyOptions {
  readonly most: number
  /** Where it begins, and the fewest that it tries by itself. */
  readonly first: number
  readonly nowMs: number
  /** How many times as long as usual answers have taken since then (see round-trips.ts); null while unknown. */
  readonly slowness?: (sinceMs: number) => number | null
}

/**
 * Tries counts and keeps what pays. It begins with `first`, doubles while the throughput follows, takes finer steps where it
 * follows less, goes back where it does not, and from then on tries a little more and a little less in turn, ever more rarely.
 * What is plain is acted on early; what is not is judged once new connections have calmed down. Nothing is concluded while
 * the streams are not all in use, or while our own bandwidth limit is what holds them back.
 *
 * Where answers have become slow, fewer streams are tried at once, whatever the throughput: what queues helps nobody. They
 * stay fewer if answers came sooner for little, or if nothing was lost; a queue that others make is left alone.
 */
export function createConcurrencyController(options: ConcurrencyOptions): ConcurrencyController {
  const { first, slowness = () => null } = options
  const easing = createLatencyBackoff(slowness, options.nowMs)
  const windows = createThroughputWindows(options.nowMs)
  let { most } = options
  let limit = Math.min(first, most)
  let before: Before | null = null
  let restUntilMs = 0
  let restMs = shortRestMs
  /** What is usual at this limit, in bytes a millisecond; null while unknown. */
  let usual: { rate: number; early: boolean } | null = null
  let oddWindows = 0
  let wasVain = false
  let growsNext = true
  let nextFactor = boldFactor
  let lastTroubleMs = -Infinity
  let seenAtMs = options.nowMs

  /** Changes the count, `asTry` so that it is judged; `slow` where slow answers are why. */
  function change(to: number, asTry: boolean, slow: number | null = null): void {
    before = asTry && usual ? { limit, ...usual, slowness: slow } : null
    limit = to
    easing.changed(seenAtMs)
    windows.restart(wasVain ? morePatience : 1)
  }

  function rest(nowMs: number): void {
    restUntilMs = nowMs + restMs
    restMs = Math.min(longRestMs, restMs * 2)
  }

  function grow(wanted: boolean): boolean {
    const to = Math.min(most, Math.max(limit + 1, Math.floor(limit * nextFactor)))
    if (!wanted || to <= limit) return false
    change(to, true)
    return true
  }

  function shrink(): boolean {
    const to = Math.max(first, Math.min(limit - 1, Math.floor(limit * shrinkFactor)))
    if (to >= limit) return false
    change(to, true)
    return true
  }

  function ease(nowMs: number): boolean {
    const slow = easing.slowNow(nowMs)
    const to = easing.fewer(limit)
    if (slow === null || to >= limit) return false
    change(to, true, slow)
    return true
  }

  function judgeEasing(tried: Before, slowBefore: number, measure: Measure, nowMs: number): void {
    const stays = measure.early ? null : easing.stays(slowBefore, measure.rate / tried.rate - 1, nowMs)
    if (stays === null) return
    if (!stays) return goBack(tried)
    before = null
    usual = measure
    growsNext = false
    rest(nowMs)
  }

  function goBack(tried: Before): void {
    wasVain = true
    usual = tried
    change(tried.limit, false)
  }

  function keep({ rate, early, wanted }: Measure, share: number, nowMs: number): void {
    const grew = before !== null && limit > before.limit
    before = null
    usual = { rate, early }
    wasVain = false
    restMs = shortRestMs
    nextFactor = grew && share >= plenty ? boldFactor : carefulFactor
    if (!grew || !grow(wanted)) rest(nowMs)
  }

  /** What was held against a rate of new connections, which run ahead, says nothing: the next step is held against this one. */
  function tryAgain(nowMs: number): void {
    restUntilMs = nowMs
    restMs = shortRestMs
    growsNext = true
  }

  function judge(tried: Before, measure: Measure, nowMs: number): void {
    const gain = measure.rate / tried.rate - 1
    const grew = limit > tried.limit
    const share = gain / (limit / tried.limit - 1)
    if (measure.early) {
      if (grew && share >= plenty) keep(measure, share, nowMs)
      return
    }
    // More streams that make answers slow must bring what they would on an idle line.
    const isSlow = grew && easing.slowNow(nowMs) !== null
    if (grew ? share >= (isSlow ? plenty : worthwhile) : gain >= -bearableLoss)
      return keep(measure, share, nowMs)
    nextFactor = carefulFactor
    growsNext = !grew
    rest(nowMs)
    if (grew && !isSlow && (tried.early || gain >= -bearableLoss)) {
      // No harm is done, so it goes back step by step: on the emulated line without loss, halving eight streams at once cost
      // half of the throughput for ten seconds, until those that were left had taken the line up again.
      before = null
      usual = measure
      if (tried.early) tryAgain(nowMs)
      return
    }
    goBack(tried)
  }

  /** Learns what is usual at this limit, and tries another one when it is time to, or when the line has changed. */
  function watch({ rate, early, wanted }: Measure, nowMs: number): void {
    if (early) return
    const shift = usual === null || usual.early ? 0 : rate / usual.rate - 1
    oddWindows = Math.abs(shift) > sharpChange ? oddWindows + 1 : 0
    if (oddWindows > 1) {
      oddWindows = 0
      restUntilMs = nowMs
      growsNext = shift > 0
      if (growsNext) nextFactor = boldFactor
      usual = null
    }
    usual = { rate: usual === null || usual.early ? rate : usual.rate * (1 + shift * learning), early }
    if (ease(nowMs) || nowMs < restUntilMs) return
    if (growsNext ? grow(wanted) || shrink() : shrink() || grow(wanted)) return
    rest(nowMs)
  }

  return {
    get limit() {
      return limit
    },
    see(seen) {
      seenAtMs = seen.nowMs
      const measure = windows.see(seen, limit)
      if (measure === null) return
      const { capBytesPerSecond: cap } = seen
      const isCapped = cap !== null && measure.rate * 1000 > cap * capReached
      // Neither says anything about the line, so a try that cannot be judged is taken back.
      if (!measure.busy || isCapped) return change(before?.limit ?? limit, false)
      if (before?.slowness) judgeEasing(before, before.slowness, measure, seen.nowMs)
      else if (before) judge(before, measure, seen.nowMs)
      else watch(measure, seen.nowMs)
    },
    troubled(nowMs) {
      if (nowMs - lastTroubleMs < oneTroubleMs) return
      lastTroubleMs = seenAtMs = nowMs
      usual = null
      nextFactor = carefulFactor
      growsNext = true
      rest(nowMs)
      change(Math.max(1, Math.floor(limit / 2)), false)
    },
    setMost(count) {
      most = count
      usual = null
      growsNext = true
      nextFactor = boldFactor
      restUntilMs = 0
      change(Math.min(limit, most), false)
    },
  }
}
