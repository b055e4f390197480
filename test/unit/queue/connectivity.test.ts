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
