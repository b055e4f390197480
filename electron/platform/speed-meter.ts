import type { SpeedHistory } from '../contract/upload-details.ts'
import { ByteWindow } from './byte-window.ts'
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
  /** Seconds for `leftBytes` at that speed, or null without one. */
  secondsLeft(leftBytes: number, scale?: number): number | null
  history(): SpeedHistory
}

const nothing: SpeedHistory = { stepMs: 1_000, points: [] }

/** Measures a flow of bytes over moving windows and records its history. `now` is in ms. */
export function createSpeedMeter(now: () => number): SpeedMeter {
  const window = new ByteWindow(longWindowMs, mergeMs)
  let lastBytes: number | null = null
  let grownBytes = 0
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
      window.add({ atMs, bytes: grownBytes })
    },
    rest() {
      window.clear()
      lastBytes = null
      history?.rest()
    },
    bytesPerSecond(scale = 1) {
      const bytesPerSecond = calmRate()
      return bytesPerSecond !== null && hasStopped() ? 0 : bytesPerSecond && bytesPerSecond * scale
    },
    secondsLeft(leftBytes, scale = 1) {
      if (leftBytes <= 0) return 0
      const bytesPerSecond = (calmRate() ?? 0) * scale
      if (bytesPerSecond < 1 || hasStopped()) return null
      return Math.ceil(leftBytes / bytesPerSecond)
    },
    history: () => history?.view() ?? nothing,
  }
}

/** The share of these speeds together that the user's limit allows, both in bytes per second. */
export function speedScaleFor(bytesPerSecond: number, limitBytesPerSecond: number | null): number {
  return limitBytesPerSecond === null || bytesPerSecond <= limitBytesPerSecond
    ? 1
    : limitBytesPerSecond / bytesPerSecond
}
