import { expect, test } from 'vitest'
import { createLatencyTracker } from '../../../../electron/transfer/concurrency/latency-tracker.ts'

const second = 1_000

/** Records these latencies, one per second. */
function recordLatencies(latenciesMs: readonly number[], options: { host?: string; fromMs?: number } = {}) {
  const { host = 'a', fromMs = 0 } = options
  const tracker = createLatencyTracker()
  latenciesMs.forEach((latencyMs, index) => tracker.record(host, latencyMs, fromMs + index * second))
  return tracker
}

test('returns null until there are three samples', () => {
  expect(recordLatencies([50, 500]).ratioSince(0)).toBeNull()
  expect(recordLatencies([50, 500, 500]).ratioSince(0)).toBe(10)
})

test('ignores a single slow sample', () => {
  expect(recordLatencies([50, 52, 900, 51, 53]).ratioSince(0)).toBe(1)
})

test('compares samples since a moment with the lowest recent latency', () => {
  const tracker = recordLatencies([50, 400, 400, 400, 100, 120, 200])
  expect(tracker.ratioSince(0)).toBe(4)
  expect(tracker.ratioSince(4 * second)).toBe(1)
  expect(tracker.ratioSince(5 * second)).toBeNull()
})

test('ignores an increase of less than 100 ms', () => {
  expect(recordLatencies([2, 90, 90, 90]).ratioSince(0)).toBe(1)
  expect(recordLatencies([2, 110, 110, 110]).ratioSince(0)).toBe(55)
})

test('returns the ratio of the slowest host, each against its own usual latency', () => {
  const tracker = recordLatencies([300, 310, 305])
  for (const [index, latencyMs] of [20, 200, 220].entries()) tracker.record('b', latencyMs, index * second)
  expect(tracker.ratioSince(0)).toBe(10)
})

test.each([
  [300_000, 6],
  [300_001, 1],
])('compares with the lowest latency of the last two periods, here of %i ms each', (periodMs, ratio) => {
  const tracker = recordLatencies([50])
  for (const period of [1, 2, 2, 2]) tracker.record('a', 300, period * periodMs)
  expect(tracker.ratioSince(2 * periodMs)).toBe(ratio)
})

test('takes a permanently higher latency for the usual one after ten minutes', () => {
  const tracker = recordLatencies([50, 50, 50])
  for (let at = 10; at < 660; at += 1) tracker.record('a', 300, at * second)
  expect(tracker.ratioSince(0)).toBe(1)
})
