import { expect, test } from 'vitest'
import { centred, windowBounds } from '../../../../electron/desktop/window/window-bounds.ts'
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

test.each([
  ['left', -700],
  ['right', 1820],
])('a window of which 100 pixels are seen at the %s edge stays there', (_edge, x) => {
  const bounds = { x, y: 100, width: 800, height: 600 }
  expect(windowBounds(bounds, [left])).toEqual(bounds)
  const further = { ...bounds, x: x < 0 ? x - 1 : x + 1 }
  expect(windowBounds(further, [left])).toEqual({ width: 800, height: 600 })
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

test.each([
  [
    'in the centre of a display beside the first',
    { x: 1920, y: 100, width: 1000, height: 800 },
    { x: 2120, y: 300 },
  ],
  [
    'at the edges of a display that is smaller',
    { x: 1920, y: 100, width: 500, height: 300 },
    { x: 1920, y: 100 },
  ],
  ['without a position if no display is known', undefined, {}],
])('a window is %s', (_, area, position) => {
  const size = { width: 600, height: 400 }
  expect(centred(size, area)).toEqual({ ...size, ...position })
})
