import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { success } from '../../../../electron/contract/failures.ts'
import { createConditions } from '../../../../electron/desktop/conditions/conditions.ts'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

const noon = new Date(2026, 10, 24, 12, 0).getTime()
const studio = { id: 'uuid-1', name: 'Studio' }
const phone = { id: 'uuid-2', name: 'Phone' }

interface Options {
  /** How the queue fails to be held. */
  readonly holdError?: Error
}

function setup(change: Partial<Settings> = {}, { holdError }: Options = {}) {
  const clock = standingClock(noon)
  let settings: Settings = { ...defaultSettings, ...change }
  const held: boolean[] = []
  const limits: (number | null)[] = []
  const told: { readonly now: Conditions; readonly before: Conditions }[] = []
  const environment = testPorts(clock)
  const book = createConditions({
    settings: {
      current: () => settings,
      change(more) {
        settings = { ...settings, ...more } as Settings
        return success(settings)
      },
    },
    engine: {
      async hold(isHeld) {
        held.push(isHeld)
        if (holdError) throw holdError
      },
      applySettings: ({ limitBytesPerSecond }) => void limits.push(limitBytesPerSecond),
    },
    whenDone: { current: () => ({ whenDone: 'nothing', ending: null }) },
    changed: (now, before) => void told.push({ now, before }),
    environment,
  })
  book.update()
  const set = (more: Partial<Settings>) => {
    settings = { ...settings, ...more }
    book.update()
  }
  return { book, clock, held, limits, told, set, settings: () => settings, lines: environment.lines }
}

test('on battery it waits below the level that the person chose, and goes on at mains', () => {
  const { book, held } = setup({ pauseBelowPercent: 30 })
  book.setPower({ isOnBattery: true, percent: 30 })
  expect(held).toEqual([])
  book.setPower({ isOnBattery: true, percent: 29 })
  expect(book.current().hold).toEqual({ kind: 'battery', percent: 29, belowPercent: 30 })
  book.setPower({ isOnBattery: false, percent: 29 })
  expect([held, book.current().hold]).toEqual([[true, false], null])
})

test('who did not ask for it is not held up by a battery', () => {
  const { book, held } = setup()
  book.setPower({ isOnBattery: true, percent: 3 })
  expect(held).toEqual([])
})

test('a level that nobody tells stops nobody', () => {
  const { book, held } = setup({ pauseBelowPercent: 30 })
  book.setPower({ isOnBattery: true, percent: null })
  expect(held).toEqual([])
})

test('a metered line is waited out where the person wants that, and an unknown one is not', () => {
  const { book, held, set } = setup({ pauseOnMetered: true })
  book.setNetwork({ metered: 'unknown', line: null })
  expect(held).toEqual([])
  book.setNetwork({ metered: 'yes', line: phone })
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
  book.setNetwork({ metered: 'yes', line: phone })
  expect(held).toEqual([])
  book.setNetwork({ metered: 'no', line: studio })
  expect(held).toEqual([true])
})

test('“send anyway” holds on this line and no longer', () => {
  const { book, held, settings } = setup({ pauseOnMetered: true })
  book.setNetwork({ metered: 'yes', line: phone })
  book.sendAnyway(false)
  expect([held, book.current().overridden]).toEqual([[true, false], 'metered'])
  book.setNetwork({ metered: 'no', line: studio })
  book.setNetwork({ metered: 'yes', line: phone })
  expect([held.at(-1), settings().lines]).toEqual([true, []])
})

test('“always on this line” is kept', () => {
  const { book, held, settings } = setup({ pauseOnMetered: true })
  book.setNetwork({ metered: 'yes', line: phone })
  book.sendAnyway(true)
  expect(settings().lines).toEqual([{ ...phone, isMetered: false }])
  book.setNetwork({ metered: 'no', line: studio })
  book.setNetwork({ metered: 'yes', line: phone })
  expect(held).toEqual([true, false])
})

test('“send anyway” about one reason is no word about another that comes later', () => {
  const { book } = setup({ pauseOnMetered: true, pauseBelowPercent: 30 })
  book.setNetwork({ metered: 'yes', line: phone })
  book.sendAnyway(false)
  book.setPower({ isOnBattery: true, percent: 10 })
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

test('each change is told once with what was before it, and no change is not told', () => {
  const { book, told } = setup({ pauseBelowPercent: 30 })
  expect(told).toEqual([])
  const atFirst = book.current()
  book.setPower({ isOnBattery: true, percent: 29 })
  book.setPower({ isOnBattery: true, percent: 29 })
  book.update()
  const held = book.current()
  expect(told).toEqual([{ now: held, before: atFirst }])
  expect(held).toMatchObject({ hold: { kind: 'battery' }, power: { isOnBattery: true, percent: 29 } })
  book.sendAnyway(false)
  expect(told.slice(1)).toEqual([{ now: { ...held, hold: null, overridden: 'battery' }, before: held }])
})

test('a level of the battery that holds nothing is told too', () => {
  const { book, told } = setup()
  book.setPower({ isOnBattery: true, percent: 80 })
  expect(told.map(({ now }) => [now.hold, now.power.percent])).toEqual([[null, 80]])
})

test('quiet hours are told when they begin and when they end', () => {
  const rule = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 12 * 60 + 5, toMinute: 12 * 60 + 15 }
  const { clock, told } = setup({ quietHours: [{ ...rule, limitBytesPerSecond: null }] })
  clock.advance(5 * 60_000)
  clock.advance(10 * 60_000)
  expect(told.map(({ now }) => now.hold?.kind ?? null)).toEqual(['quiet-hours', null])
})

test('however often it looks, one timer runs, of ten minutes at most', () => {
  const rule = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 11 * 60, toMinute: 12 * 60 + 25 }
  const { book, clock, set } = setup({ quietHours: [{ ...rule, limitBytesPerSecond: 1_000 }] })
  book.update()
  expect(clock.waits()).toEqual([10 * 60_000])
  clock.advance(10 * 60_000)
  clock.advance(10 * 60_000)
  expect(clock.waits()).toEqual([5 * 60_000])
  set({ quietHours: [] })
  expect(clock.waits()).toEqual([])
})

test('a queue that can’t be held is logged, and the next change is passed on to it', async () => {
  const error = new Error('the queue is closed')
  const { book, held, lines } = setup({ pauseBelowPercent: 30 }, { holdError: error })
  book.setPower({ isOnBattery: true, percent: 29 })
  await expect
    .poll(() => lines.at(-1))
    .toEqual({
      ...{ level: 'error', message: 'the queue could not be held', facts: { error } },
    })
  book.setPower({ isOnBattery: false, percent: 29 })
  expect(held).toEqual([true, false])
})

test('what is sent anyway is over once its reason has ended', () => {
  const { book } = setup({ pauseBelowPercent: 30 })
  book.setPower({ isOnBattery: true, percent: 29 })
  book.sendAnyway(false)
  book.setPower({ isOnBattery: false, percent: 29 })
  book.setPower({ isOnBattery: true, percent: 29 })
  expect([book.current().hold?.kind, book.current().overridden]).toEqual(['battery', null])
})

test('quiet hours that are set aside hold again the next day', () => {
  const rule = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 12 * 60, toMinute: 13 * 60 }
  const { book, clock } = setup({ quietHours: [{ ...rule, limitBytesPerSecond: null }] })
  expect(book.current().hold?.kind).toBe('quiet-hours')
  book.sendAnyway(false)
  expect(book.current().hold).toBeNull()
  clock.advance(24 * 60 * 60_000)
  book.update()
  expect(book.current().hold?.kind).toBe('quiet-hours')
})

test('“always” about anything but the line keeps nothing', () => {
  const { book, settings } = setup({ pauseBelowPercent: 30 })
  book.setNetwork({ metered: 'no', line: studio })
  book.setPower({ isOnBattery: true, percent: 10 })
  book.sendAnyway(true)
  expect([book.current().hold, settings().lines]).toEqual([null, []])
})

test('“always on this line” takes the place of what was said of it, and leaves other lines alone', () => {
  const lines = [
    { ...studio, isMetered: false },
    { ...phone, isMetered: true },
  ]
  const { book, settings } = setup({ pauseOnMetered: true, lines })
  book.setNetwork({ metered: 'yes', line: phone })
  book.sendAnyway(true)
  expect(settings().lines).toEqual([
    { ...studio, isMetered: false },
    { ...phone, isMetered: false },
  ])
})
