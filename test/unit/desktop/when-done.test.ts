import { expect, test } from 'vitest'
import type { Totals } from '../../../electron/contract/model.ts'
import { countdownMs, createWhenDone } from '../../../electron/desktop/when-done.ts'
import { standingClock } from '../../support/hand-clock.ts'

const none: Totals = {
  ...{ running: 0, waiting: 0, needsYou: 0, paused: 0, registeredToday: 0 },
  ...{ totalBytes: 0, movedBytes: 0, bytesPerSecond: null, secondsLeft: null },
}
const busy: Totals = { ...none, running: 1 }

function setup() {
  const clock = standingClock()
  const did: string[] = []
  const book = createWhenDone({
    act: (whenDone) => void did.push(whenDone),
    changed: () => undefined,
    ports: { now: clock.now, timers: clock.timers },
  })
  return { clock, did, book }
}

test('once all is sent it counts down, and then does it once', () => {
  const { clock, did, book } = setup()
  book.set('sleep')
  book.totals(busy)
  book.totals(none)
  expect(book.current()).toEqual({ whenDone: 'sleep', doneAtMs: clock.now() + countdownMs })
  clock.advance(countdownMs)
  expect([did, book.current()]).toEqual([['sleep'], { whenDone: 'nothing', doneAtMs: null }])
  book.totals(busy)
  book.totals(none)
  expect(clock.waits()).toEqual([])
})

test('what needs the person does not keep it up, what waits does', () => {
  const { book } = setup()
  book.set('quit')
  book.totals(busy)
  book.totals({ ...none, waiting: 1 })
  expect(book.current().doneAtMs).toBeNull()
  book.totals({ ...none, needsYou: 1 })
  expect(book.current().doneAtMs).not.toBeNull()
})

test('called off in time nothing happens', () => {
  const { clock, did, book } = setup()
  book.set('quit')
  book.totals(busy)
  book.totals(none)
  book.set('nothing')
  clock.advance(countdownMs)
  expect(did).toEqual([])
})

test('new work calls the countdown off, and it is done after that', () => {
  const { clock, did, book } = setup()
  book.set('quit')
  book.totals(busy)
  book.totals(none)
  book.totals(busy)
  clock.advance(countdownMs)
  expect([did, book.current().whenDone]).toEqual([[], 'quit'])
  book.totals(none)
  clock.advance(countdownMs)
  expect(did).toEqual(['quit'])
})

test('with nothing to send there is nothing to be done afterwards', () => {
  const { clock, did, book } = setup()
  book.set('sleep')
  book.totals(none)
  clock.advance(countdownMs)
  expect(did).toEqual([])
})
