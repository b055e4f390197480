import { expect, test } from 'vitest'
import { seededRandom } from '../../fixtures/seeded.ts'
import { createWaitingList } from '../../../electron/queue/waiting-list.ts'

/** Uploads by their ids; ids that start with "s" are small. */
function setup() {
  const positions = new Map<string, number>()
  const list = createWaitingList({
    positionOf: (id) => positions.get(id) ?? 0,
    isSmall: (id) => id.startsWith('s'),
  })
  return {
    list,
    positions,
    put(id: string, position: number, ...time: [fromMs?: number, isFixed?: boolean]) {
      positions.set(id, position)
      list.put(id, ...time)
    },
  }
}

test('takes uploads that become ready after others in the order of their positions', () => {
  const { list, put } = setup()
  for (const [id, position] of [
    ['a', 10],
    ['c', 30],
    ['d', 30],
    ['s', 5],
  ] as const)
    put(id, position)
  list.becomeReady(0)
  expect(list.take('large', 1)).toEqual(['a'])
  put('b', 20)
  put('e', 30)
  put('f', 40)
  put('first', 1)
  list.becomeReady(0)
  expect(list.take('large', 9)).toEqual(['first', 'b', 'c', 'd', 'e', 'f'])
  expect(list.take('small', 9)).toEqual(['s'])
})

test('has one order, whether uploads are added one by one or together', () => {
  const random = seededRandom(7)
  const items = Array.from({ length: 400 }, (_, index) => ({
    id: `u${index}`,
    position: Math.floor(random() * 50),
  }))
  const [together, oneByOne] = [setup(), setup()]
  for (const { id, position } of items) together.put(id, position)
  together.list.becomeReady(0)
  // Sorts the empty list, so that all others are inserted.
  oneByOne.put('first', -1)
  oneByOne.list.becomeReady(0)
  oneByOne.list.take('large', 1)
  for (const { id, position } of items) {
    oneByOne.put(id, position)
    oneByOne.list.becomeReady(0)
  }
  expect(oneByOne.list.take('large', 400)).toEqual(together.list.take('large', 400))
})

test('sorts again after positions have changed, and after many have become ready', () => {
  const { list, positions, put } = setup()
  for (const [index, id] of ['a', 'b', 'c'].entries()) put(id, index)
  list.becomeReady(0)
  expect(list.take('large', 1)).toEqual(['a'])
  positions.set('c', 0)
  list.reorder()
  expect(list.take('large', 1)).toEqual(['c'])
  for (let index = 0; index < 200; index += 1) put(`u${index}`, 200 - index)
  list.becomeReady(0)
  expect(list.take('large', 3)).toEqual(['b', 'u199', 'u198'])
  expect(list.size).toBe(198)
})

test('an upload with a time becomes ready at that time, in its place among the others', () => {
  const { list, put } = setup()
  put('b', 2, 100)
  put('a', 1, 200)
  put('c', 3)
  expect([list.size, list.nextMs(), list.isReady('c')]).toEqual([3, -Infinity, false])
  list.becomeReady(99)
  expect([list.isReady('c'), list.isReady('b'), list.nextMs()]).toEqual([true, false, 100])
  list.becomeReady(100)
  expect([list.isReady('b'), list.isReady('a'), list.nextMs()]).toEqual([true, false, 200])
  list.becomeReady(200)
  expect([list.nextMs(), list.take('large', 9), list.size]).toEqual([Infinity, ['a', 'b', 'c'], 0])
})

test('ending delays makes uploads ready unless their time is fixed, which it shortens to the latest', () => {
  const { list, put } = setup()
  put('a', 1, 100)
  put('fixed', 2, 200, true)
  put('late', 3, 900, true)
  put('b', 4)
  list.endDelays(500)
  list.becomeReady(0)
  expect([list.take('large', 9), list.nextMs()]).toEqual([['a', 'b'], 200])
  list.becomeReady(499)
  expect([list.take('large', 9), list.nextMs()]).toEqual([['fixed'], 500])
})
