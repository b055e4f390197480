import { expect, test } from 'vitest'
import { doneAtMs } from '../../../renderer/uploads/summary/headline.ts'
import { emptyTotals } from '../../support/totals.ts'

const sixOClockMs = new Date(2026, 10, 26, 18, 0).getTime()
const left = (secondsLeft: number | null, running = 1) =>
  doneAtMs({ ...emptyTotals, running, secondsLeft }, sixOClockMs)

test('the time of completion is rounded up to five minutes', () => {
  expect(left(3_601)).toBe(new Date(2026, 10, 26, 19, 5).getTime())
  expect(left(7_200)).toBe(new Date(2026, 10, 26, 20, 0).getTime())
})

test('no time of completion is shown for the last minutes, an unknown rest or a stopped queue', () => {
  expect([left(599), left(null), left(7_200, 0)]).toEqual([null, null, null])
})
