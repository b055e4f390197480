/** The state of all requests at one moment. */
export interface Sample {
  readonly nowMs: number
  /** PUTs that count against the limit. */
  readonly inUse: number
  /** Whether a file waits for a slot. */
  readonly hasWaiting: boolean
  /** Bytes that the operating system has taken for sending, in total. */
  readonly sentBytes: number
  /** The user's limit in bytes per second, or null. */
  readonly limitBytesPerSecond: number | null
  /** Size of the largest PUT that runs or waits; 0 without one. */
  readonly largestBytes: number
}

/** What a number of concurrent requests achieved over a while. */
export interface Measurement {
  /** Bytes per millisecond. */
  readonly rate: number
  /** Whether all slots were in use: otherwise the rate says nothing about their number. */
  readonly wasBusy: boolean
  /** Whether more slots would have been used. */
  readonly hadWaiting: boolean
  /** Whether new connections had not settled yet, so that the rate is too high. */
  readonly isEarly: boolean
}

/**
 * A new connection fills its buffers first, and doubles its speed until the first packet is lost: on the
 * emulated connection of 50 ms and 0.1 % loss it reaches four times its final speed for two seconds, and has
 * settled after four.
 */
const earlyAfterMs = 1_000
export const settledAfterMs = 4_000
/** Shorter windows vary by more than a quarter more requests would change. */
const windowMs = 2_000
/** A few requests would at least grow by half, so that shorter windows are enough for them. */
const fewRequests = 4
const fewWindowMs = 1_000
/** A window counts only if all slots were in use for this share of it. */
const busyShare = 0.9
/** Without a byte for this long, the connection is lost or paused and the measurement is discarded. */
export const silenceMs = 2_000

export interface ThroughputWindows {
  /** Returns a measurement when one is complete: an early one after each `restart`, then settled ones. */
  record(sample: Sample, limit: number): Measurement | null
  /** Starts over after a change of the limit; connections get `recovery` times as long to settle. */
  restart(recovery: number): void
}

/** Measures the throughput in windows during which as many requests ran as the limit allows. */
export function createThroughputWindows(startMs: number): ThroughputWindows {
  let window: {
    readonly fromMs: number
    readonly fromBytes: number
    busyMs: number
    waitingMs: number
  } | null = null
  /** Since when as many requests run as the limit allows; null while they do not. */
  let fullSinceMs: number | null = null
  let isEarly = true
  let recovery = 1
  let last = { nowMs: startMs, sentBytes: 0 }
  let sentAtMs = startMs

  function reset(): void {
    window = null
    fullSinceMs = null
    isEarly = true
  }

  function completeWindow(sample: Sample, limit: number): Measurement | null {
    if (!window) return null
    const lengthMs = sample.nowMs - window.fromMs
    if (lengthMs < (limit < fewRequests ? fewWindowMs : windowMs)) return null
    // A rate of 0 is no measure of the connection, and nothing can be compared with it.
    if (sample.sentBytes === window.fromBytes) {
      reset()
      return null
    }
    const measurement = {
      rate: (sample.sentBytes - window.fromBytes) / lengthMs,
      wasBusy: window.busyMs >= lengthMs * busyShare,
      hadWaiting: window.waitingMs > lengthMs / 2,
      isEarly,
    }
    window = null
    isEarly = false
    return measurement
  }

  /** Requests beyond a lowered limit run until their part ends: until then nothing is measured. */
  function openWindow({ nowMs, sentBytes, inUse }: Sample, limit: number): void {
    if (inUse !== limit) return reset()
    fullSinceMs ??= nowMs
    const fromMs = fullSinceMs + (isEarly ? earlyAfterMs : settledAfterMs * recovery)
    if (nowMs >= fromMs) window = { fromMs: nowMs, fromBytes: sentBytes, busyMs: 0, waitingMs: 0 }
  }

  return {
    record(sample, limit) {
      const { nowMs, sentBytes } = sample
      // Also without a new byte: after a sleep the window would show a rate that is far too low.
      if (nowMs - sentAtMs > silenceMs) reset()
      if (sentBytes > last.sentBytes) sentAtMs = nowMs
      if (window && sample.inUse >= limit) {
        window.busyMs += nowMs - last.nowMs
        if (sample.hasWaiting) window.waitingMs += nowMs - last.nowMs
      }
      last = { nowMs, sentBytes }
      const measurement = completeWindow(sample, limit)
      if (!window) openWindow(sample, limit)
      return measurement
    },
    restart(newRecovery) {
      recovery = newRecovery
      reset()
    },
  }
}
