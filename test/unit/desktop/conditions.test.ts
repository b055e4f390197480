import { expect, test } from 'vitest'
import type { Conditions } from '../../../electron/contract/conditions.ts'
import { success } from '../../../electron/contract/errors.ts'
import type { Settings } from '../../../electron/contract/settings.ts'
import { createConditions } from '../../../electron/desktop/conditions.ts'
import { defaultSettings } from '../../../electron/desktop/settings.ts'
import { standingClock } from '../../support/hand-clock.ts'

const noon = new Date(2026, 10, 24, 12, 0).getTime()
const studio = { id: 'uuid-1', name: 'Studio' }
const phone = { id: 'uuid-2', name: 'Phone' }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

function setup(change: Partial<Settings> = {}) {
  const clock = standingClock(noon)
  let settings: Settings = { ...defaultSettings, ...change }
  const held: boolean[] = []
  const limits: (number | null)[] = []
  const told: Conditions[] = []
  const book = createConditions({
    settings: {
      current: () => settings,
      change(more) {
        settings = { ...settings, ...more } as Settings
        return success(settings)
      },
    },
    uploader: {
      hold: async (isHeld) => void held.push(isHeld),
      applySettings: ({ limitBytesPerSecond }) => void limits.push(limitBytesPerSecond),
    },
    whenDone: { current: () => ({ whenDone: 'nothing', ending: null }) },
    changed: (now) => void told.push(now),
    ports: { now: clock.now, timers: clock.timers, log: silent },
  })
  book.look()
  const set = (more: Partial<Settings>) => {
    settings = { ...settings, ...more }
    book.look()
  }
  return { book, clock, held, limits, told, set, settings: () => settings }
}

test('on battery it waits below the level that the person chose, and goes on at mains', () => {
  const { book, held } = setup({ pauseBelowPercent: 30 })
  book.power({ isOnBattery: true, percent: 30 })
  expect(held).toEqual([])
  book.power({ isOnBattery: true, percent: 29 })
  expect(book.current().hold).toEqual({ kind: 'battery', percent: 29, belowPercent: 30 })
  book.power({ isOnBattery: false, percent: 29 })
  expect([held, book.current().hold]).toEqual([[true, false], null])
})

test('who did not ask for it is not held up by a battery', () => {
  const { book, held } = setup()
  book.power({ isOnBattery: true, percent: 3 })
  expect(held).toEqual([])
})

test('a level that nobody tells stops nobody', () => {
  const { book, held } = setup({ pauseBelowPercent: 30 })
  book.power({ isOnBattery: true, percent: null })
  expect(held).toEqual([])
})

test('a metered line is waited out where the person wants that, and an unknown one is not', () => {
  const { book, held, set } = setup({ pauseOnMetered: true })
  book.network({ metered: 'unknown', line: null })
  expect(held).toEqual([])
  book.network({ metered: 'yes', line: phone })
  expect(book.current().hold).toEqual({ kind: 'metered', line: phone })
  set({ pauseOnMetered: false })
  expect(held).toEqual([true, false])
})

test('the person’s word about a line outranks the system’s, both ways', () => {
  const lines = [
    { ...phone, isMetered: false },
    { ...studio, isMetered: true },
  ]
  const { book, held } = setup({ pauseOnMetered: true, lines })
  book.network({ metered: 'yes', line: phone })
  expect(held).toEqual([])
  book.network({ metered: 'no', line: studio })
  expect(held).toEqual([true])
})

test('“send anyway” holds on this line and no longer', () => {
  const { book, held, settings } = setup({ pauseOnMetered: true })
  book.network({ metered: 'yes', line: phone })
  book.sendAnyway(false)
  expect([held, book.current().overridden]).toEqual([[true, false], 'metered'])
  book.network({ metered: 'no', line: studio })
  book.network({ metered: 'yes', line: phone })
  expect([held.at(-1), settings().lines]).toEqual([true, []])
})

test('“always on this line” is kept', () => {
  const { book, held, settings } = setup({ pauseOnMetered: true })
  book.network({ metered: 'yes', line: phone })
  book.sendAnyway(true)
  expect(settings().lines).toEqual([{ ...phone, isMetered: false }])
  book.network({ metered: 'no', line: studio })
  book.network({ metered: 'yes', line: phone })
  expect(held).toEqual([true, false])
})

test('“send anyway” about one reason is no word about another that comes later', () => {
  const { book } = setup({ pauseOnMetered: true, pauseBelowPercent: 30 })
  book.network({ metered: 'yes', line: phone })
  book.sendAnyway(false)
  book.power({ isOnBattery: true, percent: 10 })
  expect(book.current().hold?.kind).toBe('battery')
})

test('quiet hours begin and end by the clock, without anybody asking', () => {
  const days = [0, 1, 2, 3, 4, 5, 6]
  const rule = { days, fromMinute: 12 * 60 + 5, toMinute: 12 * 60 + 15 }
  const { clock, held, limits } = setup({ quietHours: [{ ...rule, limitBytesPerSecond: null }] })
  clock.advance(5 * 60_000)
  expect(held).toEqual([true])
  clock.advance(10 * 60_000)
  expect([held, limits.at(-1)]).toEqual([[true, false], null])
})

test('the limit in force is the lower of the person’s and the hour’s, and says until when', () => {
  const days = [0, 1, 2, 3, 4, 5, 6]
  const rule = { days, fromMinute: 11 * 60, toMinute: 13 * 60, limitBytesPerSecond: 2_000_000 }
  const { book, limits, set } = setup({ quietHours: [rule] })
  const untilMs = new Date(2026, 10, 24, 13, 0).getTime()
  expect(book.current().limit).toEqual({ bytesPerSecond: 2_000_000, isFromQuietHours: true, untilMs })
  set({ limitBytesPerSecond: 1_000_000 })
  expect(book.current().limit).toEqual({ bytesPerSecond: 1_000_000, isFromQuietHours: false, untilMs })
  expect(limits).toEqual([2_000_000, 1_000_000])
})

test('without quiet hours no clock runs', () => {
  const { clock } = setup()
  expect(clock.waits()).toEqual([])
})
