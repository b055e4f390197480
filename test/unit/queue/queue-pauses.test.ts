import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { registerLimitMs, type Queue } from '../../../electron/queue/queue.ts'
import { aborted, done, handQueue, hold, later } from './hand-queue.ts'

/** A queue with a run `a` that is asked to pause. */
function pausingQueue(how: 'removal' | 'hold') {
  const hand = handQueue()
  hand.queue.add(['a'])
  const paused = how === 'removal' ? hand.queue.pause(['a']) : hand.queue.setHeld(true, 'finishing')
  const resume = () => (how === 'removal' ? hand.queue.resume(['a']) : hand.queue.setHeld(false))
  return { ...hand, paused, resume, a: hand.run('a') }
}

test.each(['removal', 'hold'] as const)('a pause lets a run finish (%s)', async (how) => {
  const { queue, a, paused, outcomes, started, clock } = pausingQueue(how)
  expect([a.pause.isRequested, a.signal.aborted]).toEqual([true, false])
  await a.end(aborted)
  await paused
  expect(outcomes).toEqual(['a pausing', 'a not pausing', 'a aborted'])
  expect(clock.waits()).toEqual([])
  expect(queue.has('a')).toBe(how === 'hold')
  await queue.setHeld(false)
  expect(started()).toEqual(how === 'hold' ? ['a', 'a'] : ['a'])
})

test.each(['removal', 'hold'] as const)('a pause aborts a run after twenty seconds (%s)', async (how) => {
  const { a, paused, clock } = pausingQueue(how)
  clock.advance(19_999)
  expect(a.signal.aborted).toBe(false)
  clock.advance(1)
  expect(a.signal.aborted).toBe(true)
  await a.end(aborted)
  await paused
  expect(clock.waits()).toEqual([])
})

test.each(['removal', 'hold'] as const)('a run continues when its pause is revoked (%s)', async (how) => {
  const { a, paused, resume, clock, outcomes, started } = pausingQueue(how)
  void resume()
  await paused
  expect([a.pause.isRequested, a.signal.aborted, clock.waits()]).toEqual([false, false, []])
  await a.end(done)
  expect([outcomes, started()]).toEqual([['a pausing', 'a not pausing', 'a done'], ['a']])
})

test('a run that its pause had ended before it was revoked runs again', async () => {
  const { a, paused, resume, started } = pausingQueue('removal')
  void resume()
  await paused
  await a.end(aborted)
  expect(started()).toEqual(['a', 'a'])
})

test('resuming uploads that are not being paused changes nothing', async () => {
  const { queue, run, outcomes, started } = handQueue()
  queue.add(['a', 'b'])
  queue.resume(['a', 'b', 'unknown'])
  await queue.setHeld(false)
  expect([run('a').pause.isRequested, outcomes, started()]).toEqual([false, [], ['a']])
  // Its abort is not taken for a pause that was revoked.
  await run('a').end(aborted)
  expect([queue.has('a'), outcomes]).toEqual([false, ['a aborted']])
})

test('pausing uploads that do not run changes nothing', async () => {
  const { queue, run, outcomes, started } = handQueue()
  queue.add(['a', 'b'])
  await queue.pause(['b', 'unknown'])
  expect([queue.has('b'), outcomes]).toEqual([true, []])
  await run('a').end(done)
  expect(started()).toEqual(['a', 'b'])
})

test('two pauses of an upload end when it is resumed, and it continues once', async () => {
  const { queue, a, paused, outcomes } = pausingQueue('removal')
  const pausedAgain = queue.pause(['a'])
  queue.resume(['a'])
  queue.resume(['a'])
  await Promise.all([paused, pausedAgain])
  expect([a.pause.isRequested, outcomes]).toEqual([false, ['a pausing', 'a not pausing']])
})

test('waits for the end of running uploads without stopping them', async () => {
  const { queue, run, clock } = handQueue({ atOnce: 2 })
  queue.add(['a', 'b', 'c'])
  const ended: string[] = []
  const waiting = queue.ended(['a', 'b']).then(() => ended.push('a and b'))
  await queue.ended(['c', 'unknown'])
  await run('a').end(done)
  expect([ended, run('b').signal.aborted]).toEqual([[], false])
  await run('b').end(done)
  await waiting
  expect([ended, clock.waits()]).toEqual([['a and b'], []])
})

test('waits for the end of a running upload for a few seconds', async () => {
  const { queue, run, clock } = handQueue()
  queue.add(['a'])
  const waiting = queue.ended(['a'])
  expect(clock.waits()).toEqual([registerLimitMs])
  clock.advance(registerLimitMs)
  await waiting
  expect(run('a').signal.aborted).toBe(false)
})

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

test('stop now and a lost connection leave runs alone that are not being paused', () => {
  const { queue, run } = handQueue()
  queue.add(['a'])
  queue.stopPausing()
  queue.setOnline(false)
  expect(run('a').signal.aborted).toBe(false)
})

test('an upload removed while it is being paused does not run again', async () => {
  const { queue, a, paused, started } = pausingQueue('hold')
  const removed = queue.remove(['a'])
  await queue.setHeld(false)
  await a.end(aborted)
  await Promise.all([paused, removed])
  expect([queue.has('a'), started()]).toEqual([false, ['a']])
})

test.each(['removal', 'hold'] as const)(
  'an upload that is resumed after stop now runs again once its run has ended (%s)',
  async (how) => {
    const { queue, a, paused, resume, started, clock } = pausingQueue(how)
    queue.stopPausing()
    void resume()
    await a.end({ kind: 'failed', failure: failure('connection-lost') })
    await paused
    expect([started(), queue.has('a'), clock.waits()]).toEqual([['a', 'a'], true, []])
  },
)

test('an upload that is cancelled after stop now does not run again', async () => {
  const { queue, a, paused, started } = pausingQueue('removal')
  queue.stopPausing()
  const removed = queue.remove(['a'])
  await a.end(aborted)
  await Promise.all([paused, removed])
  expect([started(), queue.has('a')]).toEqual([['a'], false])
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

test('a retry met while the queue is being held waits for its time', async () => {
  const { a, paused, resume, clock, started, outcomes } = pausingQueue('hold')
  await a.end(later(clock.now() + 8_000))
  await paused
  expect(outcomes.at(-1)).toBe('a retry')
  void resume()
  clock.advance(7_999)
  expect(started()).toEqual(['a'])
  clock.advance(1)
  expect(started()).toEqual(['a', 'a'])
})
