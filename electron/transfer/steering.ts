/** What was seen of the streams since the last call. */
export interface Seen {
  readonly nowMs: number
  readonly inUse: number
  /** Somebody waits for a stream. */
  readonly wanted: boolean
  /** Bytes the operating system has taken for sending, ever. */
  readonly movedBytes: number
  /** A limit of our own on the bytes of a second, or null. */
  readonly capBytesPerSecond: number | null
}

/** Decides how many streams may run at the same time. Reads no clock and starts no timer. */
export interface Steering {
  readonly limit: number
  see(seen: Seen): void
  /** The line or storage asked for less. */
  troubled(nowMs: number): void
  setMost(most: number): void
}

/** Start small; the line says whether more pays. */
export const firstLimit = 4
/** New streams first fill their socket buffers and find their speed: that time is not measured. */
const settleMs = 1_500
const windowMs = 1_500
/** A line without loss needs longer to show what one more stream brings: each vain try waits so much longer, thrice at most. */
const longestPatience = 3
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
/** A rate that differs this much from what is usual says that the line has changed. */
const sharpChange = 0.3
/** A window counts only if the streams were all in use for this share of it. */
const busyShare = 0.9
/** No byte for this long: the line is away or paused, and what was being measured says nothing. */
const silenceMs = 2_000
/** Streams that fail together are one trouble. */
const oneTroubleMs = 2_000

interface Trial {
  readonly limitBefore: number
  /** Bytes a millisecond. */
  readonly rateBefore: number
}

interface Window {
  readonly fromMs: number
  readonly fromBytes: number
  busyMs: number
  wantedMs: number
}

/**
 * Tries counts and keeps what pays. It begins with `firstLimit`, doubles while the throughput follows, takes finer steps
 * where it follows less, goes back where it does not, and from then on tries a little more and a little less in turn, ever
 * more rarely. Rates are compared over whole windows, since on a lossy line a single moment says nothing. Nothing is
 * concluded while the streams are not all in use, or while our own bandwidth limit is what holds them back.
 */
export function createSteering(mostAtFirst: number, nowAtFirstMs: number): Steering {
  let most = mostAtFirst
  let limit = Math.min(firstLimit, most)
  let trial: Trial | null = null
  let window: Window | null = null
  /** Windows begin no sooner; 0 while it is not known when the streams will be what they should be. */
  let settledAtMs = 0
  let restUntilMs = 0
  let restMs = shortRestMs
  /** What is usual at this limit, in bytes a millisecond; 0 while unknown. */
  let usualRate = 0
  let oddWindows = 0
  let vainTries = 0
  let upNext = true
  let nextFactor = boldFactor
  let lastTroubleMs = -Infinity
  let seenAtMs = nowAtFirstMs
  let seenBytes = 0
  let movedAtMs = nowAtFirstMs

  function settle(): void {
    window = null
    settledAtMs = 0
  }

  /** Gives up what is being tried, since it cannot be judged. */
  function abandon(): void {
    if (trial) limit = trial.limitBefore
    trial = null
    settle()
  }

  function attempt(to: number): void {
    trial = { limitBefore: limit, rateBefore: usualRate }
    limit = to
    settle()
  }

  function rest(nowMs: number): void {
    restUntilMs = nowMs + restMs
    restMs = Math.min(longRestMs, restMs * 2)
    settle()
  }

  function grow(wanted: boolean): boolean {
    const to = Math.min(most, Math.max(limit + 1, Math.floor(limit * nextFactor)))
    if (!wanted || to <= limit) return false
    attempt(to)
    return true
  }

  function shrink(): boolean {
    const to = Math.max(firstLimit, Math.min(limit - 1, Math.floor(limit * shrinkFactor)))
    if (to >= limit) return false
    attempt(to)
    return true
  }

  /** `rate` was measured with all streams in use; `wanted`: more would have found work. */
  function judge(tried: Trial, rate: number, wanted: boolean, nowMs: number): void {
    trial = null
    const gain = rate / tried.rateBefore - 1
    const grew = limit > tried.limitBefore
    const share = gain / (limit / tried.limitBefore - 1)
    if (grew ? share >= worthwhile : gain >= -bearableLoss) {
      usualRate = rate
      vainTries = 0
      restMs = shortRestMs
      nextFactor = grew && share >= plenty ? boldFactor : carefulFactor
      if (!grew || !grow(wanted)) rest(nowMs)
      return
    }
    limit = tried.limitBefore
    nextFactor = carefulFactor
    vainTries += 1
    upNext = !grew
    rest(nowMs)
  }

  /** Learns what is usual at this limit, and tries another one when it is time to, or when the line has changed. */
  function watch(rate: number, wanted: boolean, nowMs: number): void {
    const change = usualRate === 0 ? 0 : rate / usualRate - 1
    oddWindows = Math.abs(change) > sharpChange ? oddWindows + 1 : 0
    if (oddWindows > 1) {
      usualRate = rate
      oddWindows = 0
      restUntilMs = nowMs
      upNext = change > 0
      if (upNext) nextFactor = boldFactor
    } else usualRate = usualRate === 0 ? rate : usualRate + change * usualRate * 0.3
    if (nowMs < restUntilMs) return
    if (upNext ? grow(wanted) || shrink() : shrink() || grow(wanted)) return
    rest(nowMs)
  }

  function conclude(done: Window, seen: Seen): void {
    const lengthMs = seen.nowMs - done.fromMs
    window = null
    if (done.busyMs < lengthMs * busyShare) return abandon()
    const rate = (seen.movedBytes - done.fromBytes) / lengthMs
    const { capBytesPerSecond } = seen
    // Our own limit is reached: neither more nor fewer streams would show.
    if (capBytesPerSecond !== null && rate * 1000 > capBytesPerSecond * 0.9) return abandon()
    const wanted = done.wantedMs > lengthMs / 2
    if (trial) judge(trial, rate, wanted, seen.nowMs)
    else watch(rate, wanted, seen.nowMs)
  }

  function see(seen: Seen): void {
    const { nowMs, inUse, wanted } = seen
    const passedMs = nowMs - seenAtMs
    if (seen.movedBytes > seenBytes) {
      if (nowMs - movedAtMs > silenceMs) settle()
      movedAtMs = nowMs
    }
    if (window && inUse >= limit) {
      window.busyMs += passedMs
      if (wanted) window.wantedMs += passedMs
    }
    seenAtMs = nowMs
    seenBytes = seen.movedBytes
    if (window) {
      if (nowMs - window.fromMs >= windowMs) conclude(window, seen)
      return
    }
    // Streams beyond the limit are not cut: they end with their part.
    if (inUse !== limit) settledAtMs = 0
    else if (settledAtMs === 0) settledAtMs = nowMs + settleMs * Math.min(longestPatience, 1 + vainTries)
    else if (nowMs >= settledAtMs)
      window = { fromMs: nowMs, fromBytes: seen.movedBytes, busyMs: 0, wantedMs: 0 }
  }

  return {
    get limit() {
      return limit
    },
    see,
    troubled(nowMs) {
      if (nowMs - lastTroubleMs < oneTroubleMs) return
      lastTroubleMs = nowMs
      limit = Math.max(1, Math.floor(limit / 2))
      trial = null
      usualRate = 0
      nextFactor = carefulFactor
      upNext = true
      rest(nowMs)
    },
    setMost(count) {
      most = count
      if (limit > most) limit = most
      trial = null
      usualRate = 0
      upNext = true
      nextFactor = boldFactor
      restUntilMs = 0
      settle()
    },
  }
}
