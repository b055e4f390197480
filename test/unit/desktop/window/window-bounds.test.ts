import { expect, test } from 'vitest'
import { windowBounds } from '../../../../electron/desktop/window/window-bounds.ts'
const left = { x: 0, y: 0, width: 1920, height: 1040 }
const right = { x: 1920, y: 0, width: 1280, height: 984 }

test.each([
  ['at the top of a display', { x: 100, y: 0, width: 800, height: 600 }],
  ['with its title bar at the bottom of a display', { x: 100, y: 1000, width: 800, height: 600 }],
])('a window %s stays there', (_case, bounds) => {
  expect(windowBounds(bounds, [left])).toEqual(bounds)
})

test.each([
  ['its title bar would be above the display', { x: 100, y: -300, width: 800, height: 600 }],
  ['its title bar would be below the display', { x: 100, y: 1020, width: 800, height: 600 }],
  ['only a sliver of it would be seen', { x: -780, y: 100, width: 800, height: 600 }],
])('the position is dropped when %s', (_case, bounds) => {
  expect(windowBounds(bounds, [left])).toEqual({ width: 800, height: 600 })
})

test('a window that is larger than the display is limited to it', () => {
  const area = { x: 0, y: 24, width: 1440, height: 860 }
  expect(windowBounds({ x: 200, y: 100, width: 2600, height: 1500 }, [area])).toEqual(area)
})

test('a window may span several displays, but is no larger than all of them', () => {
  const spanning = { x: 300, y: 20, width: 2400, height: 900 }
  expect(windowBounds(spanning, [left, right])).toEqual(spanning)
  expect(windowBounds({ ...spanning, width: 4_000 }, [left, right])).toEqual({
    ...spanning,
    x: 0,
    width: 3_200,
  })
})
