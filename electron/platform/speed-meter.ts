import type { SpeedHistory } from '../contract/upload-details.ts'
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
/** Samples closer together than this are merged: parallel requests report many times a second. */
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

interface Sample {
  readonly atMs: number
  readonly grownBytes: number
}

const nothing: SpeedHistory = { stepMs: 1_000, points: [] }

/** Measures a flow of bytes over moving windows and records its history. `now` is in ms. */
export function createSpeedMeter(now: () => number): SpeedMeter {
  let samples: Sample[] = []
  let lastBytes: number | null = null
  let grownBytes = 0
  /** Made when first needed: most of ten thousand rows never send in this process. */
  let history: SpeedRecorder | null = null

  /** Bytes a second over the last `spanMs`, or null without enough samples. */
  function rate(overMs: number): number | null {
    const nowMs = now()
    const last = samples.at(-1)
    // One sample older than the window is kept, so that the whole window is covered.
    const first = samples.findLast(({ atMs }) => atMs <= nowMs - overMs) ?? samples[0]
    if (!first || !last) return null
    // Time without a sample counts, so that a stalled connection slows down instead of keeping its last
    // speed.
    const spanMs = nowMs - first.atMs
    if (spanMs < minSpanMs) return null
    return ((last.grownBytes - first.grownBytes) / spanMs) * 1000
  }

  function calmRate(): number | null {
    const calm = rate(longWindowMs)
    const late = rate(shortWindowMs)
    if (calm === null || late === null) return null
    return Math.min(Math.max(calm, late / maxRatio), late * maxRatio)
  }

  function hasStopped(): boolean {
    let grewAtMs = samples[0]?.atMs ?? now()
    let longestMs = 0
    samples.forEach(({ atMs, grownBytes: bytes }, index) => {
      if (bytes === samples[index - 1]?.grownBytes) return
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
      const [beforeLast, last] = samples.slice(-2)
      if (last && beforeLast && last.atMs - beforeLast.atMs < mergeMs) samples.pop()
      samples.push({ atMs, grownBytes })
      const old = samples.findLastIndex((sample) => sample.atMs <= atMs - longWindowMs)
      if (old > 0) samples.splice(0, old)
    },
    rest() {
      samples = []
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
