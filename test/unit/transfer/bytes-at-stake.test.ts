import { expect, test } from 'vitest'
import { ConcurrencyController } from '../../../electron/transfer/concurrency/concurrency-controller.ts'
import { seededRandom } from '../../fixtures/seeded.ts'
import {
  simulateConnection,
  sharedBandwidth,
  type Bandwidth,
} from '../../support/network/simulated-connection.ts'
import { simulateLossyConnection } from '../../support/network/simulated-lossy-connection.ts'

type Connection = ReturnType<typeof simulateConnection>

const partBytes = 100_000_000
const last = (values: readonly number[]) => values.at(-1) ?? 0
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length

/** Runs for `seconds`; returns the bytes at stake at the end of each. */
function stakesOf(connection: Connection, seconds: number): number[] {
  const stakes: number[] = []
  connection.run(seconds, () => stakes.push(connection.bytesAtStake()))
  return stakes
}

/** Bytes per millisecond that one request of a clean connection can reach. */
const clean = (total: number) => sharedBandwidth(40_000, total)

test.each([1, 2, 5, 10])('sends one large part at a time under a limit of %i MB/s', (megabytes) => {
  const limitBytesPerSecond = megabytes * 1_000_000
  const connection = simulateConnection(clean(125_000), { partBytes, limitBytesPerSecond })
  expect(Math.max(...stakesOf(connection, 300))).toBe(partBytes)
})

test('puts more at stake only for a trial when the rate is below the limit for a moment', () => {
  const dips = (_: number, seconds: number) => (seconds % 60 < 10 ? 8_500 : 125_000)
  const connection = simulateConnection(dips, { partBytes, limitBytesPerSecond: 10_000_000 })
  const stakes = stakesOf(connection, 1_800)
  expect(Math.max(...stakes)).toBeLessThanOrEqual(2 * partBytes)
  expect(stakes.filter((bytes) => bytes > partBytes).length / stakes.length).toBeLessThan(0.1)
})

test('puts no more than 15 s at stake under a higher limit', () => {
  const connection = simulateConnection(clean(125_000), { partBytes, limitBytesPerSecond: 30_000_000 })
  connection.run(10)
  expect(Math.max(...stakesOf(connection, 300))).toBeLessThanOrEqual(15 * 30_000_000)
})

test('follows a limit that is set during the upload, once the running parts have ended', () => {
  const connection = simulateConnection(clean(125_000), { partBytes })
  expect(last(connection.run(30))).toBeGreaterThanOrEqual(4)
  connection.setLimit(10_000_000)
  connection.run(80)
  expect(Math.max(...stakesOf(connection, 300))).toBe(partBytes)
})

test('uses more requests again within 30 s of the limit being removed', () => {
  const connection = simulateConnection(clean(125_000), { partBytes, limitBytesPerSecond: 5_000_000 })
  connection.run(60)
  connection.setLimit(null)
  expect(last(connection.run(30))).toBeGreaterThanOrEqual(4)
})

test('uses as many requests under a limit as it takes to reach it', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity), {
    partBytes,
    noise: 0.2,
    limitBytesPerSecond: 10_000_000,
  })
  connection.run(120)
  const limits = connection.run(120)
  expect(Math.min(...limits)).toBeGreaterThanOrEqual(7)
  expect(Math.max(...limits)).toBeLessThanOrEqual(16)
})

test.each([1, 5, 10])('sends one large part at a time on a connection of %i MB/s', (megabytes) => {
  const connection = simulateConnection(clean(megabytes * 1_000), { partBytes })
  const stakes = stakesOf(connection, 3_600)
  expect(Math.max(...stakes)).toBeLessThanOrEqual(2 * partBytes)
  // A few trials show that a second part at the same time brings nothing.
  expect(stakes.filter((bytes) => bytes > partBytes).length / stakes.length).toBeLessThan(0.15)
})

/**
 * A connection of a computer that is short of processor time: for 1.5 s at a time it uses a random share of the
 * bandwidth, with any number of requests.
 */
function starved(total: number, seed: number): Bandwidth {
  const random = seededRandom(seed)
  const shares: number[] = []
  return (_, seconds) => {
    const index = Math.floor(seconds / 1.5)
    while (shares.length <= index) shares.push(0.1 + 0.9 * random())
    return total * (shares[index] ?? 0)
  }
}

test('puts little more at stake on a computer that is short of processor time', () => {
  const runs = Array.from({ length: 80 }, (_, index) => {
    const limitBytesPerSecond = index % 2 === 0 ? null : 10_000_000
    const connection = simulateConnection(starved(12_000, index >> 1), { partBytes, limitBytesPerSecond })
    const stakes = stakesOf(connection, 2_400)
    const later = stakes.slice(600)
    const share = later.filter((bytes) => bytes > partBytes).length / later.length
    return { parts: mean(stakes) / partBytes, isCalm: Math.max(...later) <= 2 * partBytes && share < 0.1 }
  })
  expect(Math.max(...runs.map(({ parts }) => parts))).toBeLessThan(4)
  expect(mean(runs.map(({ parts }) => parts))).toBeLessThan(1.3)
  // A trial may seem to succeed, in few runs.
  expect(runs.filter(({ isCalm }) => !isCalm).length).toBeLessThanOrEqual(runs.length / 20)
})

test('sends two parts at a time where both end within 15 s', () => {
  const connection = simulateConnection(clean(15_000), { partBytes })
  connection.run(60)
  expect(mean(stakesOf(connection, 300)) / partBytes).toBeCloseTo(2, 0)
})

test('starts with several small PUTs', () => {
  const connection = simulateConnection(clean(5_000), { partBytes: 5_000_000 })
  expect(connection.run(1)).toEqual([4])
})

test('uses several requests within two seconds of the start on a fast connection', () => {
  const connection = simulateConnection(clean(125_000), { partBytes })
  expect(connection.run(2)).toEqual([4, 4])
})

test.each([0.2, 0.4])('reaches the maximum within 30 s on a fast connection with packet loss', (noise) => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity), { partBytes: 67_000_000, noise })
  const limits = connection.run(30)
  expect(last(limits)).toBe(64)
  expect(limits).toEqual(limits.toSorted((a, b) => a - b))
  // As without a limit of the bytes at stake: the usual trials try fewer now and then.
  expect(mean(connection.run(300))).toBeGreaterThan(58)
})

/** When 90 % of what 64 connections reach was reached for three seconds; Infinity if never. */
function reachedAfter(rates: readonly number[], best: number): number {
  const index = rates.findIndex((_, at) => at >= 2 && mean(rates.slice(at - 2, at + 1)) >= 0.9 * best)
  return index < 0 ? Infinity : index + 1
}

test('fills a long connection with packet loss soon, in 9 of 10 runs within 30 s', () => {
  const best = mean(simulateLossyConnection(60, 1, 64).slice(20))
  const seconds = Array.from({ length: 60 }, (_, seed) =>
    reachedAfter(simulateLossyConnection(120, seed), best),
  )
  expect(seconds.filter((second) => second > 30).length).toBeLessThanOrEqual(6)
  expect(Math.max(...seconds)).toBeLessThanOrEqual(120)
})

test('fills a slow connection with packet loss, whatever that puts at stake', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, 12_500), { partBytes: 67_000_000, noise: 0.4 })
  connection.run(40)
  expect(mean(connection.run(300))).toBeGreaterThan(9)
})

test('sends one part at a time after a fast connection has become slow', () => {
  const connection = simulateConnection(
    (requests, seconds) => Math.min(40_000 * requests, seconds < 60 ? 125_000 : 5_000),
    { partBytes },
  )
  expect(last(connection.run(60))).toBeGreaterThanOrEqual(4)
  // The running parts end first.
  connection.run(250)
  const stakes = stakesOf(connection, 600)
  expect(stakes.filter((bytes) => bytes > partBytes).length / stakes.length).toBeLessThan(0.25)
})

test('keeps the requests of a slow connection with packet loss when its rate drops', () => {
  const connection = simulateConnection(
    (requests, seconds) => Math.min((seconds < 120 ? 1_200 : 600) * requests, 12_500),
    { partBytes: 20_000_000, noise: 0.2 },
  )
  connection.run(120)
  connection.run(60)
  expect(mean(connection.run(300))).toBeGreaterThan(12)
})

test('fills a slow connection whose rate varies because of packet loss', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, 12_500), { partBytes: 67_000_000, noise: 2 })
  connection.run(390)
  expect(mean(connection.run(600))).toBeGreaterThan(8)
})

/** One request reaches 10 MB/s in the first minute; then each reaches `perRequest` bytes per millisecond. */
const slower =
  (perRequest: number): Bandwidth =>
  (requests, seconds) =>
    seconds < 60 ? 10_000 : perRequest * requests

test('reaches a new limit although fewer requests were faster before', () => {
  const conditions = { partBytes: 20_000_000, limitBytesPerSecond: 12_000_000 }
  const connection = simulateConnection(slower(1_200), conditions)
  connection.run(60)
  connection.setLimit(9_000_000)
  expect(last(connection.run(60))).toBeGreaterThanOrEqual(8)
})

test('reaches a new maximum although fewer requests were faster before', () => {
  const connection = simulateConnection(slower(300), { partBytes: 5_000_000 })
  connection.run(60)
  connection.controller.setMaximum(32)
  expect(mean(connection.run(120).slice(60))).toBeGreaterThan(25)
})

test('limits the number of requests after a stall during which files were added', () => {
  const controller = new ConcurrencyController({ maximum: 64, initial: 4, nowMs: 0 })
  let nowMs = 0
  let sentBytes = 0
  const record = (afterMs: number, bytes: number) => {
    nowMs += afterMs
    sentBytes += bytes
    const sample = { nowMs, sentBytes, inUse: controller.limit, hasWaiting: true }
    controller.record({ ...sample, limitBytesPerSecond: null, largestBytes: partBytes })
  }
  for (let count = 0; count < 100; count += 1) record(100, 500_000)
  // Each added file takes a sample.
  for (let count = 0; count < 12; count += 1) record(1_000, 0)
  for (let count = 0; count < 600; count += 1) record(100, 500_000)
  expect(controller.limit).toBeGreaterThanOrEqual(1)
  expect(controller.limit).toBeLessThanOrEqual(2)
})
