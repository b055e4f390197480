import { ConcurrencyController } from '../../../electron/transfer/concurrency/concurrency-controller.ts'
import { seededRandom } from '../../fixtures/seeded.ts'

const packetBytes = 1_448
const roundTripMs = 50
/** 1 Gbit/s, in bytes per round trip. */
const capacityBytes = 125_000 * roundTripMs
const lossOfPackets = 0.001
const partBytes = 64 * 1024 ** 2
/** Round trips without data at the start of a connection: the part's URL, the handshake and `Expect`. */
const roundTripsToBegin = 3
/** The initial window in packets (RFC 6928). */
const initialWindow = 10
/** The window after a loss, and the factor of its growth (RFC 9438, `beta` and `C`). */
const reduction = 0.7
const growth = 0.4
/** Packets per round trip at which CUBIC grows at least, as Reno would (RFC 9438, `alpha`). */
const renoGrowth = (3 * (1 - reduction)) / (1 + reduction)

interface Stream {
  /** Congestion window in packets. */
  window: number
  windowAtLoss: number
  sinceLossMs: number
  isInSlowStart: boolean
  roundTripsToWait: number
  sentBytes: number
}

/** Sends for a round trip; returns the bytes. */
function send(stream: Stream, share: number, random: () => number): number {
  if (stream.roundTripsToWait > 0) {
    stream.roundTripsToWait -= 1
    return 0
  }
  const packets = stream.window * share
  if (random() < 1 - (1 - lossOfPackets) ** packets) {
    stream.windowAtLoss = stream.window
    stream.window = Math.max(2, stream.window * reduction)
    stream.sinceLossMs = 0
    stream.isInSlowStart = false
  } else if (stream.isInSlowStart) {
    stream.window *= 2
  } else {
    stream.sinceLossMs += roundTripMs
    const untilBackMs = Math.cbrt((stream.windowAtLoss * (1 - reduction)) / growth) * 1_000
    const cubic = growth * ((stream.sinceLossMs - untilBackMs) / 1_000) ** 3 + stream.windowAtLoss
    const reno = stream.windowAtLoss * reduction + renoGrowth * (stream.sinceLossMs / roundTripMs)
    stream.window = Math.max(2, cubic, reno)
  }
  stream.sentBytes += packets * packetBytes
  return packets * packetBytes
}

/**
 * Simulates TCP connections with CUBIC at 1 Gbit/s, 50 ms and 0.1 % loss, one round trip at a time. 1, 4,
 * 16, 32 and 64 connections reach 9, 37, 152, 301 and 604 Mbit/s; measured were 12, 34, 154, 309 and 603.
 * @param fixed the number of connections; by default a controller decides it
 * @returns Mbit/s of each second
 */
export function simulateLossyConnection(
  seconds: number,
  seed: number,
  fixed: number | null = null,
): number[] {
  const random = seededRandom(seed)
  const controller = new ConcurrencyController({ maximum: 64, initial: 4, nowMs: 0 })
  let streams: Stream[] = []
  let nowMs = 0
  let sentBytes = 0
  const record = (inUse = streams.length) =>
    controller.record({
      nowMs,
      inUse,
      hasWaiting: true,
      sentBytes,
      limitBytesPerSecond: null,
      largestBytes: partBytes,
    })
  const limit = () => fixed ?? controller.limit

  function step(): void {
    nowMs += roundTripMs
    while (streams.length < limit())
      streams.push({
        window: initialWindow,
        windowAtLoss: 0,
        sinceLossMs: 0,
        isInSlowStart: true,
        roundTripsToWait: roundTripsToBegin,
        sentBytes: 0,
      })
    const wanted = streams.reduce((sum, { window }) => sum + window * packetBytes, 0)
    const share = Math.min(1, capacityBytes / wanted)
    for (const stream of streams) sentBytes += send(stream, share, random)
    // The next part uses the connection of the one before; surplus connections end with their part.
    for (const stream of streams.filter((one) => one.sentBytes >= partBytes)) {
      const others = streams.filter((one) => one !== stream)
      if (streams.length > limit()) streams = others
      Object.assign(stream, { sentBytes: 0, roundTripsToWait: roundTripsToBegin - 1 })
      // A sample between two parts has one PUT less.
      record(others.length)
    }
    record()
  }

  // As in the engine, before the first PUT.
  record()
  return Array.from({ length: seconds }, () => {
    const before = sentBytes
    for (let ms = 0; ms < 1_000; ms += roundTripMs) step()
    return ((sentBytes - before) * 8) / 1e6
  })
}
