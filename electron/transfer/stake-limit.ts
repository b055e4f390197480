import type { Sample } from './throughput-windows.ts'

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
/** A shorter average shows soon that fewer PUTs achieve less. */
const recentMs = 3_000
const minSpanMs = 500
/**
 * The operating system takes up to this much at once, before anything is sent. More than this in less than
 * `minSpanMs` already proves a fast connection.
 */
const sendBufferBytes = 8_000_000
const sampleEveryMs = 250
/** Without a byte for this long, the last seconds are no measure of the PUTs. */
const gapMs = 2_000
/**
 * Without a byte for this long, the connection is lost or paused: its rate is kept until it is measured again. On a
 * slow one the operating system takes a block of 1 MiB in 10 s.
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
  /** The rate of the last seconds, or null within the first seconds after a silence. */
  recentRate(): number | null
  /** How many PUTs may run, from 1 on; Infinity on a fast connection. */
  count(sample: Sample): number
}

type Point = Pick<Sample, 'nowMs' | 'sentBytes'>

export function createStakeLimit(): StakeLimit {
  let points: Point[] = []
  let grewAtMs = -Infinity
  /** The end of the last gap. */
  let resumedAtMs = -Infinity
  let knownRate: number | null = null

  function rateOver(spanMs: number): number | null {
    const last = points.at(-1)
    const first = last && (points.findLast(({ nowMs }) => nowMs <= last.nowMs - spanMs) ?? points[0])
    if (!last || !first || last.nowMs === first.nowMs) return null
    const elapsedMs = last.nowMs - first.nowMs
    const bytes = last.sentBytes - first.sentBytes
    const isProof = elapsedMs >= minSpanMs || bytes > sendBufferBytes + slowRate * elapsedMs
    return isProof ? bytes / elapsedMs : null
  }

  function add({ nowMs, sentBytes }: Sample): void {
    const [beforeLast, last] = points.slice(-2)
    // The newest point moves along until it is far enough from the one before it.
    if (beforeLast && last && last.nowMs - beforeLast.nowMs < sampleEveryMs) points.pop()
    points.push({ nowMs, sentBytes })
    const old = points.findLastIndex((point) => point.nowMs <= nowMs - averageMs)
    if (old > 0) points.splice(0, old)
  }

  return {
    record(sample) {
      const { nowMs, sentBytes } = sample
      const silentMs = nowMs - grewAtMs
      if (silentMs > silenceMs) points = []
      if (silentMs > gapMs) resumedAtMs = nowMs
      if (points.length === 0 || sentBytes > (points.at(-1)?.sentBytes ?? 0)) grewAtMs = nowMs
      add(sample)
      knownRate = rateOver(averageMs) ?? knownRate
    },
    rate: () => knownRate,
    recentRate: () => ((points.at(-1)?.nowMs ?? 0) - resumedAtMs >= recentMs ? rateOver(recentMs) : null),
    count({ largestBytes, limitBytesPerSecond }) {
      if (largestBytes === 0) return Infinity
      const limitRate = limitBytesPerSecond === null ? Infinity : limitBytesPerSecond / 1000
      const rate = Math.min(knownRate ?? Infinity, limitRate)
      if (rate === Infinity) return atLeastOne(assumedStakeBytes / largestBytes)
      if (rate > slowRate && !reachesLimit(rate, limitBytesPerSecond)) return Infinity
      return atLeastOne((rate * maxStakeMs) / largestBytes)
    },
  }
}

const atLeastOne = (count: number) => Math.max(1, Math.floor(count))
