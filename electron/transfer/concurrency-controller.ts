import { createLatencyBackoff, type LatencyBackoff } from './latency-backoff.ts'
import {
  createThroughputWindows,
  type Measurement,
  type Sample,
  type ThroughputWindows,
} from './throughput-windows.ts'

/** Concurrency at the start, small because the connection is not measured yet. */
export const initialConcurrency = 4
/** The share of proportional growth that the throughput must reach for a higher concurrency to be kept. */
const minGrowthShare = 0.3
/**
 * From this share of proportional growth on, the connection is far from saturated and the concurrency
 * doubles.
 */
const largeGrowthShare = 0.6
const fastGrowthFactor = 2
const slowGrowthFactor = 1.25
/** A lower concurrency is kept if it loses no more than this share of the throughput. */
const tolerableLoss = 0.04
const shrinkFactor = 0.85
/** Pause between two trials, doubled after each trial that brings no gain. */
const minRestMs = 8_000
const maxRestMs = 32_000
/**
 * After a failed trial new connections get this many times as long to settle: on long round trips they need
 * it.
 */
const failedTrialRecovery = 2
/**
 * Two windows in a row that deviate by this share from the typical rate mean that the connection has changed.
 */
const significantChange = 0.3
/** Weight of a new measurement in the typical rate. */
const smoothing = 0.3
/** Failures within this time count as one congestion event. */
const congestionEventMs = 2_000
/** From this share of the user's bandwidth limit on, that limit determines the throughput. */
const limitReachedShare = 0.9

/** The state before a trial, which the trial is compared with. */
interface Baseline {
  readonly limit: number
  /** Bytes per millisecond. */
  readonly rate: number
  readonly isEarly: boolean
  /** The latency ratio that caused the trial; null for a trial of the throughput. */
  readonly slowdown: number | null
}

interface ConcurrencyOptions {
  readonly maximum: number
  /** Concurrency at the start, and the lowest that is tried without congestion. */
  readonly initial: number
  readonly nowMs: number
  /** Latency since a moment, relative to the usual latency (see latency-tracker.ts); null while unknown. */
  readonly latencyRatio?: (sinceMs: number) => number | null
}

/**
 * Decides how many PUTs may run at the same time, by trial. It starts with `initial`, doubles while the
 * throughput follows, takes smaller steps where it follows less, and reverts where it does not. Afterwards it
 * tries a little more and a little less in turn, at growing intervals. A clear result is used early; any
 * other is judged once new connections have settled. Nothing is measured while requests are missing, or while
 * the user's bandwidth limit determines the throughput.
 *
 * Rising latency makes it try a lower concurrency whatever the throughput is, since queued bytes only add
 * delay. The lower value is kept if latency drops for little throughput, or if nothing is lost; otherwise
 * other traffic causes the queue.
 *
 * Reads no clock and starts no timer.
 */
export class ConcurrencyController {
  readonly #initial: number
  readonly #backoff: LatencyBackoff
  readonly #windows: ThroughputWindows
  #maximum: number
  #limit: number
  #baseline: Baseline | null = null
  #restUntilMs = 0
  #restMs = minRestMs
  /** The typical rate at this limit, in bytes per millisecond; null while unknown. */
  #typical: { rate: number; isEarly: boolean } | null = null
  #deviatingWindows = 0
  #hasTrialFailed = false
  #triesGrowthNext = true
  #growthFactor = fastGrowthFactor
  #congestedAtMs = -Infinity
  #sampledAtMs: number

  constructor({ maximum, initial, nowMs, latencyRatio = () => null }: ConcurrencyOptions) {
    this.#maximum = maximum
    this.#initial = initial
    this.#limit = Math.min(initial, maximum)
    this.#backoff = createLatencyBackoff(latencyRatio, nowMs)
    this.#windows = createThroughputWindows(nowMs)
    this.#sampledAtMs = nowMs
  }

  get limit(): number {
    return this.#limit
  }

  record(sample: Sample): void {
    this.#sampledAtMs = sample.nowMs
    const measurement = this.#windows.record(sample, this.#limit)
    if (measurement === null) return
    const { limitBytesPerSecond } = sample
    const isLimited =
      limitBytesPerSecond !== null && measurement.rate * 1000 > limitBytesPerSecond * limitReachedShare
    // A trial under these conditions cannot be judged, so it is reverted.
    if (!measurement.wasBusy || isLimited) return this.#setLimit(this.#baseline?.limit ?? this.#limit)
    if (this.#baseline?.slowdown)
      this.#judgeBackoff(this.#baseline, this.#baseline.slowdown, measurement, sample.nowMs)
    else if (this.#baseline) this.#judgeTrial(this.#baseline, measurement, sample.nowMs)
    else this.#observe(measurement, sample.nowMs)
  }

  /** Halves the limit: storage or the network reported overload. */
  reportCongestion(nowMs: number): void {
    if (nowMs - this.#congestedAtMs < congestionEventMs) return
    this.#congestedAtMs = this.#sampledAtMs = nowMs
    this.#typical = null
    this.#growthFactor = slowGrowthFactor
    this.#triesGrowthNext = true
    this.#rest(nowMs)
    this.#setLimit(Math.max(1, Math.floor(this.#limit / 2)))
  }

  setMaximum(maximum: number): void {
    this.#maximum = maximum
    this.#typical = null
    this.#triesGrowthNext = true
    this.#growthFactor = fastGrowthFactor
    this.#restUntilMs = 0
    this.#setLimit(Math.min(this.#limit, maximum))
  }

  #setLimit(limit: number): void {
    this.#baseline = null
    this.#applyLimit(limit)
  }

  /**
   * Sets a limit that the next measurements are to confirm. `slowdown` is the latency ratio that caused it,
   * if any.
   */
  #startTrial(limit: number, slowdown: number | null = null): void {
    this.#baseline = this.#typical && { limit: this.#limit, ...this.#typical, slowdown }
    this.#applyLimit(limit)
  }

  #applyLimit(limit: number): void {
    this.#limit = limit
    this.#backoff.concurrencyChanged(this.#sampledAtMs)
    this.#windows.restart(this.#hasTrialFailed ? failedTrialRecovery : 1)
  }

  #rest(nowMs: number): void {
    this.#restUntilMs = nowMs + this.#restMs
    this.#restMs = Math.min(maxRestMs, this.#restMs * 2)
  }

  #tryGrowth(hadWaiting: boolean): boolean {
    const target = Math.max(this.#limit + 1, Math.floor(this.#limit * this.#growthFactor))
    const limit = Math.min(this.#maximum, target)
    if (!hadWaiting || limit <= this.#limit) return false
    this.#startTrial(limit)
    return true
  }

  #tryShrinking(): boolean {
    const target = Math.min(this.#limit - 1, Math.floor(this.#limit * shrinkFactor))
    const limit = Math.max(this.#initial, target)
    if (limit >= this.#limit) return false
    this.#startTrial(limit)
    return true
  }

  #tryBackoff(nowMs: number): boolean {
    const slowdown = this.#backoff.currentSlowdown(nowMs)
    const limit = this.#backoff.reduced(this.#limit)
    if (slowdown === null || limit >= this.#limit) return false
    this.#startTrial(limit, slowdown)
    return true
  }

  #judgeBackoff(baseline: Baseline, slowdown: number, measurement: Measurement, nowMs: number): void {
    if (measurement.isEarly) return
    const gain = measurement.rate / baseline.rate - 1
    const isKept = this.#backoff.shouldKeep(slowdown, gain, nowMs)
    if (isKept === null) return
    if (!isKept) return this.#revert(baseline)
    this.#baseline = null
    this.#typical = measurement
    this.#triesGrowthNext = false
    this.#rest(nowMs)
  }

  #judgeTrial(baseline: Baseline, measurement: Measurement, nowMs: number): void {
    const gain = measurement.rate / baseline.rate - 1
    const isGrowth = this.#limit > baseline.limit
    const share = gain / (this.#limit / baseline.limit - 1)
    if (measurement.isEarly) {
      if (isGrowth && share >= largeGrowthShare) this.#accept(measurement, share, nowMs)
      return
    }
    // Growth that raises latency must bring what it would bring on an idle connection.
    const raisesLatency = isGrowth && this.#backoff.currentSlowdown(nowMs) !== null
    const requiredShare = raisesLatency ? largeGrowthShare : minGrowthShare
    if (isGrowth ? share >= requiredShare : gain >= -tolerableLoss)
      return this.#accept(measurement, share, nowMs)
    this.#growthFactor = slowGrowthFactor
    this.#triesGrowthNext = !isGrowth
    this.#rest(nowMs)
    if (isGrowth && !raisesLatency && (baseline.isEarly || gain >= -tolerableLoss)) {
      // Nothing was lost, so the limit shrinks step by step: on the emulated connection without loss, halving
      // eight requests at once cost half of the throughput for ten seconds, until the remaining ones had
      // taken over the bandwidth.
      this.#baseline = null
      this.#typical = measurement
      if (baseline.isEarly) this.#retryGrowth(nowMs)
      return
    }
    this.#revert(baseline)
  }

  #accept({ rate, isEarly, hadWaiting }: Measurement, share: number, nowMs: number): void {
    const isGrowth = this.#baseline !== null && this.#limit > this.#baseline.limit
    this.#baseline = null
    this.#typical = { rate, isEarly }
    this.#hasTrialFailed = false
    this.#restMs = minRestMs
    this.#growthFactor = isGrowth && share >= largeGrowthShare ? fastGrowthFactor : slowGrowthFactor
    if (!isGrowth || !this.#tryGrowth(hadWaiting)) this.#rest(nowMs)
  }

  #revert(baseline: Baseline): void {
    this.#hasTrialFailed = true
    this.#typical = baseline
    this.#setLimit(baseline.limit)
  }

  /**
   * A comparison with the rate of new connections, which is too high, proves nothing: growth is tried again
   * at once.
   */
  #retryGrowth(nowMs: number): void {
    this.#restUntilMs = nowMs
    this.#restMs = minRestMs
    this.#triesGrowthNext = true
  }

  /** Updates the typical rate, and starts a trial when it is time to or when the connection has changed. */
  #observe({ rate, isEarly, hadWaiting }: Measurement, nowMs: number): void {
    if (isEarly) return
    const settled = this.#typical?.isEarly === false ? this.#typical : null
    const shift = settled ? rate / settled.rate - 1 : 0
    this.#deviatingWindows = Math.abs(shift) > significantChange ? this.#deviatingWindows + 1 : 0
    const hasChanged = this.#deviatingWindows > 1
    if (hasChanged) {
      this.#deviatingWindows = 0
      this.#restUntilMs = nowMs
      this.#triesGrowthNext = shift > 0
      if (shift > 0) this.#growthFactor = fastGrowthFactor
    }
    const typicalRate = settled && !hasChanged ? settled.rate * (1 + shift * smoothing) : rate
    this.#typical = { rate: typicalRate, isEarly }
    if (this.#tryBackoff(nowMs) || nowMs < this.#restUntilMs) return
    if (!this.#tryNext(hadWaiting)) this.#rest(nowMs)
  }

  #tryNext(hadWaiting: boolean): boolean {
    return this.#triesGrowthNext
      ? this.#tryGrowth(hadWaiting) || this.#tryShrinking()
      : this.#tryShrinking() || this.#tryGrowth(hadWaiting)
  }
}
