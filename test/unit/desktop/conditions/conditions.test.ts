import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { createConditions } from '../../../../electron/desktop/conditions/conditions.ts'
import {
  defaultSettings,
  maxKnownNetworks,
  settingsSchema,
  type Settings,
} from '../../../../electron/contract/settings.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'
import { fakeEngine } from '../../../support/fake-engine.ts'

const noon = new Date(2026, 10, 24, 12, 0).getTime()
const studio = { id: 'uuid-1', name: 'Studio' }
const phone = { id: 'uuid-2', name: 'Phone' }

interface Options {
  /** The error with which holding the queue fails. */
  /** Whether changes of the settings can be saved. */
  readonly canSave?: boolean
}

function setup(change: Partial<Settings> = {}, { canSave = true }: Options = {}) {
  const clock = standingClock(noon)
  let settings: Settings = { ...defaultSettings, ...change }
  const held: boolean[] = []
  const reasons: (string | null)[] = []
  const limits: (number | null)[] = []
  const changes: { readonly now: Conditions; readonly before: Conditions }[] = []
  const environment = createTestEnvironment(clock)
  const conditions = createConditions({
    settings: {
      current: () => settings,
      change(more) {
        settings = { ...settings, ...more } as Settings
        return canSave ? success(settings) : failed(failure('settings-not-saved'))
      },
    },
    engine: fakeEngine({
      async hold(condition) {
        held.push(condition !== null)
        reasons.push(condition)
      },
      applySettings: ({ limitBytesPerSecond }) => void limits.push(limitBytesPerSecond),
    }),
    whenDone: {
      current: () => ({ whenDone: 'nothing', ending: null }),
      onChange: () => undefined,
    },
    environment,
  })
  conditions.onChange((now, before) => void changes.push({ now, before }))
  conditions.update()
  const changeSettings = (more: Partial<Settings>) => {
    settings = { ...settings, ...more }
    conditions.update()
  }
  return {
    conditions,
    clock,
    held,
    reasons,
    limits,
    changeSettings,
    settings: () => settings,
    lines: environment.lines,
  }
}

test('uploads pause below the chosen battery level and resume on mains power', () => {
  const { conditions, held, reasons } = setup({ pauseBelowPercent: 30 })
  conditions.setPower({ isOnBattery: true, percent: 30 })
  expect(held).toEqual([])
  conditions.setPower({ isOnBattery: true, percent: 29 })
  expect(conditions.current().hold).toEqual({ kind: 'battery', percent: 29, belowPercent: 30 })
  conditions.setPower({ isOnBattery: false, percent: 29 })
  expect([held, conditions.current().hold]).toEqual([[true, false], null])
  expect(reasons).toEqual(['battery', null])
})

test('a metered network pauses uploads if configured, an unknown one does not', () => {
  const { conditions, held, changeSettings } = setup({ pauseOnMetered: true })
  conditions.setNetwork({ metered: 'unknown', line: null })
  expect(held).toEqual([])
  conditions.setNetwork({ metered: 'yes', line: phone })
  expect(conditions.current().hold).toEqual({ kind: 'metered', line: phone })
  changeSettings({ pauseOnMetered: false })
  expect(held).toEqual([true, false])
})

test('the stored setting for a network outranks the system’s report', () => {
  const lines = [
    { ...phone, isMetered: false },
    { ...studio, isMetered: true },
  ]
  const { conditions, held } = setup({ pauseOnMetered: true, lines })
  conditions.setNetwork({ metered: 'yes', line: phone })
  expect(held).toEqual([])
  conditions.setNetwork({ metered: 'no', line: studio })
  expect(held).toEqual([true])
})

test('“send anyway” ends when the network changes', () => {
  const { conditions, held, settings } = setup({ pauseOnMetered: true })
  conditions.setNetwork({ metered: 'yes', line: phone })
  conditions.sendAnyway(false)
  expect([held, conditions.current().overridden]).toEqual([[true, false], 'metered'])
  conditions.setNetwork({ metered: 'no', line: studio })
  conditions.setNetwork({ metered: 'yes', line: phone })
  expect([held.at(-1), settings().lines]).toEqual([true, []])
})

test('reports an “always on this network” that cannot be saved, and sends until the end of the app', () => {
  const { conditions, held } = setup({ pauseOnMetered: true }, { canSave: false })
  conditions.setNetwork({ metered: 'yes', line: phone })
  expect(conditions.sendAnyway(false)).toEqual(success(undefined))
  expect(conditions.sendAnyway(true)).toEqual(failed(failure('settings-not-saved')))
  expect(held).toEqual([true, false])
})

test('“send anyway” does not override a later reason', () => {
  const { conditions } = setup({ pauseOnMetered: true, pauseBelowPercent: 30 })
  conditions.setNetwork({ metered: 'yes', line: phone })
  conditions.sendAnyway(false)
  conditions.setPower({ isOnBattery: true, percent: 10 })
  expect(conditions.current().hold?.kind).toBe('battery')
})

test('quiet hours begin and end by a timer', () => {
  const days = [0, 1, 2, 3, 4, 5, 6]
  const rule = { days, fromMinute: 12 * 60 + 5, toMinute: 12 * 60 + 15 }
  const { clock, held, limits } = setup({ quietHours: [{ ...rule, limitBytesPerSecond: null }] })
  clock.advance(5 * 60_000)
  expect(held).toEqual([true])
  clock.advance(10 * 60_000)
  expect([held, limits.at(-1)]).toEqual([[true, false], null])
})

test('the lower of the user’s and the quiet hours’ limit applies, with its end', () => {
  const days = [0, 1, 2, 3, 4, 5, 6]
  const rule = { days, fromMinute: 11 * 60, toMinute: 13 * 60, limitBytesPerSecond: 2_000_000 }
  const { conditions, limits, changeSettings } = setup({ quietHours: [rule] })
  const untilMs = new Date(2026, 10, 24, 13, 0).getTime()
  expect(conditions.current().limit).toEqual({ bytesPerSecond: 2_000_000, isFromQuietHours: true, untilMs })
  changeSettings({ limitBytesPerSecond: 1_000_000 })
  expect(conditions.current().limit).toEqual({ bytesPerSecond: 1_000_000, isFromQuietHours: false, untilMs })
  expect(limits).toEqual([2_000_000, 1_000_000])
})

test('a pause and its override last until the pause ends, not until an overlapping limit does', () => {
  const days = [0, 1, 2, 3, 4, 5, 6]
  const pause = { days, fromMinute: 11 * 60, toMinute: 14 * 60, limitBytesPerSecond: null }
  const limit = { days, fromMinute: 10 * 60, toMinute: 13 * 60, limitBytesPerSecond: 2_000_000 }
  const { conditions, clock, limits, held } = setup({ quietHours: [pause, limit] })
  const untilMs = new Date(2026, 10, 24, 14, 0).getTime()
  expect(conditions.current().hold).toEqual({ kind: 'quiet-hours', untilMs })
  conditions.sendAnyway(false)
  for (let minute = 0; minute < 90; minute += 10) clock.advance(10 * 60_000)
  expect(conditions.current()).toMatchObject({ hold: null, overridden: 'quiet-hours' })
  expect([held, limits.at(-1)]).toEqual([[true, false], null])
  for (let minute = 0; minute < 30; minute += 10) clock.advance(10 * 60_000)
  expect(conditions.current()).toMatchObject({ hold: null, overridden: null })
})

test('a network that is stored as unmetered replaces the oldest of too many', () => {
  const lines = Array.from({ length: maxKnownNetworks }, (_line, index) => ({
    ...{ id: `id-${index}`, name: 'Old', isMetered: true },
  }))
  const { conditions, settings } = setup({ pauseOnMetered: true, lines })
  conditions.setNetwork({ metered: 'yes', line: phone })
  conditions.sendAnyway(true)
  expect(settings().lines).toEqual([...lines.slice(1), { ...phone, isMetered: false }])
  expect(v.is(settingsSchema, settings())).toBe(true)
})
