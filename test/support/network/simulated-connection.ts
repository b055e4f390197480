import { createLatencyTracker } from '../../../electron/transfer/concurrency/latency-tracker.ts'
import { ConcurrencyController } from '../../../electron/transfer/concurrency/concurrency-controller.ts'
import { seededRandom } from '../../fixtures/seeded.ts'

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
  /** Size of a part instead of its duration; `run` then reports what is at stake. */
  readonly partBytes?: number
  readonly limitsStake?: boolean
  /** Delay until storage requests the next part's body, in ms, by requests and seconds. */
  readonly latencyMs?: (requests: number, seconds: number) => number
}

const stepMs = 100

interface Request {
  ageMs: number
  /** Sent of its current part. */
  sentBytes: number
}

/**
 * Runs a concurrency controller on a simulated connection with its own clock. As on the emulated connection
 * (test/bench/line), new requests initially send four times their final rate and settle within four seconds.
 */
export function simulateConnection(bandwidth: Bandwidth, conditions: Conditions = {}) {
  const { maximum = 64, noise = 0, work = Infinity, partSeconds = 5, partBytes } = conditions
  const latencyTracker = createLatencyTracker()
  const latencyRatio = latencyTracker.ratioSince
  const controller = new ConcurrencyController({
    maximum,
    initial: 4,
    nowMs: 0,
    latencyRatio,
    limitsStake: conditions.limitsStake ?? true,
  })
  const random = seededRandom(7)
  let limitBytesPerSecond = conditions.limitBytesPerSecond ?? null
  let nowMs = 0
  let sentBytes = 0
  let requests: Request[] = []
  let partsBegun = 0

  const recordLatency = (count: number) =>
    latencyTracker.record('storage', conditions.latencyMs?.(count, nowMs / 1000) ?? 50, nowMs)

  const record = () =>
    controller.record({
      nowMs,
      inUse: requests.length,
      hasWaiting: requests.length < work,
      sentBytes,
      limitBytesPerSecond,
      largestBytes: partBytes ?? 0,
    })

  /** New requests measure the latency before they add load; then each measures it again with every part. */
  function beginParts(wanted: number): void {
    const before = requests.length
    for (; requests.length < wanted; requests.push({ ageMs: 0, sentBytes: 0 })) recordLatency(before)
    partsBegun += before / ((partSeconds * 1000) / stepMs)
    for (; partsBegun >= 1; partsBegun -= 1) recordLatency(before)
  }

  /** Requests beyond the wanted number leave when their part has ended. */
  function leave(wanted: number): void {
    const surplus = requests.length - wanted
    if (surplus <= 0) return
    // Without a size, parts end at random; on average `partSeconds` apart.
    const ending = Math.max(1, Math.round((requests.length * stepMs) / (partSeconds * 1000)))
    if (partBytes === undefined) requests = requests.slice(Math.min(ending, surplus))
    else {
      const ended = requests.filter((request) => request.sentBytes >= partBytes).slice(0, surplus)
      requests = requests.filter((request) => !ended.includes(request))
    }
  }

  function send(): void {
    const weights = requests.map(({ ageMs }) => Math.max(1, 4 - (3 * ageMs) / 4_000))
    const effectiveRequests = weights.reduce((sum, weight) => sum + weight, 0)
    const wobble = 1 + (noise * (random() * 2 - 1)) / Math.sqrt(requests.length)
    const limit = (limitBytesPerSecond ?? Infinity) / 1000
    const bytes = Math.min(limit, bandwidth(effectiveRequests, nowMs / 1000) * wobble) * stepMs
    sentBytes += bytes
    requests.forEach((request, index) => {
      if (partBytes !== undefined && request.sentBytes >= partBytes) request.sentBytes = 0
      request.sentBytes += (bytes * (weights[index] ?? 0)) / effectiveRequests
    })
  }

  function step(): void {
    nowMs += stepMs
    for (const request of requests) request.ageMs += stepMs
    if (requests.length === 0) record()
    const wanted = Math.min(controller.limit, work)
    leave(wanted)
    beginParts(wanted)
    send()
    record()
  }

  return {
    controller,
    now: () => nowMs,
    /** Bytes of all parts that run, as if each was about to end. */
    bytesAtStake: () => requests.length * (partBytes ?? 0),
    setLimit: (bytesPerSecond: number | null) => void (limitBytesPerSecond = bytesPerSecond),
    /** Advances the time; returns the limit at the end of each second. */
    run(seconds: number, everySecond = () => {}): number[] {
      const limits: number[] = []
      for (let second = 0; second < seconds; second += 1) {
        for (let ms = 0; ms < 1_000; ms += stepMs) step()
        limits.push(controller.limit)
        everySecond()
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
