import { createLatencyBackoff, type LatencyBackoff } from './latency-backoff.ts'
import { createStakeLimit, reachesLimit, type StakeLimit } from './stake-limit.ts'
import { createTrialDrain } from './trial-drain.ts'
import { createReachedRates, type ReachedRate } from './reached-rates.ts'
import { createTrialRest } from './trial-rest.ts'
import {
  createThroughputWindows,
  type Measurement,
  type Sample,
  type ThroughputWindows,
} from './throughput-windows.ts'

/** Concurrency at the start of small PUTs; of large ones, one is sent until the connection is measured. */
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
/**
 * What puts more at stake must gain this many times as much as the rate varies with a fixed number of PUTs: on a
 * computer that is short of processor time, or beside other traffic, that is a lot.
 */
const provenFactor = 2.5
/** Failures within this time count as one congestion event. */
const congestionEventMs = 2_000
/** A concurrency that exceeds what may be at stake by less than this factor is left to the usual trials. */
const largeStakeFactor = 1.5
/** A loss of this share of the throughput ends a trial with fewer PUTs at stake before it has settled. */
const largeLoss = 0.25
/**
 * Pause after a trial that put more at stake for nothing, or less at too high a price; doubled each time, and
 * at least this many times as long as a part takes, since what a trial has started runs until its end.
 */
const minStakeRestMs = 60_000
const maxStakeRestMs = 960_000
const stakeRestParts = 10

/** The state before a trial, which the trial is compared with. */
interface Baseline {
  readonly limit: number
  /** Bytes per millisecond. */
  readonly rate: number
  readonly isEarly: boolean
  /** The latency ratio that caused the trial; null for a trial of the throughput. */
  readonly slowdown: number | null
  /** Whether the trial is to put fewer bytes at stake. */
  readonly isForStake: boolean
}

interface ConcurrencyOptions {
  readonly maximum: number
  /** Concurrency at the start, and the lowest that is tried without congestion. */
  readonly initial: number
  readonly nowMs: number
  /** Latency since a moment, relative to the usual latency (see latency-tracker.ts); null while unknown. */
  readonly latencyRatio?: (sinceMs: number) => number | null
  /** Whether fewer PUTs run on slow connections (see stake-limit.ts). */
  readonly limitsStake?: boolean
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
 * On a slow connection, and under the user's limit, no more PUTs run than may be at stake, unless a trial has
 * shown that more are needed to fill the connection. Such trials are rare, since each puts more at stake.
 *
 * Reads no clock and starts no timer.
 */
export class ConcurrencyController {
  readonly #initial: number
  readonly #backoff: LatencyBackoff
  readonly #windows: ThroughputWindows
  readonly #stake: StakeLimit | null
  /** How many PUTs may be at stake. */
  #stakeCount = Infinity
  /** The concurrency that was needed in a trial; 1 after the conditions have changed. */
  #needed = 1
  readonly #trialRest = createTrialRest(minRestMs, maxRestMs)
  /** Between trials that put more at stake, and between those that put less. */
  readonly #stakeGrowthRest = createTrialRest(minStakeRestMs, maxStakeRestMs)
  readonly #stakeShrinkRest = createTrialRest(minStakeRestMs, maxStakeRestMs)
  readonly #drain = createTrialDrain()
  /** How long the largest PUT would take alone. */
  #partMs = 0
  #userLimit: number | null = null
  #maximum: number
  #limit: number
  #baseline: Baseline | null = null
  /** The typical rate at this limit, in bytes per millisecond; null while unknown. */
  #typical: { rate: number; isEarly: boolean } | null = null
  #deviatingWindows = 0
  /** By which share windows at one concurrency deviate from the typical rate, on average. */
  #variation = 0
  readonly #reached = createReachedRates()
  #hasTrialFailed = false
  #triesGrowthNext = true
  #growthFactor = fastGrowthFactor
  #congestedAtMs = -Infinity
  #sampledAtMs: number

  constructor(options: ConcurrencyOptions) {
    const { maximum, initial, nowMs, latencyRatio = () => null, limitsStake = true } = options
    this.#maximum = maximum
    this.#initial = initial
    this.#stake = limitsStake ? createStakeLimit() : null
    this.#limit = Math.min(initial, maximum)
    this.#backoff = createLatencyBackoff(latencyRatio, nowMs)
    this.#windows = createThroughputWindows(nowMs)
    this.#sampledAtMs = nowMs
  }

  get limit(): number {
    return this.#limit
  }

  /** The lowest concurrency that is tried without congestion. */
  get #minimum(): number {
    return Math.min(this.#initial, this.#stakeCount)
  }

  record(sample: Sample): void {
    this.#sampledAtMs = sample.nowMs
    if (sample.limitBytesPerSecond !== this.#userLimit) this.#followUserLimit(sample.limitBytesPerSecond)
    if (this.#stake) this.#followStake(this.#stake, sample)
    this.#reconsider(sample)
    const measurement = this.#windows.record(sample, this.#limit)
    if (measurement === null) return
    if (measurement.wasBusy && !measurement.isEarly)
      this.#reached.add({ atMs: sample.nowMs, limit: this.#limit, rate: measurement.rate })
    // A trial under these conditions cannot be judged, so it is reverted.
    if (!measurement.wasBusy) return this.#setLimit(this.#baseline?.limit ?? this.#limit)
    if (reachesLimit(measurement.rate, sample.limitBytesPerSecond))
      return this.#keepAtUserLimit(measurement, sample.nowMs)
    if (this.#baseline?.slowdown)
      this.#judgeBackoff(this.#baseline, this.#baseline.slowdown, measurement, sample.nowMs)
    else if (this.#baseline) this.#judgeTrial(this.#baseline, measurement, sample.nowMs)
    else this.#observe(measurement, sample.nowMs)
  }

  /** Halves the limit: storage or the network reported overload. */
  reportCongestion(nowMs: number): void {
    if (nowMs - this.#congestedAtMs < congestionEventMs) return
    this.#congestedAtMs = this.#sampledAtMs = nowMs
    this.#drain.clear()
    this.#typical = null
    this.#growthFactor = slowGrowthFactor
    this.#triesGrowthNext = true
    this.#trialRest.begin(nowMs)
    this.#setLimit(Math.max(1, Math.floor(this.#limit / 2)))
  }

  setMaximum(maximum: number): void {
    if (maximum === this.#maximum) return
    this.#maximum = maximum
    this.#forgetRates()
    this.#triesGrowthNext = true
    this.#growthFactor = fastGrowthFactor
    this.#trialRest.end()
    this.#setLimit(Math.min(this.#limit, maximum))
  }

  /** What was measured with another limit says nothing about this one. */
  #followUserLimit(limitBytesPerSecond: number | null): void {
    this.#userLimit = limitBytesPerSecond
    this.#forgetRates()
    this.#needed = 1
    this.#trialRest.end()
    this.#stakeGrowthRest.reset()
    this.#stakeShrinkRest.reset()
    this.#triesGrowthNext = true
    this.#setLimit(this.#limit)
  }

  #forgetRates(): void {
    this.#typical = null
    this.#variation = 0
    this.#reached.clear()
    this.#drain.clear()
  }

  /** The user's limit is reached: a higher concurrency may have been needed for that, a lower one is enough. */
  #keepAtUserLimit({ rate, isEarly }: Measurement, nowMs: number): void {
    const baseline = this.#baseline
    if (baseline && !baseline.isEarly && this.#limit > Math.max(baseline.limit, this.#stakeCount)) {
      const best = this.#reached.best(baseline.limit, nowMs)
      if (this.#shareOfGrowth(rate, baseline) < minGrowthShare || !this.#isProven(rate, best))
        return this.#rejectStakeTrial(baseline, nowMs)
    }
    if (baseline) this.#noteNeeded(baseline)
    this.#typical = { rate, isEarly }
    this.#setLimit(this.#limit)
  }

  /**
   * Whether growth that puts more at stake is no coincidence: it has gained more than the rate varies, and also
   * over the best rate that fewer PUTs have reached lately.
   */
  #isProven(rate: number, best: ReachedRate | null): boolean {
    if (this.#limit <= this.#stakeCount || best === null) return true
    const gain = rate / best.rate - 1
    return this.#shareOfGrowth(rate, best) >= minGrowthShare && gain >= provenFactor * this.#variation
  }

  /** The gain over a rate of fewer PUTs, relative to proportional growth. */
  #shareOfGrowth(rate: number, fewer: { readonly limit: number; readonly rate: number }): number {
    return (rate / fewer.rate - 1) / (this.#limit / fewer.limit - 1)
  }

  /** The loss up to which fewer PUTs at stake are kept. */
  #tolerableLoss(loss: number): number {
    return this.#limit < this.#stakeCount ? loss : Math.max(loss, provenFactor * this.#variation)
  }

  /** Remembers what an accepted trial has shown. */
  #noteNeeded(baseline: Baseline): void {
    this.#needed = this.#limit > baseline.limit ? this.#limit : Math.min(this.#needed, this.#limit)
  }

  /** Raises the concurrency as more PUTs fit, and tries a lower one while too many bytes are at stake. */
  #followStake(stake: StakeLimit, sample: Sample): void {
    stake.record(sample)
    const before = this.#minimum
    this.#stakeCount = stake.count(sample)
    this.#partMs = sample.largestBytes / (stake.rate() || Infinity)
    if (this.#minimum > before && this.#limit < this.#minimum)
      this.#setLimit(Math.min(this.#maximum, this.#minimum))
    const target = Math.max(this.#stakeCount, this.#needed)
    const isTooMuch = this.#limit >= target * largeStakeFactor
    if (this.#baseline !== null || !isTooMuch || !this.#stakeShrinkRest.isOver(sample.nowMs)) return
    const rate = Math.min(stake.rate() ?? 0, (sample.limitBytesPerSecond ?? Infinity) / 1000)
    const settled = this.#typical !== null && rate > 0
    const baseline = { limit: this.#limit, rate, isEarly: false, slowdown: null, isForStake: true }
    this.#setLimit(target)
    if (settled) this.#baseline = baseline
  }

  #rejectStakeTrial(baseline: Baseline, nowMs: number): void {
    const rest = baseline.isForStake ? this.#stakeShrinkRest : this.#stakeGrowthRest
    rest.begin(nowMs, stakeRestParts * this.#partMs)
    if (!baseline.isForStake) this.#drain.begin(baseline.limit, this.#limit)
    else {
      // Fewer would not fill the connection, so more may be needed.
      this.#needed = baseline.limit
      this.#stakeGrowthRest.reset()
    }
    this.#revert(baseline)
  }

  /** Tries growth again if the PUTs of a rejected trial have achieved more until their end. */
  #reconsider(sample: Sample): void {
    const drained = this.#drain.record(sample)
    if (drained === null) return
    const { fewer, more } = drained
    const gain = more.rate / fewer.rate - 1
    const share = gain / (more.count / fewer.count - 1)
    const wasNeeded = share >= minGrowthShare && gain >= provenFactor * this.#variation
    if (!wasNeeded) return
    this.#stakeGrowthRest.reset()
    this.#growthFactor = fastGrowthFactor
    this.#retryGrowth()
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
    this.#baseline = this.#typical && {
      limit: this.#limit,
      ...this.#typical,
      slowdown,
      isForStake: false,
    }
    this.#applyLimit(limit)
  }

  #applyLimit(limit: number): void {
    this.#limit = limit
    this.#backoff.concurrencyChanged(this.#sampledAtMs)
    this.#windows.restart(this.#hasTrialFailed ? failedTrialRecovery : 1)
  }

  #tryGrowth(hadWaiting: boolean): boolean {
    const target = this.#growthTarget()
    const mayExceedStake = this.#stakeGrowthRest.isOver(this.#sampledAtMs)
    const limit = Math.min(this.#maximum, target, mayExceedStake ? Infinity : this.#stakeCount)
    if (!hadWaiting || limit <= this.#limit) return false
    // A moment below the user's limit does not mean that more PUTs are needed to reach it.
    const reachesUserLimit = reachesLimit(this.#stake?.rate() ?? 0, this.#userLimit)
    if (limit > this.#stakeCount && reachesUserLimit) return false
    this.#startTrial(limit)
    return true
  }

  /** More at stake must be able to prove its gain: half of proportional growth is enough. */
  #growthTarget(): number {
    const grown = (factor: number) => Math.max(this.#limit + 1, Math.floor(this.#limit * factor))
    const target = grown(this.#growthFactor)
    if (target <= this.#stakeCount) return target
    const provable = Math.ceil(this.#limit * (1 + 2 * provenFactor * this.#variation))
    return Math.max(target, Math.min(grown(fastGrowthFactor), provable))
  }

  #tryShrinking(): boolean {
    const target = Math.min(this.#limit - 1, Math.floor(this.#limit * shrinkFactor))
    const limit = Math.max(this.#minimum, target)
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
    this.#trialRest.begin(nowMs)
  }

  /** Only a clear result is used before new connections have settled. */
  #judgeEarly(baseline: Baseline, measurement: Measurement, nowMs: number): void {
    const isGrowth = this.#limit > baseline.limit
    const share = this.#shareOfGrowth(measurement.rate, baseline)
    const best = this.#reached.best(baseline.limit, nowMs)
    const loss = 1 - measurement.rate / baseline.rate
    if (isGrowth && share >= largeGrowthShare && this.#isProven(measurement.rate, best))
      this.#accept(measurement, share, nowMs)
    else if (baseline.isForStake && loss > this.#tolerableLoss(largeLoss))
      this.#rejectStakeTrial(baseline, nowMs)
  }

  #judgeTrial(baseline: Baseline, measurement: Measurement, nowMs: number): void {
    if (measurement.isEarly) return this.#judgeEarly(baseline, measurement, nowMs)
    const gain = measurement.rate / baseline.rate - 1
    const isGrowth = this.#limit > baseline.limit
    const best = this.#reached.best(baseline.limit, nowMs)
    // Growth that raises latency must bring what it would bring on an idle connection.
    const raisesLatency = isGrowth && this.#backoff.currentSlowdown(nowMs) !== null
    // New connections are too fast for a comparison with settled ones.
    const compared = isGrowth && baseline.isEarly && best !== null ? best : baseline
    // Two steps of which only the first brought something would reach a third.
    const hasTwoSteps = compared.limit < baseline.limit
    const requiredShare = raisesLatency || hasTwoSteps ? largeGrowthShare : minGrowthShare
    const settledShare = this.#shareOfGrowth(measurement.rate, compared)
    const isGood = isGrowth
      ? settledShare >= requiredShare && this.#isProven(measurement.rate, best)
      : gain >= -this.#tolerableLoss(tolerableLoss)
    if (isGood) return this.#accept(measurement, settledShare, nowMs)
    this.#triesGrowthNext = !isGrowth
    if (isGrowth) this.#rejectGrowth(baseline, measurement, { gain, raisesLatency, nowMs })
    else this.#rejectShrinking(baseline, nowMs)
  }

  #rejectShrinking(baseline: Baseline, nowMs: number): void {
    this.#growthFactor = slowGrowthFactor
    this.#trialRest.begin(nowMs)
    if (baseline.isForStake) this.#rejectStakeTrial(baseline, nowMs)
    else this.#revert(baseline)
  }

  #rejectGrowth(
    baseline: Baseline,
    measurement: Measurement,
    { gain, raisesLatency, nowMs }: { gain: number; raisesLatency: boolean; nowMs: number },
  ): void {
    this.#growthFactor = slowGrowthFactor
    this.#trialRest.begin(nowMs)
    if (this.#limit > this.#stakeCount && !baseline.isEarly) return this.#rejectStakeTrial(baseline, nowMs)
    if (raisesLatency || (!baseline.isEarly && gain < -tolerableLoss)) return this.#revert(baseline)
    // Nothing was lost, so the limit shrinks step by step: on the emulated connection without loss, halving
    // eight requests at once cost half of the throughput for ten seconds, until the remaining ones had taken
    // over the bandwidth.
    this.#baseline = null
    this.#typical = measurement
    if (!baseline.isEarly) return
    this.#retryGrowth()
    this.#needed = this.#limit
  }

  #accept({ rate, isEarly, hadWaiting }: Measurement, share: number, nowMs: number): void {
    const isGrowth = this.#baseline !== null && this.#limit > this.#baseline.limit
    if (this.#baseline) this.#noteNeeded(this.#baseline)
    if (isGrowth) {
      this.#stakeGrowthRest.reset()
      this.#drain.clear()
    }
    this.#baseline = null
    this.#typical = { rate, isEarly }
    this.#hasTrialFailed = false
    this.#trialRest.reset()
    const growsFast = isGrowth && share >= largeGrowthShare
    this.#growthFactor = growsFast ? fastGrowthFactor : slowGrowthFactor
    if (!isGrowth || !this.#tryGrowth(hadWaiting)) this.#trialRest.begin(nowMs)
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
  #retryGrowth(): void {
    this.#trialRest.reset()
    this.#triesGrowthNext = true
  }

  /** Updates the typical rate, and starts a trial when it is time to or when the connection has changed. */
  #observe({ rate, isEarly, hadWaiting }: Measurement, nowMs: number): void {
    if (isEarly) return
    const settled = this.#typical?.isEarly === false ? this.#typical : null
    const shift = settled ? rate / settled.rate - 1 : 0
    if (settled) this.#variation += (Math.min(1, Math.abs(shift)) - this.#variation) * smoothing
    this.#deviatingWindows = Math.abs(shift) > significantChange ? this.#deviatingWindows + 1 : 0
    const hasChanged = this.#deviatingWindows > 1
    if (hasChanged) {
      this.#deviatingWindows = 0
      this.#trialRest.end()
      this.#triesGrowthNext = shift > 0
      if (shift < 0) this.#needed = 1
      if (shift > 0) this.#growthFactor = fastGrowthFactor
    }
    const typicalRate = settled && !hasChanged ? settled.rate * (1 + shift * smoothing) : rate
    this.#typical = { rate: typicalRate, isEarly }
    if (this.#tryBackoff(nowMs) || !this.#trialRest.isOver(nowMs)) return
    if (!this.#tryNext(hadWaiting)) this.#trialRest.begin(nowMs)
  }

  #tryNext(hadWaiting: boolean): boolean {
    return this.#triesGrowthNext
      ? this.#tryGrowth(hadWaiting) || this.#tryShrinking()
      : this.#tryShrinking() || this.#tryGrowth(hadWaiting)
  }
}
