import { expect, test } from 'vitest'
import { countdownText } from '../../../../electron/messages/queue-status-text.ts'
import type { Phase, Totals } from '../../../../electron/contract/uploads.ts'
import { translatorFor } from '../../../../electron/messages/messages.ts'
import { createWhenDone } from '../../../../electron/desktop/power/when-done.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { emptyTotals } from '../../../support/totals.ts'

const minuteMs = 60_000
const countdownMs = minuteMs
const verificationLimitMs = 10 * minuteMs

const busy: Totals = { ...emptyTotals, running: 1 }
const rows = (phase: Phase, count: number) =>
  Array.from({ length: count }, (_row, index) => ({ id: `${phase} ${index}`, phase, addedAtMs: 0 }))
const oneSent = rows('registered', 1)

function setup() {
  const clock = standingClock()
  const actions: string[] = []
  const tracker = createWhenDone({ now: clock.now, timers: clock.timers })
  tracker.onDue((action) => void actions.push(action))
  const patch = (totals: Totals, changed = rows('sending', 0)) => tracker.applyPatch({ totals, changed })
  return {
    clock,
    actions,
    tracker,
    patch,
    countdownText: () => countdownText(tracker.current(), translatorFor('en')),
  }
}

test('the action is carried out once, after a countdown', () => {
  const { clock, actions, tracker, patch, countdownText } = setup()
  tracker.set('sleep')
  patch(busy)
  patch(emptyTotals, oneSent)
  const ending = { atMs: clock.now() + countdownMs, sent: 1, needsYou: 0, inReview: 0 }
  expect(tracker.current()).toEqual({ whenDone: 'sleep', ending })
  expect(countdownText()).toBe('All uploads are done. The computer goes to sleep in one minute.')
  clock.advance(countdownMs)
  expect([actions, tracker.current()]).toEqual([['sleep'], { whenDone: 'nothing', ending: null }])
  patch(busy)
  patch(emptyTotals, oneSent)
  expect(clock.waits()).toEqual([])
})

test('waiting uploads delay the countdown, failed ones are counted, copies are not', () => {
  const { clock, actions, tracker, patch, countdownText } = setup()
  tracker.set('quit')
  patch({ ...emptyTotals, waiting: 60 })
  const already = { name: 'Theirs', path: null, status: 'active' }
  const copies = rows('registered', 3)
    .slice(2)
    .map((row) => ({ ...row, already }))
  patch({ ...emptyTotals, waiting: 58 }, [...rows('registered', 2), ...copies])
  // A row that is reported twice is counted once.
  patch({ ...emptyTotals, waiting: 1, needsYou: 57 }, [...rows('registered', 2), ...rows('failed', 57)])
  expect(countdownText()).toBe(null)
  patch({ ...emptyTotals, needsYou: 58 }, rows('failed', 58))
  expect(countdownText()).toBe('2 files uploaded, 58 need attention. Modelferry quits in one minute.')
  clock.advance(countdownMs)
  expect(actions).toEqual(['quit'])
})

test('the countdown starts once the records of the new models were read back', () => {
  const { clock, actions, tracker, patch, countdownText } = setup()
  tracker.set('quit')
  patch(busy)
  patch({ ...emptyTotals, verifying: 1 }, oneSent)
  clock.advance(countdownMs)
  expect([actions, countdownText()]).toEqual([[], null])
  patch({ ...emptyTotals, needsYou: 1 })
  expect(countdownText()).toBe('1 file uploaded, 1 needs attention. Modelferry quits in one minute.')
})

test('a verification that does not end delays the countdown for ten minutes', () => {
  const { clock, tracker, patch, countdownText } = setup()
  tracker.set('sleep')
  patch(busy)
  patch({ ...emptyTotals, verifying: 2 }, rows('registered', 2))
  clock.advance(verificationLimitMs - 1)
  patch({ ...emptyTotals, verifying: 1 })
  clock.advance(verificationLimitMs - 1)
  expect(countdownText()).toBe(null)
  clock.advance(1)
  expect(countdownText()).toContain('All uploads are done.')
})

test('files in review keep the app open, and the text says so', () => {
  const { clock, actions, tracker, patch, countdownText } = setup()
  tracker.set('quit')
  patch({ ...busy, inReview: 2 })
  patch({ ...emptyTotals, inReview: 2 }, oneSent)
  clock.advance(countdownMs)
  expect([actions, countdownText()]).toEqual([
    [],
    'Uploads are done. 2 files wait for your review; Modelferry stays open until then.',
  ])
  patch(emptyTotals)
  expect(countdownText()).toContain('Modelferry quits in one minute.')
  patch({ ...emptyTotals, inReview: 1 })
  expect(tracker.current().ending).toEqual({ atMs: null, sent: 1, needsYou: 0, inReview: 1 })
  clock.advance(countdownMs)
  expect(actions).toEqual([])
  patch(busy)
  expect(countdownText()).toBe(null)
  patch(emptyTotals, oneSent)
  clock.advance(countdownMs)
  expect(actions).toEqual(['quit'])
})

test('removed uploads start no countdown', () => {
  const { clock, actions, tracker, patch } = setup()
  tracker.set('sleep')
  patch(busy)
  patch(emptyTotals)
  clock.advance(countdownMs)
  expect(actions).toEqual([])
})

test('new uploads cancel the countdown and are followed by another', () => {
  const { clock, actions, tracker, patch } = setup()
  tracker.set('quit')
  patch(busy)
  patch(emptyTotals, oneSent)
  patch(busy)
  clock.advance(countdownMs)
  expect([actions, tracker.current().whenDone]).toEqual([[], 'quit'])
  patch(emptyTotals, oneSent)
  clock.advance(countdownMs)
  expect(actions).toEqual(['quit'])
})

test('a computer that is put to sleep during the countdown does not sleep again after waking up', () => {
  const { clock, actions, tracker, patch } = setup()
  tracker.set('sleep')
  patch(busy)
  patch(emptyTotals, oneSent)
  tracker.computerSuspended()
  expect(tracker.current()).toEqual({ whenDone: 'nothing', ending: null })
  clock.advance(60 * countdownMs)
  expect(actions).toEqual([])
})

test('a countdown to sleep that ends much too late is dropped', () => {
  const { clock, actions, tracker, patch } = setup()
  tracker.set('sleep')
  patch(busy)
  patch(emptyTotals, oneSent)
  clock.advance(60 * countdownMs)
  expect([actions, tracker.current()]).toEqual([[], { whenDone: 'nothing', ending: null }])
})
