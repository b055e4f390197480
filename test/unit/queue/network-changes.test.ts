import { expect, test } from 'vitest'
import { checkEveryMs, createNetworkChangeMonitor } from '../../../electron/queue/network-changes.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

function setup({ detects = true } = {}) {
  const clock = standingClock()
  const state = { addresses: '192.0.2.1', changes: 0, clockError: 0 }
  const environment = createTestEnvironment(clock)
  const monitor = createNetworkChangeMonitor({
    changed: () => (state.changes += 1),
    environment: {
      ...environment,
      now: () => clock.now() + state.clockError,
      ...(detects ? { networkAddresses: () => state.addresses } : {}),
    },
  })
  return { clock, monitor, state }
}

test('reports new network addresses while uploads run or wait', () => {
  const { clock, monitor, state } = setup()
  monitor.setActive(true)
  clock.advance(checkEveryMs)
  expect(state.changes).toBe(0)
  state.addresses = '198.51.100.7'
  clock.advance(checkEveryMs)
  expect(state.changes).toBe(1)
  clock.advance(checkEveryMs)
  expect(state.changes).toBe(1)
})

test('reports a timer that fires much too late as a sleep', () => {
  const { clock, monitor, state } = setup()
  monitor.setActive(true)
  clock.advance(10 * 60_000)
  expect(state.changes).toBe(1)
})

test('reports a clock that was set, forward or back', () => {
  const { clock, monitor, state } = setup()
  monitor.setActive(true)
  for (const clockError of [3 * 3_600_000, 0]) {
    state.clockError = clockError
    clock.advance(checkEveryMs)
  }
  clock.advance(checkEveryMs)
  expect(state.changes).toBe(2)
})

test('does not report a busy main thread as a sleep', () => {
  const { clock, monitor, state } = setup()
  monitor.setActive(true)
  clock.advance(checkEveryMs + 15_000)
  expect(state.changes).toBe(0)
  clock.advance(checkEveryMs + 15_001)
  expect(state.changes).toBe(1)
})
