import { expect, test } from 'vitest'
import { ByteWindow } from '../../../electron/platform/byte-window.ts'

/** A window of a second, with a sample of these bytes at each of these times in ms. */
function windowWith(mergeMs: number, ...samples: readonly (readonly [atMs: number, bytes: number])[]) {
  const window = new ByteWindow(1_000, mergeMs)
  for (const [atMs, bytes] of samples) window.add({ atMs, bytes })
  return window
}

const timesOf = ({ samples }: ByteWindow) => samples.map(({ atMs }) => atMs)

test('has neither samples nor growth at first and after it was cleared', () => {
  const window = windowWith(0)
  expect([window.samples, window.last, window.growth(500, 5_000)]).toEqual([[], undefined, null])
  window.add({ atMs: 1, bytes: 2 })
  window.clear()
  expect([window.samples, window.last, window.growth(500, 5_000)]).toEqual([[], undefined, null])
})

test('merges a sample with the one before it until that is far enough from the one before', () => {
  const window = windowWith(200, [0, 0])
  const seen = [100, 150, 200, 250, 399, 401].map((atMs) => {
    window.add({ atMs, bytes: atMs })
    return timesOf(window)
  })
  expect(seen).toEqual([
    [0, 100],
    [0, 150],
    [0, 200],
    [0, 200, 250],
    [0, 200, 399],
    [0, 200, 401],
  ])
  expect(window.last).toEqual({ atMs: 401, bytes: 401 })
})

test('keeps one sample that is older than the window, and none before it', () => {
  const window = windowWith(0, [0, 0], [400, 4], [800, 8])
  const seen = [1_399, 1_400, 1_800].map((atMs) => {
    window.add({ atMs, bytes: atMs })
    return timesOf(window)
  })
  expect(seen).toEqual([
    [0, 400, 800, 1_399],
    [400, 800, 1_399, 1_400],
    [800, 1_399, 1_400, 1_800],
  ])
})

test('starts again when the clock is set back, but not for two samples at one time', () => {
  const window = windowWith(0, [500, 5], [900, 9], [900, 12])
  expect(timesOf(window)).toEqual([500, 900, 900])
  window.add({ atMs: 899, bytes: 13 })
  expect(window.samples).toEqual([{ atMs: 899, bytes: 13 }])
})

test('measures the growth over at least the requested time, or since the first sample', () => {
  const window = windowWith(0, [0, 10], [400, 50], [800, 70])
  const growths = [400, 401, 5_000].map((spanMs) => window.growth(spanMs, 1_200))
  expect(growths).toEqual([
    { bytes: 0, elapsedMs: 400 },
    { bytes: 20, elapsedMs: 800 },
    { bytes: 60, elapsedMs: 1_200 },
  ])
})
