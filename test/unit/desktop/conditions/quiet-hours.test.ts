import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { QuietHours } from '../../../../electron/contract/settings.ts'
import { quietHoursAt } from '../../../../electron/desktop/conditions/quiet-hours.ts'

const zone = process.env['TZ']
beforeAll(() => void (process.env['TZ'] = 'Europe/Berlin'))
afterAll(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const everyDay = [0, 1, 2, 3, 4, 5, 6]
const hours = (from: number, to: number, change: Partial<QuietHours> = {}): QuietHours => ({
  days: everyDay,
  fromMinute: from * 60,
  toMinute: to * 60,
  limitBytesPerSecond: null,
  ...change,
})
const at = (text: string) => Date.parse(text)
const isoTime = (timeMs: number | null) => (timeMs === null ? null : new Date(timeMs).toISOString())
const until = (rules: readonly QuietHours[], now: string) => {
  const { isPause, limitBytesPerSecond, untilMs } = quietHoursAt(rules, at(now))
  return { isPause, limitBytesPerSecond, until: isoTime(untilMs) }
}
const pauseUntil = (rules: readonly QuietHours[], now: string) =>
  isoTime(quietHoursAt(rules, at(now)).pauseUntilMs)
const pause = { isPause: true, limitBytesPerSecond: null }
const free = { isPause: false, limitBytesPerSecond: null }

describe('quiet hours', () => {
  test('include their start and exclude their end', () => {
    const rules = [hours(9, 18)]
    expect(until(rules, '2026-11-24T08:59:59+01:00')).toEqual({ ...free, until: '2026-11-24T08:00:00.000Z' })
    expect(until(rules, '2026-11-24T09:00:00+01:00')).toEqual({ ...pause, until: '2026-11-24T17:00:00.000Z' })
    expect(until(rules, '2026-11-24T18:00:00+01:00')).toEqual({ ...free, until: '2026-11-25T08:00:00.000Z' })
  })

  test('past midnight belong to the day on which they began', () => {
    // Friday night, until Saturday morning; the 27th of November 2026 is a Friday.
    const rules = [hours(22, 7, { days: [5] })]
    expect(until(rules, '2026-11-27T23:00:00+01:00')).toEqual({ ...pause, until: '2026-11-28T06:00:00.000Z' })
    expect(until(rules, '2026-11-28T06:59:00+01:00').isPause).toBe(true)
    expect(until(rules, '2026-11-28T23:00:00+01:00').isPause).toBe(false)
  })

  test.each(['2026-11-24T12:00:00+01:00', '2026-03-24T23:30:00+01:00', '2026-10-20T00:00:00+02:00'])(
    'of whole days have no gap between them, also when the clocks change (%s)',
    (now) => {
      expect(until([hours(0, 0)], now)).toEqual({ ...pause, until: null })
    },
  )

  test('follow local time on days when the clocks change', () => {
    const rules = [hours(22, 7)]
    // 29 March 2026: 2:00 becomes 3:00, the night is eight hours long.
    expect(until(rules, '2026-03-28T22:00:00+01:00')).toEqual({ ...pause, until: '2026-03-29T05:00:00.000Z' })
    // 25 October 2026: 3:00 becomes 2:00, the night is ten hours long.
    expect(until(rules, '2026-10-24T22:00:00+02:00')).toEqual({ ...pause, until: '2026-10-25T06:00:00.000Z' })
  })
})

describe('several active rules', () => {
  const slow = hours(8, 20, { limitBytesPerSecond: 1_000_000 })
  const slower = hours(12, 13, { limitBytesPerSecond: 500_000 })

  test('apply the lower limit until it changes', () => {
    expect(until([slow, slower], '2026-11-24T12:30:00+01:00')).toEqual({
      isPause: false,
      limitBytesPerSecond: 500_000,
      until: '2026-11-24T12:00:00.000Z',
    })
  })
})

describe('the end of a pause', () => {
  const night = hours(22, 7)

  test('is not the boundary of a limit that overlaps the pause', () => {
    const rules = [night, hours(6, 23, { limitBytesPerSecond: 2_000_000 })]
    expect(until(rules, '2026-11-24T22:10:00+01:00').until).toBe('2026-11-24T22:00:00.000Z')
    expect(pauseUntil(rules, '2026-11-24T22:10:00+01:00')).toBe('2026-11-25T06:00:00.000Z')
    expect(pauseUntil(rules, '2026-11-24T23:30:00+01:00')).toBe('2026-11-25T06:00:00.000Z')
    expect(pauseUntil(rules, '2026-11-25T06:30:00+01:00')).toBe('2026-11-25T06:00:00.000Z')
  })

  test('is the last end of the pauses that overlap', () => {
    expect(pauseUntil([night, hours(6, 9)], '2026-11-24T22:10:00+01:00')).toBe('2026-11-25T08:00:00.000Z')
  })
})
