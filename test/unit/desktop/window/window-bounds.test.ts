import { expect, test } from 'vitest'
import { centred, windowBounds } from '../../../../electron/desktop/window/window-bounds.ts'

const firstSize = { width: 960, height: 640 }
const smallestSize = { width: 480, height: 400 }
const left = { x: 0, y: 0, width: 1920, height: 1040 }
const right = { x: 1920, y: 0, width: 1280, height: 984 }

test('a first window has the default size and no position', () => {
  expect(windowBounds(undefined, [left])).toEqual(firstSize)
})

test('stored bounds are used when they are on a display', () => {
  const bounds = { x: 2000, y: 100, width: 800, height: 600 }
  expect(windowBounds(bounds, [left, right])).toEqual(bounds)
})

test.each([
  ['at the top of a display', { x: 100, y: 0, width: 800, height: 600 }],
  ['with its title bar at the bottom of a display', { x: 100, y: 1000, width: 800, height: 600 }],
])('a window %s stays there', (_case, bounds) => {
  expect(windowBounds(bounds, [left])).toEqual(bounds)
})

test('a stored size that is too small is enlarged at its position', () => {
  expect(windowBounds({ x: 10, y: 20, width: 200, height: 100 }, [left])).toEqual({
    x: 10,
    y: 20,
    ...smallestSize,
  })
})

test('a window whose display is gone keeps its size but not its position', () => {
  expect(windowBounds({ x: 2000, y: 100, width: 800, height: 600 }, [left])).toEqual({
    width: 800,
    height: 600,
  })
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

test.each([
  [1000, true],
  [1001, false],
])('a title bar at %i pixels of 1040 is reachable: %s', (y, isReachable) => {
  const bounds = { x: 100, y, width: 800, height: 600 }
  expect(windowBounds(bounds, [left])).toEqual(isReachable ? bounds : { width: 800, height: 600 })
})

test('the position of a window on displays above and beside the first one is kept', () => {
  const above = { x: -200, y: -1080, width: 1920, height: 1080 }
  const bounds = { x: -150, y: -1000, width: 1900, height: 1500 }
  expect(windowBounds(bounds, [left, above])).toEqual(bounds)
  expect(windowBounds({ ...bounds, width: 3_000, height: 2_200 }, [left, above])).toEqual({
    x: -200,
    y: -1080,
    width: 2120,
    height: 2120,
  })
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

test('the size is limited to the minimum and to the display', () => {
  expect(windowBounds({ x: 9_000, y: 0, width: 5_000, height: 10 }, [left])).toEqual({
    width: 1920,
    height: 400,
  })
})

test('without a known display the size is limited to that of a first window', () => {
  expect(windowBounds({ x: 0, y: 0, width: 5_000, height: 5_000 }, [])).toEqual(firstSize)
})

test.each([null, 'wide', { x: 0, y: 0, width: 1.5, height: 2 }, { width: 900, height: 600 }])(
  'ignores unreadable bounds (%j)',
  (remembered) => {
    expect(windowBounds(remembered, [left])).toEqual(firstSize)
  },
)

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
