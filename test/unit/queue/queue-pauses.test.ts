import { expect, test } from 'vitest'
import { type Queue } from '../../../electron/queue/queue.ts'
import { handQueue, hold } from './hand-queue.ts'

/** A queue with a run `a` that is asked to pause. */
function pausingQueue(how: 'removal' | 'hold') {
  const hand = handQueue()
  hand.queue.add(['a'])
  const paused = how === 'removal' ? hand.queue.pause(['a']) : hand.queue.setHeld(true, 'finishing')
  const resume = () => (how === 'removal' ? hand.queue.resume(['a']) : hand.queue.setHeld(false))
  return { ...hand, paused, resume, a: hand.run('a') }
}

test('a run with two reasons to pause continues only without both', async () => {
  const { queue, a, paused } = pausingQueue('removal')
  void queue.setHeld(true, 'finishing')
  queue.resume(['a'])
  await paused
  expect(a.pause.isRequested).toBe(true)
  await queue.setHeld(false)
  expect(a.pause.isRequested).toBe(false)
})

test.each([
  ['stop now', (queue: Queue) => queue.stopPausing()],
  ['stop now for this upload', (queue: Queue) => queue.stopPausing(['a'])],
  ['a lost connection', (queue: Queue) => queue.setOnline(false)],
  ['a removal', (queue: Queue) => void queue.remove(['a'])],
  ['the end of the app', (queue: Queue) => void queue.setHeld(true)],
])('ends a pause at once: %s', (_name, cut) => {
  const { queue, a } = pausingQueue('hold')
  cut(queue)
  expect(a.signal.aborted).toBe(true)
})

test.each(['removal', 'hold'] as const)('a rate limit met during a pause still applies (%s)', async (how) => {
  const { queue, a, paused, resume, clock, started } = pausingQueue(how)
  await a.end(hold(clock.now() + 8_000))
  await paused
  void resume()
  queue.add(['a'])
  clock.advance(7_999)
  expect(started()).toEqual(['a'])
  clock.advance(1)
  expect(started()).toEqual(['a', 'a'])
})
