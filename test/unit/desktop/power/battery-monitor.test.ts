import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { success } from '../../../../electron/contract/failures.ts'
import { defaultSettings } from '../../../../electron/contract/settings.ts'
import { createConditions } from '../../../../electron/desktop/conditions/conditions.ts'
import { createBatteryMonitor } from '../../../../electron/desktop/power/battery-monitor.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'
import { fakeEngine } from '../../../support/fake-engine.ts'

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
    engine: fakeEngine({ hold: async () => undefined, applySettings: () => undefined }),
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
  return { fake, reported, monitor, conditions }
}

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
