import type { SpeedHistory } from '../contract/upload-details.ts'
import { ByteSamples } from './byte-samples.ts'
import { createSpeedHistory, type SpeedRecorder } from './speed-history.ts'

/** The speed is averaged over this time, so that short interruptions change neither it nor the time left. */
const longWindowMs = 30_000
/**
 * Real changes show sooner: the result differs from the average of this shorter time by at most this factor.
 */
const shortWindowMs = 10_000
const maxRatio = 1.25
/** With samples over less than this time the number would jump, so none is shown. */
const minSpanMs = 1_500
/**
 * A time left is shown once the speed of the latest samples is the shown speed, or has varied for so long that
 * it won't get steadier.
 */
const steadySpanMs = 3_000
const steadyAfterMs = 5_000
const unsteadyUntilMs = longWindowMs
/** No bytes for this long count as a stop; with larger gaps between bytes, twice the longest of them. */
const stoppedAfterMs = 6_000
const mergeMs = 200

export interface SpeedMeter {
  /** Bytes sent so far. A decrease is a part that is sent again: only growth counts. */
  sample(movedBytes: number): void
  /** Sending ended or was interrupted: the next measurement starts from zero. The history stays. */
  rest(): void
  /**
   * Bytes per second, or null without enough samples. `scale` is the share of the measured speed that the
   * user's limit still allows.
   */
  bytesPerSecond(scale?: number): number | null
  /** Seconds for `leftBytes` at that speed; null without one, and until the speed has been steady. */
  secondsLeft(leftBytes: number, scale?: number): number | null
  history(): SpeedHistory
}

const nothing: SpeedHistory = { stepMs: 1_000, points: [] }

/** Measures a flow of bytes over moving windows and records its history. `now` is a monotonic clock in ms. */
export function createSpeedMeter(now: () => number): SpeedMeter {
  const window = new ByteSamples(longWindowMs, mergeMs)
  let lastBytes: number | null = null
  let grownBytes = 0
  /** When the first bytes of this measurement were sent, or the last stop ended; null before that. */
  let sinceMs: number | null = null
  let isSteady = false
  /** Made when first needed: most of ten thousand rows never send in this process. */
  let history: SpeedRecorder | null = null

  /** Bytes a second over the last `spanMs`, or null without enough samples. */
  function rate(overMs: number): number | null {
    // Time without a sample counts, so that a stalled connection slows down instead of keeping its last
    // speed.
    const growth = window.growth(overMs, now())
    if (growth === null || growth.elapsedMs < minSpanMs) return null
    return (growth.bytes / growth.elapsedMs) * 1000
  }

  function calmRate(): number | null {
    const calm = rate(longWindowMs)
    const late = rate(shortWindowMs)
    if (calm === null || late === null) return null
    return Math.min(Math.max(calm, late / maxRatio), late * maxRatio)
  }

  function isSteadyNow(bytesPerSecond: number): boolean {
    const measuredMs = sinceMs === null ? 0 : now() - sinceMs
    const latest = rate(steadySpanMs) ?? 0
    const isShown = latest <= bytesPerSecond * maxRatio && latest * maxRatio >= bytesPerSecond
    return measuredMs >= unsteadyUntilMs || (measuredMs >= steadyAfterMs && isShown)
  }

  function hasStopped(): boolean {
    const { samples } = window
    let grewAtMs = now()
    let longestMs = 0
    samples.forEach(({ atMs, bytes }, index) => {
      if (bytes === samples[index - 1]?.bytes) return
      longestMs = Math.max(longestMs, atMs - grewAtMs)
      grewAtMs = atMs
    })
    return now() - grewAtMs > Math.max(stoppedAfterMs, 2 * longestMs)
  }

  return {
    sample(movedBytes) {
      const atMs = now()
      const growth = Math.max(0, movedBytes - (lastBytes ?? movedBytes))
      lastBytes = movedBytes
      grownBytes += growth
      history ??= createSpeedHistory(now)
      history.moved(growth)
      // The time before the first bytes is no part of the speed.
      if (sinceMs === null && growth === 0) window.clear()
      else sinceMs ??= atMs
      window.add({ atMs, bytes: grownBytes })
    },
    rest() {
      window.clear()
      lastBytes = null
      sinceMs = null
      isSteady = false
      history?.rest()
    },
    bytesPerSecond(scale = 1) {
      const bytesPerSecond = calmRate()
      return bytesPerSecond !== null && hasStopped() ? 0 : bytesPerSecond && bytesPerSecond * scale
    },
    secondsLeft(leftBytes, scale = 1) {
      if (leftBytes <= 0) return 0
      const bytesPerSecond = calmRate() ?? 0
      if (hasStopped()) {
        sinceMs = now()
        isSteady = false
      }
      isSteady ||= isSteadyNow(bytesPerSecond)
      return isSteady && bytesPerSecond * scale >= 1 ? Math.ceil(leftBytes / (bytesPerSecond * scale)) : null
    },
    history: () => history?.view() ?? nothing,
  }
}

/** The sum of the measured speeds; null if there is none. */
export function sumOfSpeeds(speeds: Iterable<number | null>): number | null {
  let sum: number | null = null
  for (const speed of speeds) if (speed !== null) sum = (sum ?? 0) + speed
  return sum
}

/** The share of these speeds together that the user's limit allows, both in bytes per second. */
export function speedScaleFor(bytesPerSecond: number, limitBytesPerSecond: number | null): number {
  return limitBytesPerSecond === null || bytesPerSecond <= limitBytesPerSecond
    ? 1
    : limitBytesPerSecond / bytesPerSecond
}
