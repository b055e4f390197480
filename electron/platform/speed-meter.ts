import type { SpeedHistory } from '../contract/upload-details.ts'
import { createSpeedHistory, type SpeedRecorder } from './speed-history.ts'

/**
 * Speed is the bytes of the last half minute over their time, so that a line that comes and goes makes neither it nor the
 * time left jump. Both are told by this one number: whoever divides what is left by the speed finds the time beside it.
 */
const calmWindowMs = 30_000
/** A line that has changed shows sooner: from the speed of the last ten seconds it never differs by more than this factor. */
const windowMs = 10_000
const apart = 1.25
/** Below this span of samples a number would jump about, so none is shown. */
const meaningfulMs = 1_500
/** Nothing for this long is a stop; on a line whose bytes come in larger gaps, twice the longest of them. */
const stoppedAfterMs = 6_000
/** Samples closer than this are one: many streams report many times a second. */
const grainMs = 200

export interface SpeedMeter {
  /** Tells how many bytes have moved by now. A fall is a part that has to go again: only growth counts. */
  sample(movedBytes: number): void
  /** Sending has ended or is interrupted: what is measured next begins anew. The history stays. */
  rest(): void
  /** Bytes a second, or null while it means nothing. */
  bytesPerSecond(): number | null
  /** Seconds until `leftBytes` have gone at that speed, or null while that can't be said. */
  secondsLeft(leftBytes: number): number | null
  history(): SpeedHistory
}

interface Sample {
  readonly atMs: number
  readonly grownBytes: number
}

const nothing: SpeedHistory = { stepMs: 1_000, points: [] }

/** Measures one flow of bytes by moving windows, and remembers it. `now` is in ms. */
export function createSpeedMeter(now: () => number): SpeedMeter {
  let samples: Sample[] = []
  let lastBytes: number | null = null
  let grownBytes = 0
  /** Made when first needed: most of ten thousand rows never send in this process. */
  let history: SpeedRecorder | null = null

  /** Bytes a second over the last `spanMs`, or null while it means nothing. */
  function rate(overMs: number): number | null {
    const nowMs = now()
    const last = samples.at(-1)
    // One sample older than the window stays, so that the window is covered whole.
    const first = samples.findLast(({ atMs }) => atMs <= nowMs - overMs) ?? samples[0]
    if (!first || !last) return null
    // Time that passed without a sample counts: a line that stands still slows down instead of keeping its number.
    const spanMs = nowMs - first.atMs
    if (spanMs < meaningfulMs) return null
    return ((last.grownBytes - first.grownBytes) / spanMs) * 1000
  }

  function calmRate(): number | null {
    const calm = rate(calmWindowMs)
    const late = rate(windowMs)
    if (calm === null || late === null) return null
    return Math.min(Math.max(calm, late / apart), late * apart)
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
      if (last && beforeLast && last.atMs - beforeLast.atMs < grainMs) samples.pop()
      samples.push({ atMs, grownBytes })
      const old = samples.findLastIndex((sample) => sample.atMs <= atMs - calmWindowMs)
      if (old > 0) samples.splice(0, old)
    },
    rest() {
      samples = []
      lastBytes = null
      history?.rest()
    },
    bytesPerSecond() {
      const bytesPerSecond = calmRate()
      return bytesPerSecond !== null && hasStopped() ? 0 : bytesPerSecond
    },
    secondsLeft(leftBytes) {
      if (leftBytes <= 0) return 0
      const bytesPerSecond = calmRate()
      if (bytesPerSecond === null || bytesPerSecond < 1 || hasStopped()) return null
      return Math.ceil(leftBytes / bytesPerSecond)
    },
    history: () => history?.view() ?? nothing,
  }
}
