import { expect, test } from 'vitest'
import {
  createDeadConnectionMonitor,
  deadAfterMs,
} from '../../../../electron/desktop/power/dead-connections.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

/** One upload runs; `moves` lets bytes move now. */
function setup({ running = 1, restartRuns = () => Promise.resolve() } = {}) {
  const clock = standingClock()
  const { log, lines, timers } = testPorts(clock)
  const did: string[] = []
  let lastMs = clock.now()
  const standstill = createDeadConnectionMonitor({
    engine: {
      wake: () => void did.push('wake'),
      restartRuns() {
        did.push('cut')
        return restartRuns()
      },
    },
    movement: { lastMs: () => lastMs },
    environment: { now: clock.now, timers },
    log,
  })
  standstill.totals({ running })
  return { clock, did, lines, standstill, moves: () => (lastMs = clock.now()) }
}

test('what carries nothing after a wake is cut and begins again', () => {
  const { clock, did, standstill } = setup()
  standstill.lineChanged()
  expect(did).toEqual(['wake'])
  clock.advance(deadAfterMs - 1)
  expect(did).toEqual(['wake'])
  clock.advance(1)
  expect([did, clock.waits()]).toEqual([['wake', 'cut'], []])
})

test('bytes that a dead connection still takes put the cut off, not away', () => {
  const { clock, did, moves, standstill } = setup()
  standstill.lineChanged()
  clock.advance(deadAfterMs / 2)
  moves()
  clock.advance(deadAfterMs / 2)
  expect(did).toEqual(['wake'])
  clock.advance(deadAfterMs)
  expect(did).toEqual(['wake', 'cut'])
})

test('a line that goes on carrying is left alone, and not looked at for ever', () => {
  const { clock, did, moves, standstill } = setup()
  standstill.lineChanged()
  for (let times = 0; times < 3; times += 1) {
    clock.advance(deadAfterMs - 1)
    moves()
    clock.advance(1)
  }
  expect([did, clock.waits()]).toEqual([['wake'], []])
})

test('where nothing runs nothing is cut', () => {
  const { clock, did, standstill } = setup({ running: 0 })
  standstill.lineChanged()
  clock.advance(deadAfterMs)
  expect([did, clock.waits()]).toEqual([['wake'], []])
})

test('a network that changes again is given the whole time again', () => {
  const { clock, did, standstill } = setup()
  standstill.lineChanged()
  clock.advance(deadAfterMs - 1)
  standstill.lineChanged()
  clock.advance(deadAfterMs - 1)
  expect(did).toEqual(['wake', 'wake'])
  clock.advance(1)
  expect(did).toEqual(['wake', 'wake', 'cut'])
})

test('runs that can’t begin again are written down', async () => {
  const { clock, lines, standstill } = setup({ restartRuns: () => Promise.reject(new Error('no thread')) })
  standstill.lineChanged()
  clock.advance(deadAfterMs)
  await expect.poll(() => lines.at(-1)?.level).toBe('error')
  expect(lines.at(-1)?.message).toBe('the runs could not begin again')
})
