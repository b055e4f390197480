import { ByteSamples } from '../../platform/byte-samples.ts'
import { settledAfterMs, type Sample } from './throughput-windows.ts'

/**
 * A PUT that is interrupted has to be sent again from its first byte. On a slow connection the PUTs that run
 * at the same time may therefore take no longer than this together, or there is only one of them.
 */
const maxStakeMs = 15_000
/** Up to this rate, in bytes per millisecond, a connection is slow: 20 MB/s. */
const slowRate = 20_000
/** What may be at stake before the rate is known. */
const assumedStakeBytes = 64_000_000
/** From this share of the user's bandwidth limit on, that limit determines the throughput. */
const limitReachedShare = 0.9
/** The rate is averaged over this time. */
const averageMs = 10_000
const minSpanMs = 500
/**
 * The operating system takes up to this much at once, before anything is sent. More than this in less than
 * `minSpanMs` already proves a fast connection.
 */
const sendBufferBytes = 8_000_000
const mergeMs = 250
/** Without a byte for this long, the last seconds are no measure of the PUTs. */
const gapMs = 2_000
/**
 * Without a byte for this long, the connection is lost or paused: its rate is kept until it is measured
 * again. On a slow one the operating system takes a block of 1 MiB in 10 s.
 */
const silenceMs = 12_000

/** Whether the user's limit, and not the connection, determines this rate in bytes per millisecond. */
export function reachesLimit(rate: number, limitBytesPerSecond: number | null): boolean {
  return limitBytesPerSecond !== null && rate * 1000 > limitBytesPerSecond * limitReachedShare
}

/** Measures the rate of all PUTs together, and how many of them may be at stake at this rate. */
export interface StakeLimit {
  record(sample: Sample): void
  /** Bytes per millisecond, or null while unknown. */
  rate(): number | null
  /** How many PUTs may run, from 1 on; Infinity on a fast connection. */
  count(sample: Sample): number
}

export function createStakeLimit(): StakeLimit {
  const window = new ByteSamples(averageMs, mergeMs)
  let grewAtMs = -Infinity
  /** The end of the last gap. */
  let resumedAtMs = -Infinity
  let knownRate: number | null = null
  /** Whether the first connections have settled; before, they are faster than later. */
  let hasSettled = false

  function rateOver(spanMs: number): number | null {
    const growth = window.last && window.growth(spanMs, window.last.atMs)
    if (!growth || growth.elapsedMs === 0) return null
    const { bytes, elapsedMs } = growth
    const isProof = elapsedMs >= minSpanMs || bytes > sendBufferBytes + slowRate * elapsedMs
    return isProof ? bytes / elapsedMs : null
  }

  return {
    record({ nowMs, sentBytes }) {
      const silentMs = nowMs - grewAtMs
      if (silentMs > silenceMs) window.clear()
      if (silentMs > gapMs) resumedAtMs = nowMs
      if (!window.last || sentBytes > window.last.bytes) grewAtMs = nowMs
      window.add({ atMs: nowMs, bytes: sentBytes })
      knownRate = rateOver(averageMs) ?? knownRate
      hasSettled ||= nowMs - resumedAtMs >= settledAfterMs
    },
    rate: () => knownRate,
    count({ largestBytes, limitBytesPerSecond }) {
      if (largestBytes === 0) return Infinity
      const limitRate = limitBytesPerSecond === null ? Infinity : limitBytesPerSecond / 1000
      const rate = Math.min(knownRate ?? Infinity, limitRate)
      const assumed = atLeastOne(assumedStakeBytes / largestBytes)
      if (rate === Infinity) return assumed
      if (rate > slowRate && !reachesLimit(rate, limitBytesPerSecond)) return Infinity
      const fitting = atLeastOne((rate * maxStakeMs) / largestBytes)
      return hasSettled ? fitting : Math.min(fitting, assumed)
    },
  }
}

const atLeastOne = (count: number) => Math.max(1, Math.floor(count))
