import { expect, test } from 'vitest'
import { ByteSamples } from '../../../electron/platform/byte-samples.ts'

/** A window of a second, with a sample of these bytes at each of these times in ms. */
function windowWith(mergeMs: number, ...samples: readonly (readonly [atMs: number, bytes: number])[]) {
  const window = new ByteSamples(1_000, mergeMs)
  for (const [atMs, bytes] of samples) window.add({ atMs, bytes })
  return window
}

const timesOf = ({ samples }: ByteSamples) => samples.map(({ atMs }) => atMs)

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

test('measures the growth over at least the requested time, or since the first sample', () => {
  const window = windowWith(0, [0, 10], [400, 50], [800, 70])
  const growths = [400, 401, 5_000].map((spanMs) => window.growth(spanMs, 1_200))
  expect(growths).toEqual([
    { bytes: 0, elapsedMs: 400 },
    { bytes: 20, elapsedMs: 800 },
    { bytes: 60, elapsedMs: 1_200 },
  ])
})
