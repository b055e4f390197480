import type { BrowserWindow } from 'electron'
import { expect, test } from 'vitest'
import {
  createDisplayPlacements,
  createWindowPlacement,
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

test('a new set of displays uses the last placement if it is reachable', () => {
  const places = setup()
  places.write(laptop, { bounds: small, isMaximised: false, isFullScreen: false })
  expect(places.read(desk).bounds).toEqual(small)
  places.write(desk, { bounds: onTheRight, isMaximised: false, isFullScreen: false })
  expect(places.read([display(0, 1280)]).bounds).toEqual({ width: 1200, height: 800 })
})

/** A window, and its placement on displays that can change. */
function setupWindow(displays: readonly DisplayArea[], stored: Readonly<Record<string, unknown>> = {}) {
  let values = { ...stored }
  let current = displays
  const done: string[] = []
  const state = {
    bounds: small as object,
    isVisible: true,
    isMinimised: false,
    isMaximised: false,
    isFullScreen: false,
  }
  const window = {
    isVisible: () => state.isVisible,
    isMinimized: () => state.isMinimised,
    isMaximized: () => state.isMaximised,
    isFullScreen: () => state.isFullScreen,
    getNormalBounds: () => state.bounds,
    setBounds: (bounds: object) => void (state.bounds = bounds),
    unmaximize: () => void done.push('unmaximise'),
    maximize: () => void done.push('maximise'),
  } as unknown as BrowserWindow
  const memory = {
    read: () => values,
    write(more: object) {
      values = { ...values, ...more }
      return true
    },
  }
  const placement = createWindowPlacement(memory, () => current)
  placement.initial()
  return {
    state,
    done,
    stored: () => createDisplayPlacements(memory).read(current),
    connect: (others: readonly DisplayArea[]) => void (current = others),
    save: () => placement.save(window),
    restore: () => placement.restore(window),
  }
}

/** Stored for the laptop alone and for the desk. */
const bothPlaces = {
  places: {
    [displaySetKey(laptop)]: { bounds: small, isMaximised: false },
    [displaySetKey(desk)]: { bounds: onTheRight, isMaximised: true },
  },
}

test('stores a hidden window only for the displays that it was on', () => {
  const { state, stored, connect, save } = setupWindow(laptop, bothPlaces)
  Object.assign(state, { bounds: { ...small, x: 9 }, isVisible: false })
  connect(desk)
  save()
  expect(stored().bounds).toEqual(onTheRight)
  connect(laptop)
  save()
  expect(stored().bounds).toEqual({ ...small, x: 9 })
})

test('a hidden window is placed for other displays before it is shown, once', () => {
  const { state, done, connect, restore } = setupWindow(laptop, bothPlaces)
  state.isVisible = false
  connect(desk)
  restore()
  expect([state.bounds, done]).toEqual([onTheRight, ['maximise']])
  state.bounds = small
  restore()
  expect([state.bounds, done]).toEqual([small, ['maximise']])
})

test.each([
  ['visible', { isVisible: true }, desk],
  ['minimised, which Windows and macOS call invisible', { isVisible: false, isMinimised: true }, desk],
  ['hidden on the same displays', { isVisible: false }, laptop],
  ['in full screen', { isVisible: false, isFullScreen: true }, desk],
])('a window that is %s is not moved', (_what, state, displays) => {
  const window = setupWindow(laptop, bothPlaces)
  const bounds = { ...small, x: 9 }
  Object.assign(window.state, { bounds, ...state })
  window.connect(displays)
  window.restore()
  expect([window.state.bounds, window.done]).toEqual([bounds, []])
})
