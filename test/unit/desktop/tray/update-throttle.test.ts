import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUpdateThrottle } from '../../../../electron/desktop/tray/update-throttle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first change is shown at once, the next ones together at the end of the pause', () => {
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

test('once stopped it shows nothing more of what was asked before', () => {
  const work = vi.fn()
  const { request: ask, stop } = createUpdateThrottle(1_000, work)
  ask()
  ask()
  stop()
  vi.advanceTimersByTime(10_000)
  expect(work).toHaveBeenCalledTimes(1)
})
