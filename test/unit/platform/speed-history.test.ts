import { expect, test } from 'vitest'
import { createSpeedHistory, historyPoints } from '../../../electron/platform/speed-history.ts'
import { standingClock } from '../../support/hand-clock.ts'

function setup() {
  const clock = standingClock()
  const history = createSpeedHistory(clock.now)
  history.moved(0)
  return {
    history,
    clock,
    /** Moves bytes at a constant rate for so many seconds, with a report every `everyMs`. */
    flow(seconds: number, bytesPerSecond: number, everyMs = 1_000) {
      for (let sample = 0; sample < (seconds * 1_000) / everyMs; sample += 1) {
        clock.advance(everyMs)
        history.moved((bytesPerSecond * everyMs) / 1_000)
      }
    },
  }
}

test('counts a minute without a report as time of sending, and more as sleep', () => {
  const pointsAfter = (gapMs: number) => {
    const { history, clock } = setup()
    clock.advance(gapMs)
    history.moved(60_000)
    return history.view().points.length
  }
  expect([pointsAfter(60_000), pointsAfter(60_001)]).toEqual([60, 0])
})

test('doubles its step when all points are used, and loses no byte', () => {
  const { history, flow } = setup()
  flow(historyPoints, 1_000)
  expect(history.view()).toEqual({ stepMs: 1_000, points: Array<number>(historyPoints).fill(1_000) })
  flow(2, 9_000)
  const { stepMs, points } = history.view()
  expect([stepMs, points.length, points.at(-2), points.at(-1)]).toEqual([2_000, 121, 1_000, 9_000])
})
