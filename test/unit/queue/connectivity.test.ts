import { expect, test } from 'vitest'
import type { ConnectivityState } from '../../../electron/contract/uploads.ts'
import { createConnectivityMonitor } from '../../../electron/queue/connectivity.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

/** A connectivity monitor whose checks end when the test gives their result. */
function setup(random = 0) {
  const clock = standingClock()
  const checks: PromiseWithResolvers<boolean>[] = []
  const changes: ConnectivityState[] = []
  const line = createConnectivityMonitor({
    environment: createTestEnvironment(clock, random),
    changed: (state) => changes.push(state),
    isReachable() {
      const pendingCheck = Promise.withResolvers<boolean>()
      checks.push(pendingCheck)
      return pendingCheck.promise
    },
  })
  return {
    line,
    clock,
    checks,
    changes,
    async find(isThere: boolean) {
      checks.at(-1)?.resolve(isThere)
      // The check’s own promise, its catch and its finally.
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    },
  }
}

test('checks nothing before a problem, and changes nothing if a check succeeds', async () => {
  const { line, clock, checks, changes, find } = setup()
  clock.advance(3_600_000)
  expect(checks).toHaveLength(0)
  line.suspect()
  line.suspect()
  expect(checks).toHaveLength(1)
  await find(true)
  expect([line.state, changes, clock.waits()]).toEqual(['ok', [], []])
})

test('checks every 30 seconds after the first minute offline', async () => {
  const { line, clock, find } = setup()
  line.suspect()
  const waited: number[] = []
  while (waited.length < 16) {
    await find(false)
    const [waitMs = 0] = clock.waits()
    waited.push(waitMs)
    clock.advance(waitMs)
  }
  expect(waited.slice(-3)).toEqual([5_000, 30_000, 30_000])
  const firstMinute = waited.slice(0, -2).reduce((sum, waitMs) => sum + waitMs, 0)
  expect(firstMinute).toBe(62_000)
})

test('leaves out a random part of up to half of each interval', async () => {
  const { line, clock, find } = setup(0.8)
  line.suspect()
  await find(false)
  expect(clock.waits()).toEqual([600])
})

test('checks at growing intervals of at most five seconds while offline', async () => {
  const { line, clock, changes, find, checks } = setup()
  line.suspect()
  const waited: number[] = []
  for (let pendingCheck = 0; pendingCheck < 6; pendingCheck += 1) {
    await find(false)
    const [waitMs = 0] = clock.waits()
    waited.push(waitMs)
    clock.advance(waitMs)
  }
  expect([waited, changes]).toEqual([[1_000, 2_000, 4_000, 5_000, 5_000, 5_000], ['offline']])
  await find(true)
  expect([line.state, changes, clock.waits(), checks.length]).toEqual(['ok', ['offline', 'ok'], [], 7])
  line.suspect()
  await find(false)
  expect(clock.waits()).toEqual([1_000])
})

test('checks at once after a wake-up, but only while offline', async () => {
  const { line, checks, find, clock } = setup()
  line.check()
  expect(checks).toHaveLength(0)
  line.suspect()
  await find(false)
  line.check()
  expect([checks.length, clock.waits()]).toEqual([2, []])
  line.check()
  expect(checks).toHaveLength(2)
})

test('stops checking once it is closed', async () => {
  const { line, clock, find, changes, checks } = setup()
  line.suspect()
  let isClosed = false
  const closed = line.close().then(() => (isClosed = true))
  await Promise.resolve()
  expect(isClosed).toBe(false)
  await find(false)
  await closed
  expect([changes, clock.waits()]).toEqual([[], []])
  // Runs that end later and network changes still call it.
  line.suspect()
  expect(checks).toHaveLength(1)
})

test('stops checking when it is closed while offline', async () => {
  const { line, clock, find, checks } = setup()
  line.suspect()
  await find(false)
  await line.close()
  line.check()
  expect([checks.length, clock.waits()]).toEqual([1, []])
})

test('treats a check that throws as unreachable', async () => {
  const { line, checks, clock } = setup()
  line.suspect()
  checks[0]?.reject(new Error('a bug'))
  await expect.poll(() => line.state).toBe('offline')
  expect(clock.waits()).toEqual([1_000])
})
