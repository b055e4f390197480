import { expect, test } from 'vitest'
import { checkEveryMs, createNetworkChangeMonitor } from '../../../electron/queue/network-changes.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

function setup({ detects = true } = {}) {
  const clock = standingClock()
  const state = { addresses: '192.0.2.1', isRunning: true, changes: 0 }
  const monitor = createNetworkChangeMonitor({
    isRunning: () => state.isRunning,
    changed: () => (state.changes += 1),
    environment: {
      ...testPorts(clock),
      ...(detects ? { networkAddresses: () => state.addresses } : {}),
    },
  })
  return { clock, monitor, state }
}

test('reports new network addresses while uploads run', () => {
  const { clock, monitor, state } = setup()
  monitor.activity()
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
  monitor.activity()
  clock.advance(10 * 60_000)
  expect(state.changes).toBe(1)
})

test('does not report a busy main thread as a sleep', () => {
  const { clock, monitor, state } = setup()
  monitor.activity()
  clock.advance(checkEveryMs + 10_000)
  expect(state.changes).toBe(0)
})

test('runs no timer while no upload runs', () => {
  const { clock, monitor, state } = setup()
  state.isRunning = false
  monitor.activity()
  expect(clock.waits()).toEqual([])
  state.isRunning = true
  monitor.activity()
  monitor.activity()
  expect(clock.waits()).toEqual([checkEveryMs])
  state.isRunning = false
  clock.advance(checkEveryMs)
  expect(clock.waits()).toEqual([])
})

test('compares with the addresses at the start of an upload, not at the end of the last', () => {
  const { clock, monitor, state } = setup()
  monitor.activity()
  state.isRunning = false
  clock.advance(checkEveryMs)
  state.addresses = '198.51.100.7'
  state.isRunning = true
  monitor.activity()
  clock.advance(checkEveryMs)
  expect(state.changes).toBe(0)
})

test('detects nothing in an environment without addresses', () => {
  const { clock, monitor } = setup({ detects: false })
  monitor.activity()
  expect(clock.waits()).toEqual([])
})

test('runs no timer after it was closed', () => {
  const { clock, monitor } = setup()
  monitor.activity()
  monitor.close()
  expect(clock.waits()).toEqual([])
})
