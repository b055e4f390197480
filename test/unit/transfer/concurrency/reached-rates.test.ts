import { expect, test } from 'vitest'
import { createReachedRates } from '../../../../electron/transfer/concurrency/reached-rates.ts'

const minute = 60_000

test('returns the best rate that at most so many PUTs have reached', () => {
  const reached = createReachedRates()
  for (const [limit, rate] of [
    [2, 10],
    [4, 30],
    [4, 20],
    [8, 40],
  ] as const)
    reached.add({ atMs: 0, limit, rate })
  expect([1, 2, 4, 8].map((limit) => reached.best(limit, minute)?.rate)).toEqual([undefined, 10, 30, 40])
})

test('forgets a rate after a minute, and everything when it is cleared', () => {
  const reached = createReachedRates()
  reached.add({ atMs: 0, limit: 1, rate: 30 })
  reached.add({ atMs: minute, limit: 1, rate: 20 })
  expect([minute, minute + 1].map((nowMs) => reached.best(1, nowMs)?.rate)).toEqual([30, 20])
  reached.clear()
  expect(reached.best(1, minute)).toBeNull()
})
