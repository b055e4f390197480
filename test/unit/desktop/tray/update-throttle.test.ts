import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createMenuThrottle,
  createUpdateThrottle,
} from '../../../../electron/desktop/tray/update-throttle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first update runs immediately, later ones once per interval', () => {
  const work = vi.fn()
  const { request: ask } = createUpdateThrottle(1_000, work)
  ask()
  ask()
  ask()
  expect(work).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1_000)
  expect(work).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(10_000)
  expect(work).toHaveBeenCalledTimes(2)
  ask()
  expect(work).toHaveBeenCalledTimes(3)
})

describe('a menu', () => {
  /** A menu that is drawn with the last numbers; `built` are those that were shown, in order. */
  function setup() {
    const built: string[] = []
    let last = ['', ''] as readonly [structure: string, numbers: string]
    const redraw = () => {
      if (throttle.startBuild(...last)) built.push(last.join(' '))
    }
    const throttle = createMenuThrottle(5_000, redraw)
    const draw = (structure: string, numbers: string) => {
      last = [structure, numbers]
      redraw()
    }
    return { built, draw, redraw, throttle }
  }

  test('shows the last numbers of an interval once it is over', () => {
    const { built, draw } = setup()
    draw('sending', '1 left')
    vi.advanceTimersByTime(1_000)
    draw('sending', '2 left')
    draw('sending', '3 left')
    vi.advanceTimersByTime(3_999)
    expect(built).toEqual(['sending 1 left'])
    vi.advanceTimersByTime(1)
    expect(built).toEqual(['sending 1 left', 'sending 3 left'])
    vi.advanceTimersByTime(60_000)
    expect(built).toHaveLength(2)
  })

  test('rebuilds at once for a new structure', () => {
    const { built, draw } = setup()
    draw('sending', '1 left')
    draw('paused', '1 left')
    expect(built).toEqual(['sending 1 left', 'paused 1 left'])
  })

  test('waits for a whole interval after it was rebuilt for a new structure', () => {
    const { built, draw } = setup()
    draw('sending', '1 left')
    vi.advanceTimersByTime(4_000)
    draw('paused', '1 left')
    draw('paused', '2 left')
    vi.advanceTimersByTime(4_999)
    expect(built).toEqual(['sending 1 left', 'paused 1 left'])
    vi.advanceTimersByTime(1)
    expect(built).toEqual(['sending 1 left', 'paused 1 left', 'paused 2 left'])
  })

  test('does not rebuild for numbers that it already shows', () => {
    const { built, draw, redraw } = setup()
    draw('sending', '1 left')
    draw('sending', '2 left')
    draw('paused', '2 left')
    redraw()
    vi.advanceTimersByTime(60_000)
    expect(built).toEqual(['sending 1 left', 'paused 2 left'])
  })

  test('is built again for a new icon', () => {
    const { built, draw, redraw, throttle } = setup()
    draw('sending', '1 left')
    throttle.reset()
    redraw()
    expect(built).toEqual(['sending 1 left', 'sending 1 left'])
  })
})
