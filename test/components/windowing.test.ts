import { expect, test } from 'vitest'
import { scrollShift } from '../../renderer/ui/list/scroll-anchor.ts'
import { lineAt, scrollToShow, lineTops } from '../../renderer/ui/list/windowing.ts'

const lines = (...keys: readonly string[]) =>
  keys.map((key) => ({ key, height: key.startsWith('#') ? 34 : 56 }))
const drawn = (...keys: readonly string[]) => ({ lines: lines(...keys), tops: lineTops(lines(...keys)) })

test('knows the top of every line and the end of all', () => {
  expect([...lineTops(lines('#', 'a', 'b'))]).toEqual([0, 34, 90, 146])
  expect([...lineTops([])]).toEqual([0])
})

test('finds the line at a height, and the nearest one outside', () => {
  const tops = lineTops(lines('#', 'a', 'b'))
  expect([-5, 0, 33, 34, 89.9, 90, 9_999].map((y) => lineAt(tops, y))).toEqual([0, 0, 0, 1, 1, 2, 2])
})

test('scrolls as little as needed to show a line', () => {
  const tops = lineTops(lines('a', 'b', 'c', 'd'))
  expect(scrollToShow(tops, 0, { top: 60, height: 112 })).toBe(0)
  expect(scrollToShow(tops, 3, { top: 0, height: 112 })).toBe(112)
  expect(scrollToShow(tops, 1, { top: 0, height: 112 })).toBe(0)
})

test('keeps the line under the pointer where it is when one comes above it', () => {
  expect(scrollShift(60, drawn('a', 'b', 'c'), drawn('new', 'a', 'b', 'c'))).toBe(56)
})

test('does not run after a line that itself moved away', () => {
  expect(scrollShift(10, drawn('a', 'b', 'c', 'd'), drawn('b', 'c', 'd', 'a'))).toBe(-56)
})

test('stays where it is when everything it knew has gone', () => {
  expect(scrollShift(10, drawn('a', 'b'), drawn('x', 'y'))).toBe(0)
})
