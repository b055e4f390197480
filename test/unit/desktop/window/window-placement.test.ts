import { expect, test } from 'vitest'
import {
  createDisplayPlacements,
  displaySetKey,
  type DisplayArea,
} from '../../../../electron/desktop/window/window-placement.ts'

const display = (x: number, width = 1920): DisplayArea => {
  const bounds = { x, y: 0, width, height: 1080 }
  return { bounds, workArea: bounds }
}
const laptop = [display(0)]
const desk = [display(0), display(1920, 2560)]

function setup(stored: Readonly<Record<string, unknown>> = {}) {
  let values = { ...stored }
  return createDisplayPlacements({
    read: () => values,
    write(more) {
      values = { ...values, ...more }
      return true
    },
  })
}

const onTheRight = { x: 2400, y: 100, width: 1200, height: 800 }
const small = { x: 50, y: 60, width: 700, height: 500 }

test('each set of displays has its own placement', () => {
  const places = setup()
  places.write(desk, { bounds: onTheRight, isMaximised: true, isFullScreen: false })
  places.write(laptop, { bounds: small, isMaximised: false, isFullScreen: false })
  expect(places.read(desk)).toEqual({ bounds: onTheRight, isMaximised: true, isFullScreen: false })
  expect(places.read(laptop)).toEqual({ bounds: small, isMaximised: false, isFullScreen: false })
})

test('full screen is stored per set and defaults to false in older data', () => {
  const places = setup()
  places.write(desk, { bounds: onTheRight, isMaximised: false, isFullScreen: true })
  expect(places.read(desk).isFullScreen).toBe(true)
  const before = setup({ places: { [displaySetKey(laptop)]: { bounds: small, isMaximised: true } } })
  expect(before.read(laptop)).toEqual({ bounds: small, isMaximised: true, isFullScreen: false })
})

test('the order of the displays does not matter', () => {
  const places = setup()
  places.write(desk, { bounds: onTheRight, isMaximised: false, isFullScreen: false })
  places.write(laptop, { bounds: small, isMaximised: false, isFullScreen: false })
  expect(places.read([...desk].reverse()).bounds).toEqual(onTheRight)
})

test('a new set of displays uses the last placement if it is reachable', () => {
  const places = setup()
  places.write(laptop, { bounds: small, isMaximised: false, isFullScreen: false })
  expect(places.read(desk).bounds).toEqual(small)
  places.write(desk, { bounds: onTheRight, isMaximised: false, isFullScreen: false })
  expect(places.read([display(0, 1280)]).bounds).toEqual({ width: 1200, height: 800 })
})

test('unreadable placements are ignored', () => {
  expect(setup({ places: 'x', bounds: small, maximized: true }).read(laptop)).toEqual({
    bounds: small,
    isMaximised: true,
    isFullScreen: false,
  })
})

test('only the last twelve sets are stored', () => {
  const places = setup()
  for (let index = 0; index < 13; index += 1)
    places.write([display(index)], {
      bounds: { ...small, x: index },
      isMaximised: index === 0,
      isFullScreen: false,
    })
  expect(places.read([display(0)]).isMaximised).toBe(false)
  expect(places.read([display(1)]).bounds).toMatchObject({ x: 1 })
})
