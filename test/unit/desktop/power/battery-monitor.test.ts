import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { createBatteryMonitor } from '../../../../electron/desktop/power/battery-monitor.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

const minuteMs = 60_000

/** The watch of a system that tells no level by itself, so that it is read. */
function setup() {
  const world = { matters: true, isOnBattery: true, percent: 50, error: null as Error | null, reads: 0 }
  const clock = standingClock()
  const environment = testPorts(clock)
  const told: Conditions['power'][] = []
  const watch = createBatteryMonitor({
    platform: 'win32',
    isOnBattery: () => world.isOnBattery,
    async readLevel() {
      world.reads += 1
      if (world.error) throw world.error
      return world.percent
    },
    isNeeded: () => world.matters,
    onChange: (power) => void told.push(power),
    environment,
  })
  return { world, clock, told, watch, lines: environment.lines }
}

test('the level is read every minute while something is to be sent', async () => {
  const { world, clock, told, watch } = setup()
  watch.setActive(true)
  watch.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([minuteMs])
  world.percent = 49
  clock.advance(minuteMs)
  await expect.poll(() => told.map(({ percent }) => percent)).toEqual([50, 49])
  expect(clock.waits()).toEqual([minuteMs])
  watch.setActive(false)
  expect(clock.waits()).toEqual([])
})

test('a level that can’t be read is logged and read again a minute later', async () => {
  const { world, clock, told, watch, lines } = setup()
  world.error = new Error('no answer')
  watch.setActive(true)
  await expect
    .poll(() => lines)
    .toEqual([{ level: 'warn', message: 'the battery could not be read', facts: { error: world.error } }])
  expect(clock.waits()).toEqual([minuteMs])
  world.error = null
  clock.advance(minuteMs)
  await expect.poll(() => told).toEqual([{ isOnBattery: true, percent: 50 }])
})

test('while nothing is to be sent, a look reads once and starts no timer', async () => {
  const { clock, told, watch } = setup()
  watch.refresh()
  await expect.poll(() => told).toEqual([{ isOnBattery: true, percent: 50 }])
  expect(clock.waits()).toEqual([])
})

test('at mains no level is read', async () => {
  const { world, told, watch } = setup()
  world.isOnBattery = false
  watch.refresh()
  await expect.poll(() => told).toEqual([{ isOnBattery: false, percent: null }])
  expect(world.reads).toBe(0)
})

test('a level that matters to nobody is not read, and the timer ends', async () => {
  const { world, clock, told, watch } = setup()
  watch.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([minuteMs])
  world.matters = false
  watch.refresh()
  expect(told.at(-1)).toEqual({ isOnBattery: true, percent: null })
  expect([world.reads, clock.waits()]).toEqual([1, []])
})
