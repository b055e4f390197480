import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { Outcome } from '../../../electron/journal/outcome.ts'
import { Queue } from '../../../electron/queue/queue.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

import { done, handQueue, hold, later, aborted } from './hand-queue.ts'

test('continues with other uploads when settling one throws', async () => {
  const environment = createTestEnvironment(standingClock())
  const begun: string[] = []
  const queue = new Queue({
    atOnce: 1,
    held: false,
    environment,
    hooks: {
      async run(id) {
        begun.push(id)
        return done
      },
      pausing: () => {},
      settled(id) {
        if (id === 'a') throw new Error('a bug')
      },
      postponed: () => {},
      idle: () => {},
      positionOf: () => 0,
      isSmall: () => false,
      serverOf: () => 'cloud.example',
    },
  })
  queue.add(['a', 'b'])
  await expect.poll(() => begun).toEqual(['a', 'b'])
  expect(environment.lines).toMatchObject([{ level: 'error', facts: { id: 'a', error: 'Error: a bug' } }])
})

test('holding aborts the runs, resolves once they have stopped, and restarts them later', async () => {
  const { queue, run, outcomes, started } = handQueue({ order: { a: 1, b: 2 } })
  queue.add(['a', 'b'])
  let isHeld = false
  const holding = queue.setHeld(true).then(() => (isHeld = true))
  expect(run('a').signal.aborted).toBe(true)
  await Promise.resolve()
  expect(isHeld).toBe(false)
  await run('a').end(aborted)
  await holding
  expect([outcomes, started()]).toEqual([['a aborted'], ['a']])
  await queue.setHeld(false)
  expect(started()).toEqual(['a', 'a'])
})

test('a run that fails after it was aborted counts as aborted', async () => {
  const { queue, run, settled } = handQueue({ atOnce: 2 })
  queue.add(['a', 'b'])
  const removing = queue.remove(['a', 'b'])
  const lost = failure('connection-lost')
  await run('a').end({ kind: 'failed', failure: lost })
  await run('b').end(aborted)
  await removing
  expect(settled).toEqual([{ kind: 'aborted', failure: lost }, { kind: 'aborted' }])
})

test('an upload removed while the queue is being held does not run again', async () => {
  const { queue, run, started } = handQueue()
  queue.add(['a'])
  const holding = queue.setHeld(true)
  const removing = queue.remove(['a'])
  await run('a').end(aborted)
  await Promise.all([holding, removing])
  await queue.setHeld(false)
  expect(started()).toEqual(['a'])
})

test('reports uploads whose time to retry has come while no place is free', async () => {
  const { queue, clock, run, started, postponed } = handQueue({ order: { a: 1, b: 2, c: 3 } })
  queue.add(['a', 'b', 'c'])
  await run('a').end(later(clock.now() + 1_000))
  await run('b').end(later(clock.now() + 9_000))
  postponed.length = 0
  clock.advance(1_000)
  expect([started(), postponed]).toEqual([['a', 'b', 'c'], [['a', null]]])
  // The connection is back.
  queue.setOnline(true)
  expect(postponed).toEqual([
    ['a', null],
    ['b', null],
  ])
  await run('c').end(done)
  expect([started().at(-1), postponed.length]).toEqual(['a', 2])
})

test('waking does not end a rate limit, but limits it to the longest one after a clock is set back', async () => {
  const { queue, clock, run, started } = handQueue()
  queue.add(['a'])
  await run('a').end(hold(clock.now() + 60_000))
  queue.wake()
  expect([started(), clock.waits()]).toEqual([['a'], [60_000]])
  clock.advance(60_000)
  await run('a').end(hold(clock.now() + 3 * 3_600_000))
  queue.wake()
  expect([started(), clock.waits()]).toEqual([['a', 'a'], [3_660_000]])
})

test.for<[string, (queue: Queue) => void]>([
  ['waking', (queue) => queue.wake()],
  [
    'being online again',
    (queue) => {
      queue.setOnline(false)
      queue.setOnline(true)
    },
  ],
])('%s does not end the time that a server in trouble asks to wait', async ([, change]) => {
  const { queue, clock, run, started } = handQueue({ atOnce: 2 })
  queue.add(['a', 'b'])
  const trouble = (retryAfterMs: number): Outcome => ({
    kind: 'retry',
    failure: failure('server-trouble', { status: 503 }, { retryAfterMs }),
    atMs: clock.now() + retryAfterMs,
  })
  await run('a').end(trouble(60_000))
  // As if the clock had been set back by two hours since then.
  await run('b').end(trouble(3 * 3_600_000))
  change(queue)
  clock.advance(59_999)
  expect(started()).toEqual(['a', 'b'])
  clock.advance(1)
  expect(started()).toEqual(['a', 'b', 'a'])
  clock.advance(3_660_000 - 60_000)
  expect(started()).toEqual(['a', 'b', 'a', 'b'])
})

test('a rate limit of one server does not hold uploads to another', async () => {
  const { queue, clock, run, started } = handQueue({
    order: { a: 1, b: 2, c: 3, d: 4 },
    servers: { c: 'other.example' },
  })
  queue.add(['a', 'b', 'c', 'd'])
  await run('a').end(hold(clock.now() + 60_000))
  expect([started(), clock.waits()]).toEqual([['a', 'c'], [60_000]])
  await run('c').end(done)
  expect(started()).toEqual(['a', 'c'])
  clock.advance(60_000)
  expect(started()).toEqual(['a', 'c', 'a'])
  await run('a').end(done)
  await run('b').end(done)
  expect(started()).toEqual(['a', 'c', 'a', 'b', 'd'])
})

test('a second, shorter rate limit does not shorten the first', async () => {
  const { queue, clock, run, started } = handQueue({ atOnce: 2, order: { a: 1, b: 2, c: 3 } })
  queue.add(['a', 'b', 'c'])
  await run('a').end(hold(clock.now() + 9_000))
  await run('b').end(hold(clock.now() + 1_000))
  clock.advance(1_000)
  expect(started()).toEqual(['a', 'b'])
  clock.advance(8_000)
  expect(started()).toEqual(['a', 'b', 'a', 'b'])
})

test('handles a hundred thousand waiting uploads', async () => {
  const { queue, run, started } = handQueue({ atOnce: 8 })
  const ids = Array.from({ length: 100_000 }, (_, index) => `upload ${index}`)
  queue.add(ids)
  expect(started()).toEqual(ids.slice(0, 8))
  await run('upload 0').end(done)
  expect(started()).toEqual(ids.slice(0, 9))
})

test('back online, uploads run that waited for a time, but none during a hold by the server', async () => {
  const { queue, run, started, clock } = handQueue({ atOnce: 2 })
  queue.add(['a', 'b'])
  queue.setOnline(false)
  await run('a').end(later(clock.now() + 60_000))
  queue.add(['c'])
  expect(started()).toEqual(['a', 'b'])
  queue.setOnline(true)
  expect(started()).toEqual(['a', 'b', 'a'])
  await run('b').end(hold(clock.now() + 60_000))
  queue.setOnline(false)
  queue.setOnline(true)
  expect(started()).toHaveLength(3)
  clock.advance(60_000)
  expect(started().slice(3)).toEqual(['c'])
})
