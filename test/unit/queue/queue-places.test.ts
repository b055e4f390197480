import { expect, test } from 'vitest'
import { done, handQueue, hold, later } from './hand-queue.ts'

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

test('moving an upload to the top starts it in an extra place, and stops no run', () => {
  const { queue, order, run, started } = handQueue({ order: inOrder(['a', 'b', 'c']) })
  queue.add(['a', 'b', 'c'])
  order['c'] = -1
  queue.prioritise(['c'])
  expect([started(), run('a').signal.aborted, queue.isPrioritised('c')]).toEqual([['a', 'c'], false, true])
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
