import { expect, test } from 'vitest'
import { positionsAfterMove } from '../../../electron/queue/queue-order.ts'

/** The order after a move, and the uploads whose positions were changed. */
function move(queue: Readonly<Record<string, number>>, ids: readonly string[], before: string | null) {
  const placed = Object.entries(queue).map(([id, position]) => ({ id, position }))
  const changes = positionsAfterMove(placed, ids, before)
  const after = placed.map(({ id, position }) => ({ id, position: changes.get(id) ?? position }))
  expect(after.every(({ position }) => Number.isSafeInteger(position))).toBe(true)
  expect(new Set(after.map(({ position }) => position)).size).toBe(after.length)
  const order = after.toSorted((one, other) => one.position - other.position).map(({ id }) => id)
  return [order.join(''), [...changes.keys()].join('')]
}

const spaced = { a: 1_024, b: 2_048, c: 3_072, d: 4_096 }
const dense = { a: 1, b: 2, c: 3, d: 4 }

test.each([
  ['one up', spaced, ['c'], 'b', 'acbd', 'c'],
  ['one down', spaced, ['a'], 'c', 'bacd', 'a'],
  ['to the start', spaced, ['d'], 'a', 'dabc', 'd'],
  ['to the end', spaced, ['a'], null, 'bcda', 'a'],
  ['several in the given order', spaced, ['d', 'a'], 'c', 'bdac', 'da'],
  ['before one of themselves', spaced, ['a', 'c'], 'a', 'acbd', 'ac'],
  ['before the last of themselves', spaced, ['c', 'd'], 'd', 'abcd', 'cd'],
  ['before one that is gone', spaced, ['b'], 'x', 'acdb', 'b'],
  ['without room between the neighbours', dense, ['d'], 'b', 'adbc', 'dbc'],
  ['to the start of negative positions', { a: -3, b: -2 }, ['b'], 'a', 'ba', 'b'],
  ['between equal positions', { a: 5, b: 5, c: 9_000 }, ['c'], 'b', 'acb', 'cb'],
] as const)('moves %s', (...[, queue, ids, before, ...result]) => {
  expect(move(queue, ids, before)).toEqual(result)
})

test('uploads moved between two others divide the distance evenly, as long as each has a place', () => {
  const between = (position: number) =>
    [
      ...positionsAfterMove(
        [
          { id: 'a', position: 100 },
          { id: 'b', position },
        ],
        ['c', 'd'],
        'b',
      ).values(),
    ] as const
  expect(between(130)).toEqual([110, 120])
  expect(between(103)).toEqual([101, 102])
  expect(between(102)).toEqual([100 + 1_024, 100 + 2_048, 100 + 3_072])
})
