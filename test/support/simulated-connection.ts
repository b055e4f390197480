import { createLatencyTracker } from '../../electron/transfer/latency-tracker.ts'
import { ConcurrencyController } from '../../electron/transfer/concurrency-controller.ts'
import { seededRandom } from '../fixtures/seeded.ts'

/** The throughput of `requests` parallel requests after `seconds`, in bytes per millisecond. */
export type Bandwidth = (requests: number, seconds: number) => number

interface Conditions {
  readonly maximum?: number
  /** Relative deviation of each request's bytes in a tenth of a second, as with packet loss. */
  readonly noise?: number
  /** Number of requests with data to send. */
  readonly work?: number
  readonly limitBytesPerSecond?: number | null
  /** Duration of a part: requests above a lowered limit run until their part ends. */
  readonly partSeconds?: number
  /** Delay until storage requests the next part's body, in ms, by requests and seconds. */
  readonly latencyMs?: (requests: number, seconds: number) => number
}

const stepMs = 100

/**
 * Runs a concurrency controller on a simulated connection with its own clock. As on the emulated connection
 * (test/bench/line), new requests initially send four times their final rate and settle within four seconds.
 */
export function simulateConnection(bandwidth: Bandwidth, conditions: Conditions = {}) {
  const { maximum = 64, noise = 0, work = Infinity, limitBytesPerSecond = null, partSeconds = 5 } = conditions
  const latencyTracker = createLatencyTracker()
  const latencyRatio = latencyTracker.ratioSince
  const controller = new ConcurrencyController({ maximum, initial: 4, nowMs: 0, latencyRatio })
  const random = seededRandom(7)
  let nowMs = 0
  let sentBytes = 0
  let agesMs: number[] = []
  let partsBegun = 0

  const recordLatency = (requests: number) =>
    latencyTracker.record('storage', conditions.latencyMs?.(requests, nowMs / 1000) ?? 50, nowMs)

  /** New requests measure the latency before they add load; then each measures it again with every part. */
  function beginParts(wanted: number): void {
    const before = agesMs.length
    for (; agesMs.length < wanted; agesMs.push(0)) recordLatency(before)
    partsBegun += before / ((partSeconds * 1000) / stepMs)
    for (; partsBegun >= 1; partsBegun -= 1) recordLatency(before)
  }

  function step(): void {
    nowMs += stepMs
    const wanted = Math.min(controller.limit, work)
    agesMs = agesMs.map((ageMs) => ageMs + stepMs)
    // In each step, requests whose part has ended may leave; on average `partSeconds` apart.
    const leaving = Math.max(1, Math.round((agesMs.length * stepMs) / (partSeconds * 1000)))
    if (agesMs.length > wanted) agesMs = agesMs.slice(Math.min(leaving, agesMs.length - wanted))
    beginParts(wanted)
    const effectiveRequests = agesMs.reduce((sum, ageMs) => sum + Math.max(1, 4 - (3 * ageMs) / 4_000), 0)
    const wobble = 1 + (noise * (random() * 2 - 1)) / Math.sqrt(agesMs.length)
    sentBytes += bandwidth(effectiveRequests, nowMs / 1000) * wobble * stepMs
    const { length: inUse } = agesMs
    controller.record({ nowMs, inUse, hasWaiting: inUse < work, sentBytes, limitBytesPerSecond })
  }

  return {
    controller,
    now: () => nowMs,
    /** Advances the time; returns the limit at the end of each second. */
    run(seconds: number): number[] {
      const limits: number[] = []
      for (let second = 0; second < seconds; second += 1) {
        for (let ms = 0; ms < 1_000; ms += stepMs) step()
        limits.push(controller.limit)
      }
      return limits
    },
  }
}

/** Each request sends at `perRequest` until the total reaches `total`, both in bytes per millisecond. */
export const sharedBandwidth =
  (perRequest: number, total: number): Bandwidth =>
  (requests) =>
    Math.min(total, perRequest * requests)
