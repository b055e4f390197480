import { expect, test } from 'vitest'
import { MultiMap } from '../../../electron/platform/multi-map.ts'

test('has the values of each key in the order in which they were added', () => {
  const map = new MultiMap<string, number>()
  map.add('a', 3)
  map.add('b', 1)
  map.add('a', 2)
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([[3, 2], [1], []])
})

test('removes one value and keeps the others, also when there is nothing to remove', () => {
  const map = new MultiMap<string, number>()
  for (const value of [1, 2, 3]) map.add('a', value)
  map.delete('a', 9)
  map.delete('b', 1)
  const before = map.get('a')
  map.delete('a', 1)
  expect([before, map.get('a')]).toEqual([
    [1, 2, 3],
    [2, 3],
  ])
  map.delete('a', 2)
  map.delete('a', 9)
  expect(map.get('a')).toEqual([3])
  map.delete('a', 3)
  expect(map.get('a')).toEqual([])
})
