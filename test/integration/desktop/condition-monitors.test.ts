import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import type { Totals } from '../../../electron/contract/uploads.ts'
import { startConditionMonitors } from '../../../electron/desktop/conditions/condition-monitors.ts'
import { powerMonitor } from '../../electron-host/power.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { pretendPlatform } from '../../support/pretended-app.ts'
import { patchOf } from '../../support/totals.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

/** Monitors on a system whose network and battery level can't be read. */
function setup(platform: NodeJS.Platform = 'freebsd') {
  pretendPlatform(platform)
  removeAddedListeners(powerMonitor)
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const settings = { ...defaultSettings }
  const called: string[] = []
  const record = (name: string) => () => void called.push(name)
  let networkChanged = () => {}
  const setPower = vi.fn()
  const monitors = startConditionMonitors({
    settings: { current: () => settings },
    engine: fakeEngine({
      networkChanged: record('network changed'),
      subscribe(listener) {
        networkChanged = listener.networkChanged ?? networkChanged
        return () => {}
      },
    }),
    conditions: { update: record('update'), setNetwork: record('network'), setPower },
    whenDone: { computerSuspended: record('suspended') },
    environment,
  })
  return {
    monitors,
    clock,
    settings,
    called,
    setPower,
    networkChanged: () => networkChanged(),
    messages: () => environment.lines.map(({ message }) => message),
  }
}

test('the conditions and the power source are read at the start', () => {
  const { called, setPower } = setup()
  expect([called, setPower.mock.calls]).toEqual([['update'], [[{ isOnBattery: false, percent: null }]]])
})

test('the computer going to sleep and waking up is logged and passed on', () => {
  const { called, setPower, messages } = setup()
  called.length = 0
  powerMonitor.emit('suspend')
  expect(called).toEqual(['suspended'])
  setPower.mockClear()
  powerMonitor.emit('resume')
  expect(called).toEqual(['suspended', 'network changed'])
  expect(setPower).toHaveBeenCalledTimes(1)
  expect(messages()).toEqual(['the computer is going to sleep', 'the computer resumed from sleep'])
})

test.each(['on-ac', 'on-battery'])('the power source is read again at the event %s', (event) => {
  onTestFinished(() => void (powerMonitor.onBatteryPower = false))
  const { setPower } = setup()
  powerMonitor.onBatteryPower = true
  powerMonitor.emit(event)
  expect(setPower.mock.lastCall).toEqual([{ isOnBattery: true, percent: null }])
})

test('the power source is read again after a change of the settings', () => {
  const { monitors, setPower } = setup()
  monitors.settingsChanged()
  expect(setPower).toHaveBeenCalledTimes(2)
})

test.each<[Partial<Totals>, boolean]>([
  [{ running: 1 }, true],
  [{ waiting: 1 }, true],
  [{ running: 1, waiting: 1 }, true],
  [{ paused: 1 }, false],
])('the battery is watched while uploads run or wait: %j', async (totals, isWatched) => {
  const { monitors, settings, setPower, clock } = setup()
  Object.assign(settings, { pauseBelowPercent: 20 })
  monitors.applyPatch(patchOf(totals))
  // On this system, reading the level takes no longer.
  await setImmediate()
  expect([setPower.mock.calls.length, clock.waits()]).toEqual(isWatched ? [2, [60_000]] : [1, []])
  monitors.applyPatch(patchOf({}))
  expect(clock.waits()).toEqual([])
})

test('the network is read if a setting needs it, when its addresses change or uploads run', async () => {
  const { monitors, settings, networkChanged, messages, clock } = setup('win32')
  networkChanged()
  monitors.applyPatch(patchOf({ running: 1 }))
  monitors.applyPatch(patchOf({}))
  // A read would have failed by then: there is no such program to start.
  await setImmediate()
  expect(messages()).toEqual([])
  Object.assign(settings, { pauseOnMetered: true })
  networkChanged()
  await expect.poll(messages).toEqual(['the network status could not be read'])
  expect(clock.waits()).toEqual([])
  monitors.applyPatch(patchOf({ waiting: 1 }))
  await expect.poll(() => clock.waits()).toEqual([60_000])
})
