import { expect, test } from 'vitest'
import { simulateConnection, sharedBandwidth } from '../../../support/network/simulated-connection.ts'

const last = (limits: readonly number[]) => limits.at(-1) ?? 0
const mean = (limits: readonly number[]) => limits.reduce((sum, one) => sum + one, 0) / limits.length

test('reaches the maximum within 20 s when every request adds throughput', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, Infinity), { noise: 0.4 }).run(20)
  expect(last(limits)).toBe(64)
  expect(limits).toEqual(limits.toSorted((a, b) => a - b))
})

test('stays near the maximum while it tries other values', () => {
  const connection = simulateConnection(sharedBandwidth(1_200, Infinity), { noise: 0.4 })
  connection.run(20)
  expect(mean(connection.run(300))).toBeGreaterThan(60)
})

test('returns to the initial concurrency when four requests fill the connection', () => {
  const limits = simulateConnection(sharedBandwidth(40_000, 125_000)).run(60)
  expect(Math.max(...limits)).toBeLessThanOrEqual(8)
  expect(last(limits)).toBeLessThanOrEqual(5)
})

test('finds the concurrency that fills a slower connection with packet loss', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, 12_500), { noise: 0.4 }).run(120)
  expect(Math.min(...limits.slice(30))).toBeGreaterThanOrEqual(8)
  expect(Math.max(...limits.slice(60))).toBeLessThanOrEqual(20)
})

test('reduces the concurrency when more requests lower the throughput', () => {
  const crowded = (requests: number) =>
    Math.min(1_200 * requests, 12_500) / (1 + Math.max(0, requests - 12) / 8)
  const limits = simulateConnection(crowded, { noise: 0.3 }).run(90)
  expect(mean(limits.slice(30))).toBeLessThanOrEqual(16)
})

test('raises the concurrency within 90 s of the connection getting faster', () => {
  const connection = simulateConnection((requests, seconds) =>
    Math.min(1_200 * requests, seconds < 120 ? 6_000 : 60_000),
  )
  expect(last(connection.run(120))).toBeLessThanOrEqual(10)
  expect(last(connection.run(90))).toBeGreaterThanOrEqual(40)
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

test('grows while the user’s bandwidth limit is out of reach', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, Infinity), {
    noise: 0.3,
    limitBytesPerSecond: 200_000_000,
  }).run(30)
  expect(Math.max(...limits)).toBe(64)
})

test('does not grow while no file waits for a slot', () => {
  expect(new Set(simulateConnection(sharedBandwidth(1_200, Infinity), { work: 3 }).run(60))).toEqual(
    new Set([4]),
  )
  expect(new Set(simulateConnection(sharedBandwidth(1_200, Infinity), { work: 4 }).run(60))).toEqual(
    new Set([4]),
  )
})

test('reverts growth that is not used', () => {
  const limits = simulateConnection(sharedBandwidth(1_200, Infinity), { work: 6 }).run(60)
  expect([Math.max(...limits), Math.min(...limits)]).toEqual([8, 4])
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

test('does not judge the connection by a time without any progress', () => {
  const isInterrupted = (seconds: number) => seconds > 20 && seconds < 80
  const connection = simulateConnection((requests, seconds) =>
    isInterrupted(seconds) ? 0 : 1_200 * requests,
  )
  connection.run(79)
  expect(Math.min(...connection.run(20))).toBeGreaterThanOrEqual(54)
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

test('accepts a little less throughput for a much lower latency', () => {
  const saturating = (requests: number) => 12_500 * (1 - Math.exp(-requests / 3))
  const calm = mean(
    simulateConnection(saturating, { latencyMs: queueing(6, 60) })
      .run(240)
      .slice(60),
  )
  const crowded = mean(simulateConnection(saturating).run(240).slice(60))
  expect(crowded - calm).toBeGreaterThan(2)
  expect(saturating(calm) / saturating(crowded)).toBeGreaterThan(0.9)
})

test('reverts growth at once that only raised latency', () => {
  const conditions = { latencyMs: queueing(10, 100) }
  const above = (limits: readonly number[]) => limits.slice(20).filter((limit) => limit > 10).length
  expect(above(simulateConnection(sharedBandwidth(1_200, 12_500), conditions).run(120))).toBeLessThan(20)
  expect(above(simulateConnection(sharedBandwidth(1_200, 12_500)).run(120))).toBeGreaterThan(40)
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

test('keeps its concurrency when latency only doubles', () => {
  const conditions = { noise: 0.4, latencyMs: () => 100 }
  const quick = (seconds: number) => (seconds < 2 ? 50 : 100)
  const limits = simulateConnection(sharedBandwidth(1_200, Infinity), {
    ...conditions,
    latencyMs: (_, at) => quick(at),
  }).run(120)
  expect(mean(limits.slice(20))).toBeGreaterThan(60)
})

test('grows again once the latency has dropped', () => {
  const until = (seconds: number) => (seconds < 120 ? 12_500 : Infinity)
  const connection = simulateConnection((requests, at) => Math.min(1_200 * requests, until(at)), {
    latencyMs: (requests, at) => (at < 120 ? queueing(8, 100)(requests) : 50),
  })
  expect(last(connection.run(120))).toBeLessThanOrEqual(12)
  expect(last(connection.run(120))).toBeGreaterThan(40)
})

test('keeps growing after a burst of new connections looked like a gain', () => {
  // An idle connection takes far more at first than later, so that twice as many requests then seem to
  // achieve less.
  const burst = (seconds: number) => (seconds > 6 && seconds < 12 ? 4 : 1)
  const limits = simulateConnection((requests, seconds) => 1_200 * requests * burst(seconds)).run(60)
  expect(limits.indexOf(64)).toBeGreaterThan(0)
  expect(limits.indexOf(64)).toBeLessThan(35)
})
