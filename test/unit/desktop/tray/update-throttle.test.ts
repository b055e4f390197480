import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUpdateThrottle } from '../../../../electron/desktop/tray/update-throttle.ts'

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
