import { expect, test } from 'vitest'
import { createRoundTrips } from '../../../electron/transfer/round-trips.ts'

const second = 1_000

/** Answers of these times, one a second. */
function hear(times: readonly number[], options: { host?: string; fromMs?: number } = {}) {
  const { host = 'a', fromMs = 0 } = options
  const roundTrips = createRoundTrips()
  times.forEach((tookMs, index) => roundTrips.heard(host, tookMs, fromMs + index * second))
  return roundTrips
}

test('says nothing until three answers have come', () => {
  expect(hear([50, 500]).slowness(0)).toBeNull()
  expect(hear([50, 500, 500]).slowness(0)).toBe(10)
})

test('one late answer among quick ones is no trend', () => {
  expect(hear([50, 52, 900, 51, 53]).slowness(0)).toBe(1)
})

test('counts what came since a moment, against the quickest of late', () => {
  const roundTrips = hear([50, 400, 400, 400, 100, 120, 200])
  expect(roundTrips.slowness(0)).toBe(4)
  expect(roundTrips.slowness(4 * second)).toBe(1)
  expect(roundTrips.slowness(5 * second)).toBeNull()
})

test('a tenth of a second more is noticed on no line, however short', () => {
  expect(hear([2, 90, 90, 90]).slowness(0)).toBe(1)
  expect(hear([2, 110, 110, 110]).slowness(0)).toBe(55)
})

test('the slowest host counts, each against its own distance', () => {
  const roundTrips = hear([300, 310, 305])
  for (const [index, tookMs] of [20, 200, 220].entries()) roundTrips.heard('b', tookMs, index * second)
  expect(roundTrips.slowness(0)).toBe(10)
})

test('a line that is longer from now on is the usual one after ten minutes', () => {
  const roundTrips = hear([50, 50, 50])
  for (let at = 10; at < 660; at += 1) roundTrips.heard('a', 300, at * second)
  expect(roundTrips.slowness(0)).toBe(1)
})
