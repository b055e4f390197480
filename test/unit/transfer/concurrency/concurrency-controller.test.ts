import { expect, test } from 'vitest'
import { simulateConnection, sharedBandwidth } from '../../../support/network/simulated-connection.ts'

const last = (limits: readonly number[]) => limits.at(-1) ?? 0
const mean = (limits: readonly number[]) => limits.reduce((sum, one) => sum + one, 0) / limits.length

test('reaches the maximum within 20 s when every request adds throughput', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, Infinity), { noise: 0.4 }).run(20)
  expect(last(limits)).toBe(64)
  expect(limits).toEqual(limits.toSorted((a, b) => a - b))
})

test('returns to the initial concurrency when four requests fill the connection', () => {
  const limits = simulateConnection(sharedBandwidth(40_000, 125_000)).run(60)
  expect(Math.max(...limits)).toBeLessThanOrEqual(8)
  expect(last(limits)).toBeLessThanOrEqual(5)
})

test('reduces the concurrency when more requests lower the throughput', () => {
  const crowded = (requests: number) =>
    Math.min(1_200 * requests, 12_500) / (1 + Math.max(0, requests - 12) / 8)
  const limits = simulateConnection(crowded, { noise: 0.3 }).run(90)
  expect(mean(limits.slice(30))).toBeLessThanOrEqual(16)
})

test('lowers the concurrency when the connection gets slower', () => {
  const connection = simulateConnection((requests, seconds) =>
    Math.min(1_200 * requests, seconds < 60 ? 80_000 : 6_000),
  )
  expect(last(connection.run(60))).toBeGreaterThan(50)
  expect(last(connection.run(240))).toBeLessThan(30)
})

test('tries nothing while the user’s bandwidth limit is reached', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, 5_000), { limitBytesPerSecond: 5_000_000 }).run(
    120,
  )
  expect(new Set(limits)).toEqual(new Set([4]))
})

test('does not grow while no file waits for a slot', () => {
  expect(new Set(simulateConnection(sharedBandwidth(1_200, Infinity), { work: 3 }).run(60))).toEqual(
    new Set([4]),
  )
  expect(new Set(simulateConnection(sharedBandwidth(1_200, Infinity), { work: 4 }).run(60))).toEqual(
    new Set([4]),
  )
})

test('never exceeds the maximum, and follows its changes', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity), { maximum: 10 })
  expect(Math.max(...connection.run(60))).toBe(10)
  connection.controller.setMaximum(2)
  expect(Math.max(...connection.run(60))).toBe(2)
  connection.controller.setMaximum(40)
  expect(Math.max(...connection.run(60))).toBe(40)
})

test('halves once for simultaneous failures, and grows again only after a rest', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity))
  connection.run(20)
  connection.controller.reportCongestion(connection.now())
  connection.controller.reportCongestion(connection.now() + 1_900)
  expect(connection.controller.limit).toBe(32)
  expect(new Set(connection.run(7))).toEqual(new Set([32]))
  expect(last(connection.run(40))).toBe(64)
})

test('never drops below one request, however many failures there are', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity))
  for (let times = 0; times < 10; times += 1) {
    connection.controller.reportCongestion(connection.now())
    connection.run(3)
  }
  expect(connection.controller.limit).toBe(1)
})

/** Latency of a connection on which bytes queue beyond `from` parallel requests. */
const queueing = (from: number, perRequestMs: number) => (requests: number) =>
  50 + Math.max(0, requests - from) * perRequestMs

test('reduces the concurrency when latency rises and throughput stays the same', () => {
  const conditions = { latencyMs: queueing(2, 200) }
  const limits = simulateConnection(sharedBandwidth(40_000, 12_500), conditions).run(60)
  expect(last(limits)).toBe(2)
  expect(last(simulateConnection(sharedBandwidth(40_000, 12_500)).run(60))).toBe(4)
})

test('keeps its concurrency when other traffic causes the latency', () => {
  const otherTraffic = (_requests: number, seconds: number) => (seconds < 30 ? 50 : 900)
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity), {
    noise: 0.4,
    latencyMs: otherTraffic,
  })
  connection.run(30)
  expect(mean(connection.run(300))).toBeGreaterThan(58)
  expect(mean(connection.run(600))).toBeGreaterThan(60)
})

test('grows again once the latency has dropped', () => {
  const until = (seconds: number) => (seconds < 120 ? 12_500 : Infinity)
  const connection = simulateConnection((requests, at) => Math.min(1_200 * requests, until(at)), {
    latencyMs: (requests, at) => (at < 120 ? queueing(8, 100)(requests) : 50),
  })
  expect(last(connection.run(120))).toBeLessThanOrEqual(12)
  expect(last(connection.run(120))).toBeGreaterThan(40)
})
