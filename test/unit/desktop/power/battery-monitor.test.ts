import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { success } from '../../../../electron/contract/failures.ts'
import { defaultSettings } from '../../../../electron/contract/settings.ts'
import { createConditions } from '../../../../electron/desktop/conditions/conditions.ts'
import { createBatteryMonitor } from '../../../../electron/desktop/power/battery-monitor.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

const minuteMs = 60_000

/** A monitor on a system without events for the level. */
function setup() {
  const fake = {
    isNeeded: true,
    isOnBattery: true,
    percent: 50 as number | null,
    error: null as Error | null,
    reads: 0,
  }
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const reported: Conditions['power'][] = []
  const settings = { ...defaultSettings, pauseBelowPercent: 30 }
  const conditions = createConditions({
    settings: { current: () => settings, change: () => success(settings) },
    engine: { hold: async () => undefined, applySettings: () => undefined },
    whenDone: { current: () => ({ whenDone: 'nothing', ending: null }), onChange: () => undefined },
    environment,
  })
  const monitor = createBatteryMonitor({
    platform: 'win32',
    isOnBattery: () => fake.isOnBattery,
    async readLevel() {
      fake.reads += 1
      if (fake.error) throw fake.error
      return fake.percent
    },
    isNeeded: () => fake.isNeeded,
    onChange(power) {
      reported.push(power)
      conditions.setPower(power)
    },
    environment,
  })
  return { fake, clock, reported, monitor, conditions, lines: environment.lines }
}

test('an active monitor reads the level every minute', async () => {
  const { fake, clock, reported, monitor } = setup()
  monitor.setActive(true)
  monitor.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([minuteMs])
  fake.percent = 49
  clock.advance(minuteMs)
  await expect.poll(() => reported.map(({ percent }) => percent)).toEqual([50, 49])
  expect(clock.waits()).toEqual([minuteMs])
  monitor.setActive(false)
  expect(clock.waits()).toEqual([])
})

test('a failed read is logged and repeated after a minute', async () => {
  const { fake, clock, reported, monitor, lines } = setup()
  fake.error = new Error('no answer')
  monitor.setActive(true)
  await expect
    .poll(() => lines)
    .toEqual([{ level: 'warn', message: 'the battery could not be read', facts: { error: fake.error } }])
  expect(clock.waits()).toEqual([minuteMs])
  fake.error = null
  clock.advance(minuteMs)
  await expect.poll(() => reported).toEqual([{ isOnBattery: true, percent: 50 }])
})

test('an unknown level on battery power keeps the last one until the computer is plugged in', async () => {
  const { fake, reported, monitor } = setup()
  const refresh = async (isOnBattery: boolean, percent: number | null) => {
    Object.assign(fake, { isOnBattery, percent })
    const before = reported.length
    monitor.refresh()
    await expect.poll(() => reported.length).toBe(before + 1)
    return reported.at(-1)
  }
  expect(await refresh(true, 20)).toEqual({ isOnBattery: true, percent: 20 })
  expect(await refresh(true, null)).toEqual({ isOnBattery: true, percent: 20 })
  expect(await refresh(false, null)).toEqual({ isOnBattery: false, percent: null })
  expect(await refresh(true, null)).toEqual({ isOnBattery: true, percent: null })
})

test('a failed read ends neither a pause nor the decision to send anyway', async () => {
  const { fake, conditions, monitor, reported } = setup()
  fake.percent = 20
  monitor.refresh()
  await expect.poll(() => conditions.current().hold?.kind).toBe('battery')
  fake.percent = null
  monitor.refresh()
  await expect.poll(() => reported.length).toBe(2)
  expect(conditions.current().hold?.kind).toBe('battery')
  conditions.sendAnyway(false)
  monitor.refresh()
  await expect.poll(() => reported.length).toBe(3)
  fake.percent = 19
  monitor.refresh()
  await expect.poll(() => reported.length).toBe(4)
  expect([conditions.current().hold, conditions.current().overridden]).toEqual([null, 'battery'])
})

test('a refresh while inactive reads once and starts no timer', async () => {
  const { clock, reported, monitor } = setup()
  monitor.refresh()
  await expect.poll(() => reported).toEqual([{ isOnBattery: true, percent: 50 }])
  expect(clock.waits()).toEqual([])
})

test('the level is not read on mains power', async () => {
  const { fake, reported, monitor } = setup()
  fake.isOnBattery = false
  monitor.refresh()
  await expect.poll(() => reported).toEqual([{ isOnBattery: false, percent: null }])
  expect(fake.reads).toBe(0)
})

test('the level is not read when no setting needs it', async () => {
  const { fake, clock, reported, monitor } = setup()
  monitor.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([minuteMs])
  fake.isNeeded = false
  monitor.refresh()
  expect(reported.at(-1)).toEqual({ isOnBattery: true, percent: null })
  expect([fake.reads, clock.waits()]).toEqual([1, []])
})

test('two reads at the same time start one timer', async () => {
  const { clock, reported, monitor } = setup()
  monitor.setActive(true)
  monitor.refresh()
  await expect.poll(() => reported.length).toBe(2)
  expect(clock.waits()).toEqual([minuteMs])
})
