import { expect, test } from 'vitest'
import { createTrialRest } from '../../../../electron/transfer/concurrency/trial-rest.ts'

/** Begins a pause at 0, at least so long; returns how long it takes. */
function restOf(rest: ReturnType<typeof createTrialRest>, atLeastMs?: number): number {
  rest.begin(0, atLeastMs)
  return Array.from({ length: 100 }, (_, nowMs) => nowMs).findIndex((nowMs) => rest.isOver(nowMs))
}

test('each pause is twice as long as the one before, up to the maximum', () => {
  const rest = createTrialRest(10, 50)
  expect(rest.isOver(0)).toBe(true)
  expect([restOf(rest), restOf(rest), restOf(rest), restOf(rest)]).toEqual([10, 20, 40, 50])
})

test('a pause takes at least as long as required', () => {
  const rest = createTrialRest(10, 50)
  expect([restOf(rest, 70), restOf(rest, 5)]).toEqual([70, 20])
})

test('ending a pause keeps the length of the next one, a reset does not', () => {
  const rest = createTrialRest(10, 50)
  rest.begin(0)
  rest.end()
  expect([rest.isOver(0), restOf(rest)]).toEqual([true, 20])
  rest.reset()
  expect([rest.isOver(0), restOf(rest)]).toEqual([true, 10])
})

test('a pause is over if the clock was set back to before its beginning', () => {
  const rest = createTrialRest(10, 50)
  rest.begin(1_000)
  expect([rest.isOver(1_000), rest.isOver(999)]).toEqual([false, true])
})
