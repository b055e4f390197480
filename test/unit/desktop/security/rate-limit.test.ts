import { expect, test } from 'vitest'
import { createRateLimit } from '../../../../electron/desktop/security/rate-limit.ts'

test('allows a number of times within a period, and again when they are over', () => {
  let nowMs = 1_000
  const mayHappen = createRateLimit({ count: 2, withinMs: 100, now: () => nowMs })
  expect([mayHappen(), mayHappen(), mayHappen()]).toEqual([true, true, false])
  nowMs = 1_099
  expect(mayHappen()).toBe(false)
  nowMs = 1_100
  expect([mayHappen(), mayHappen(), mayHappen()]).toEqual([true, true, false])
})
