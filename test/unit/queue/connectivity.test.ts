import { expect, test } from 'vitest'
import type { ConnectivityState } from '../../../electron/contract/uploads.ts'
import { createConnectivityMonitor } from '../../../electron/queue/connectivity.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

/** A connectivity monitor whose checks end when the test gives their result. */
function setup() {
  const clock = standingClock()
  const looks: PromiseWithResolvers<boolean>[] = []
  const told: ConnectivityState[] = []
  const line = createConnectivityMonitor({
    environment: createTestEnvironment(clock),
    changed: (state) => told.push(state),
    isReachable() {
      const look = Promise.withResolvers<boolean>()
      looks.push(look)
      return look.promise
    },
  })
  return {
    line,
    clock,
    looks,
    told,
    async find(isThere: boolean) {
      looks.at(-1)?.resolve(isThere)
      // The check’s own promise, its catch and its finally.
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    },
  }
}

test('checks nothing before a problem, and changes nothing if a check succeeds', async () => {
  const { line, clock, looks, told, find } = setup()
  clock.advance(3_600_000)
  expect(looks).toHaveLength(0)
  line.suspect()
  line.suspect()
  expect(looks).toHaveLength(1)
  await find(true)
  expect([line.state, told, clock.waits()]).toEqual(['ok', [], []])
})

test('checks at growing intervals of at most five seconds while offline', async () => {
  const { line, clock, told, find, looks } = setup()
  line.suspect()
  const waited: number[] = []
  for (let look = 0; look < 6; look += 1) {
    await find(false)
    const [waitMs = 0] = clock.waits()
    waited.push(waitMs)
    clock.advance(waitMs)
  }
  expect([waited, told]).toEqual([[1_000, 2_000, 4_000, 5_000, 5_000, 5_000], ['offline']])
  await find(true)
  expect([line.state, told, clock.waits(), looks.length]).toEqual(['ok', ['offline', 'ok'], [], 7])
  line.suspect()
  await find(false)
  expect(clock.waits()).toEqual([1_000])
})

test('checks at once after a wake-up, but only while offline', async () => {
  const { line, looks, find, clock } = setup()
  line.check()
  expect(looks).toHaveLength(0)
  line.suspect()
  await find(false)
  line.check()
  expect([looks.length, clock.waits()]).toEqual([2, []])
  line.check()
  expect(looks).toHaveLength(2)
})

test('stops checking once it is closed', async () => {
  const { line, clock, find, told, looks } = setup()
  line.suspect()
  let isClosed = false
  const closed = line.close().then(() => (isClosed = true))
  await Promise.resolve()
  expect(isClosed).toBe(false)
  await find(false)
  await closed
  expect([told, clock.waits()]).toEqual([[], []])
  // Runs that end later and network changes still call it.
  line.suspect()
  expect(looks).toHaveLength(1)
})

test('stops checking when it is closed while offline', async () => {
  const { line, clock, find, looks } = setup()
  line.suspect()
  await find(false)
  await line.close()
  line.check()
  expect([looks.length, clock.waits()]).toEqual([1, []])
})

test('treats a check that throws as unreachable', async () => {
  const { line, looks, clock } = setup()
  line.suspect()
  looks[0]?.reject(new Error('a bug'))
  await expect.poll(() => line.state).toBe('offline')
  expect(clock.waits()).toEqual([1_000])
})
