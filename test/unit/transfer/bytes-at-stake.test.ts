import { expect, test } from 'vitest'
import { ConcurrencyController } from '../../../electron/transfer/concurrency/concurrency-controller.ts'
import { simulateConnection, sharedBandwidth } from '../../support/network/simulated-connection.ts'

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

test('follows a limit that is set during the upload, once the running parts have ended', () => {
  const connection = simulateConnection(clean(125_000), { partBytes })
  expect(last(connection.run(30))).toBeGreaterThanOrEqual(4)
  connection.setLimit(10_000_000)
  connection.run(80)
  expect(Math.max(...stakesOf(connection, 300))).toBe(partBytes)
})

test.each([1, 5, 10])('sends one large part at a time on a connection of %i MB/s', (megabytes) => {
  const connection = simulateConnection(clean(megabytes * 1_000), { partBytes })
  const stakes = stakesOf(connection, 3_600)
  expect(Math.max(...stakes)).toBeLessThanOrEqual(2 * partBytes)
  // A few trials show that a second part at the same time brings nothing.
  expect(stakes.filter((bytes) => bytes > partBytes).length / stakes.length).toBeLessThan(0.15)
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
