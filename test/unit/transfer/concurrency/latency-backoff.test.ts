import { expect, test } from 'vitest'
import { createLatencyBackoff } from '../../../../electron/transfer/concurrency/latency-backoff.ts'

const minute = 60_000

/** A backoff on a connection whose latency ratio is set by the test; the concurrency changed at 0. */
function setup() {
  let ratio: number | null = null
  const asked: number[] = []
  const backoff = createLatencyBackoff((sinceMs) => {
    asked.push(sinceMs)
    return ratio
  }, 0)
  return { backoff, asked, setRatio: (newRatio: number | null) => void (ratio = newRatio) }
}

test('reports a slowdown from two and a half times the usual latency on', () => {
  const { backoff, setRatio } = setup()
  const slowdowns = [null, 2.4, 2.5].map((ratio) => {
    setRatio(ratio)
    return backoff.currentSlowdown(minute)
  })
  expect(slowdowns).toEqual([null, null, 2.5])
})

test('ignores responses to what was queued before the concurrency changed', () => {
  const { backoff, asked } = setup()
  backoff.concurrencyChanged(5_000)
  backoff.currentSlowdown(9_000)
  backoff.shouldKeep(3, 0, 9_000)
  expect(asked).toEqual([6_000, 6_000])
})

test('reduces the concurrency by a third, down to two', () => {
  const { backoff } = setup()
  expect([64, 10, 3, 2, 1].map(backoff.reduced)).toEqual([44, 7, 2, 2, 1])
})

test.each([
  ['loses nothing, whatever the latency is', { gain: -0.04, ratio: 4 }, true],
  ['loses little and lowers the latency by a third', { gain: -0.1, ratio: 2.8 }, true],
  ['loses little and lowers the latency less', { gain: -0.05, ratio: 2.9 }, false],
  ['lowers the latency and loses more', { gain: -0.11, ratio: 1 }, false],
  ['loses much before the latency is known', { gain: -0.11, ratio: null }, false],
  ['loses little before the latency is known', { gain: -0.1, ratio: null }, null],
])('judges a reduction that %s', (_, { gain, ratio }, expected) => {
  const { backoff, setRatio } = setup()
  setRatio(ratio)
  expect(backoff.shouldKeep(4, gain, minute - 1)).toBe(expected)
})

test.each([
  [-0.05, false],
  [-0.04, true],
])('judges a gain of %d by itself if the latency stays unknown for a minute', (gain, isKept) => {
  const { backoff } = setup()
  expect(backoff.shouldKeep(4, gain, minute)).toBe(isKept)
})

test('rests for twice as long after each reduction that did not help', () => {
  const { backoff, setRatio } = setup()
  setRatio(4)
  const isResting = (nowMs: number) => backoff.currentSlowdown(nowMs) === null
  backoff.shouldKeep(4, -0.05, 0)
  expect([isResting(minute - 1), isResting(minute)]).toEqual([true, false])
  backoff.shouldKeep(4, -0.05, minute)
  expect([isResting(3 * minute - 1), isResting(3 * minute)]).toEqual([true, false])
  // One that helped ends that.
  backoff.shouldKeep(8, -0.05, 3 * minute)
  backoff.shouldKeep(4, -0.2, 3 * minute)
  expect([isResting(4 * minute - 1), isResting(4 * minute)]).toEqual([true, false])
})
