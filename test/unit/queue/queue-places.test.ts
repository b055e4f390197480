import { expect, test } from 'vitest'
import { done, handQueue, hold, later, aborted } from './hand-queue.ts'

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)
const inOrder = (ids: readonly string[]) => Object.fromEntries(ids.map((id, index) => [id, index]))

test('small files have places of their own beside the large ones', () => {
  const small = names('small ', 20)
  const ids = ['large 1', ...small, 'large 2', 'large 3']
  const { queue, started } = handQueue({ atOnce: 2, order: inOrder(ids), small })
  queue.add(ids)
  expect(started()).toEqual(['large 1', 'large 2', ...small.slice(0, 16)])
})

test('each kind follows its own order, and an ended run frees a place for its kind', async () => {
  const small = names('small ', 18)
  const ids = ['large 1', ...small, 'large 2']
  const { queue, run, started } = handQueue({ order: inOrder(ids), small })
  queue.add(ids.toReversed())
  await run('small 3').end(done)
  await run('large 1').end(done)
  expect(started()).toEqual(['large 1', ...small.slice(0, 16), 'small 16', 'large 2'])
})

test('moving an upload to the top starts it in an extra place, and stops no run', () => {
  const { queue, order, run, started } = handQueue({ order: inOrder(['a', 'b', 'c']) })
  queue.add(['a', 'b', 'c'])
  order['c'] = -1
  queue.prioritise(['c'])
  expect([started(), run('a').signal.aborted, queue.isPrioritised('c')]).toEqual([['a', 'c'], false, true])
})

test('the extra place is removed when its run ends, and the order continues', async () => {
  const { queue, run, started } = handQueue({ order: inOrder(['a', 'b', 'c']) })
  queue.add(['a', 'b', 'c'])
  queue.prioritise(['c'])
  await run('c').end(done)
  expect([[...queue.running], queue.isPrioritised('c')]).toEqual([['a'], false])
  await run('a').end(done)
  expect(started()).toEqual(['a', 'c', 'b'])
})

test('moving a running upload starts nothing, and it keeps priority until it ends', async () => {
  const { queue, run, started } = handQueue({ order: inOrder(['a', 'b']) })
  queue.add(['a', 'b'])
  queue.prioritise(['a'])
  expect([started(), queue.isPrioritised('a')]).toEqual([['a'], true])
  await run('a').end(done)
  expect([started(), queue.isPrioritised('a')]).toEqual([['a', 'b'], false])
})

test('only a few of many moved uploads start at once, the others next by position', async () => {
  const ids = names('file ', 9)
  const { queue, order, run, started } = handQueue({ order: inOrder(ids) })
  queue.add(ids)
  const moved = ids.slice(3)
  moved.forEach((id, index) => (order[id] = index - 100))
  queue.prioritise(moved)
  expect(started()).toEqual(['file 0', 'file 3', 'file 4', 'file 5', 'file 6'])
  await run('file 0').end(done)
  await run('file 4').end(done)
  expect(started().slice(5)).toEqual(['file 7', 'file 8'])
})

test('an upload moved to the top keeps its priority while it waits for a retry', async () => {
  const { queue, clock, run, started } = handQueue({ order: inOrder(['a', 'b']) })
  queue.add(['a', 'b'])
  queue.prioritise(['b'])
  await run('b').end(later(clock.now() + 1_000))
  expect(queue.isPrioritised('b')).toBe(true)
  clock.advance(1_000)
  expect(started()).toEqual(['a', 'b', 'b'])
})

test('an upload that is retried at once keeps its priority', async () => {
  const { queue, clock, run, started } = handQueue({ order: inOrder(['a', 'b']) })
  queue.add(['a', 'b'])
  queue.prioritise(['b'])
  await run('b').end(later(clock.now() + 1_000))
  queue.retryNow(['b'])
  expect([queue.isPrioritised('b'), started()]).toEqual([true, ['a', 'b', 'b']])
  queue.retryNow(['a', 'b'])
  expect(started()).toEqual(['a', 'b', 'b'])
})

test('a rate limit and a pause of everything also hold prioritised uploads', async () => {
  const { queue, clock, run, started } = handQueue({ order: inOrder(['a', 'b']) })
  queue.add(['a', 'b'])
  await run('a').end(hold(clock.now() + 1_000))
  queue.prioritise(['b'])
  expect(started()).toEqual(['a'])
  const holding = queue.setHeld(true)
  clock.advance(1_000)
  await holding
  expect(started()).toEqual(['a'])
  await queue.setHeld(false)
  expect(started()).toEqual(['a', 'b', 'a'])
})

test('a prioritised upload starts at the end of its server’s hold although no other place is free', async () => {
  const { queue, clock, run, started } = handQueue({
    order: inOrder(['a', 'b', 'c']),
    servers: { b: 'other.example' },
  })
  queue.add(['a', 'b', 'c'])
  await run('a').end(hold(clock.now() + 60_000))
  queue.prioritise(['c'])
  expect(started()).toEqual(['a', 'b'])
  clock.advance(60_000)
  expect(started()).toEqual(['a', 'b', 'c'])
})

test('pausing everything keeps the priority of an upload', async () => {
  const { queue, run } = handQueue()
  queue.add(['a'])
  queue.prioritise(['a'])
  const holding = queue.setHeld(true)
  await run('a').end(aborted)
  await holding
  expect(queue.isPrioritised('a')).toBe(true)
})

test('an upload that is removed or unknown has no priority', async () => {
  const { queue } = handQueue({ order: inOrder(['a', 'b']) })
  queue.add(['a', 'b'])
  queue.prioritise(['b', 'c'])
  expect([queue.isPrioritised('b'), queue.isPrioritised('c')]).toEqual([true, false])
  const removing = queue.remove(['b'])
  expect(queue.isPrioritised('b')).toBe(false)
  void removing
})

test('a hold ends without a command, also when the upload that caused it was removed', async () => {
  const { queue, clock, run, started } = handQueue({ atOnce: 2, order: inOrder(['a', 'b', 'c']) })
  queue.add(['a', 'b', 'c'])
  await run('a').end(hold(clock.now() + 60_000))
  await queue.remove(['a'])
  await run('b').end(done)
  expect(started()).toEqual(['a', 'b'])
  clock.advance(60_000)
  expect(started()).toEqual(['a', 'b', 'c'])
})

test('a moved upload runs by its position again, and so does what waits behind it', async () => {
  const { queue, order, run, started } = handQueue({ order: inOrder(['a', 'b', 'c', 'd']), held: true })
  queue.add(['a', 'b', 'c', 'd'])
  Object.assign(order, { c: -2, d: -1 })
  queue.prioritise(['c', 'd'])
  order['b'] = -1.5
  queue.reorder(['b'])
  expect([queue.isPrioritised('c'), queue.isPrioritised('d')]).toEqual([true, false])
  order['c'] = 9
  queue.reorder(['c'])
  await queue.setHeld(false)
  for (const id of ['b', 'd', 'a']) await run(id).end(done)
  expect(started()).toEqual(['b', 'd', 'a', 'c'])
})
