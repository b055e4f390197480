import { expect, test } from 'vitest'
import { scrollShift, lineAt, scrollToShow, lineTops } from '../../../renderer/ui/list/windowing.ts'

const lines = (...keys: readonly string[]) =>
  keys.map((key) => ({ key, height: key.startsWith('#') ? 34 : 56 }))
const drawn = (...keys: readonly string[]) => ({ lines: lines(...keys), tops: lineTops(lines(...keys)) })

test('computes the top of every line and the total height', () => {
  expect([...lineTops(lines('#', 'a', 'b'))]).toEqual([0, 34, 90, 146])
  expect([...lineTops([])]).toEqual([0])
})

test('finds the line at a height, clamped to the list', () => {
  const tops = lineTops(lines('#', 'a', 'b'))
  expect([-5, 0, 33, 34, 89.9, 90, 9_999].map((y) => lineAt(tops, y))).toEqual([0, 0, 0, 1, 1, 2, 2])
})

test('scrolls by the smallest distance that shows a line', () => {
  const tops = lineTops(lines('a', 'b', 'c', 'd'))
  expect(scrollToShow(tops, 0, { top: 60, height: 112 })).toBe(0)
  expect(scrollToShow(tops, 3, { top: 0, height: 112 })).toBe(112)
  expect(scrollToShow(tops, 1, { top: 0, height: 112 })).toBe(0)
})

test('keeps the line under the pointer in place when one is added above', () => {
  expect(scrollShift(60, drawn('a', 'b', 'c'), drawn('new', 'a', 'b', 'c'))).toBe(56)
})

test('does not follow a line that itself moved', () => {
  expect(scrollShift(10, drawn('a', 'b', 'c', 'd'), drawn('b', 'c', 'd', 'a'))).toBe(-56)
})

test('keeps the scroll position when all lines were replaced', () => {
  expect(scrollShift(10, drawn('a', 'b'), drawn('x', 'y'))).toBe(0)
})
