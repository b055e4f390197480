/** What is seen of the streams at one moment. */
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

/** What a number of streams brought over a while. */
export interface Measure {
  /** Bytes a millisecond. */
  readonly rate: number
  /** The streams were all in use: else it says nothing about their number. */
  readonly busy: boolean
  /** More streams would have found work. */
  readonly wanted: boolean
  /** Taken while new connections still run ahead of what they keep. */
  readonly early: boolean
}

/**
 * A new connection fills its buffers first, and doubles its speed until the first packet is lost: on the emulated line of
 * 50 ms and 0.1 % loss it brings four times for two seconds what it brings in the end, and has calmed down after four.
 */
const earlyAfterMs = 1_000
const calmAfterMs = 4_000
/** Shorter ones differ by more from each other than a quarter more streams would change. */
const windowMs = 2_000
/** A window counts only if the streams were all in use for this share of it. */
const busyShare = 0.9
/** No byte for this long: the line is away or paused, and what was being measured says nothing. */
const silenceMs = 2_000

export interface ThroughputWindows {
  /** Answers a measure when one is complete: an early one after each `restart`, then calm ones without end. */
  see(seen: Seen, limit: number): Measure | null
  /** The number of streams changes: measures anew, and waits `patience` times as long for calm. */
  restart(recovery: number): void
}

/** Cuts what the streams bring into windows, in which their number was what it should be. */
export function createThroughputWindows(nowAtFirstMs: number): ThroughputWindows {
  let window: {
    readonly fromMs: number
    readonly fromBytes: number
    busyMs: number
    wantedMs: number
  } | null = null
  /** Since when there are as many streams as there should be; null while there are not. */
  let sinceMs: number | null = null
  let isEarly = true
  let recovery = 1
  let last = { nowMs: nowAtFirstMs, movedBytes: 0 }
  let movedAtMs = nowAtFirstMs

  function begin(): void {
    window = null
    sinceMs = null
    isEarly = true
  }

  function complete(seen: Seen): Measure | null {
    if (!window) return null
    const lengthMs = seen.nowMs - window.fromMs
    if (lengthMs < windowMs) return null
    const measure = {
      rate: (seen.movedBytes - window.fromBytes) / lengthMs,
      busy: window.busyMs >= lengthMs * busyShare,
      wanted: window.wantedMs > lengthMs / 2,
      early: isEarly,
    }
    window = null
    isEarly = false
    return measure
  }

  /** Streams beyond the limit are not cut, they end with their part: until then nothing is measured. */
  function open({ nowMs, movedBytes, inUse }: Seen, limit: number): void {
    if (inUse !== limit) return begin()
    sinceMs ??= nowMs
    const fromMs = sinceMs + (isEarly ? earlyAfterMs : calmAfterMs * recovery)
    if (nowMs >= fromMs) window = { fromMs: nowMs, fromBytes: movedBytes, busyMs: 0, wantedMs: 0 }
  }

  return {
    see(seen, limit) {
      const { nowMs, movedBytes } = seen
      if (movedBytes > last.movedBytes) {
        if (nowMs - movedAtMs > silenceMs) begin()
        movedAtMs = nowMs
      }
      if (window && seen.inUse >= limit) {
        window.busyMs += nowMs - last.nowMs
        if (seen.wanted) window.wantedMs += nowMs - last.nowMs
      }
      last = { nowMs, movedBytes }
      const measure = complete(seen)
      if (!window) open(seen, limit)
      return measure
    },
    restart(longer) {
      recovery = longer
      begin()
    },
  }
}
