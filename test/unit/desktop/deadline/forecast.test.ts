import { expect, test } from 'vitest'
import type { QuietHours } from '../../../../electron/contract/settings.ts'
import {
  forecastDeadline,
  type ForecastInputs,
  type OpenUpload,
} from '../../../../electron/desktop/deadline/forecast.ts'

const hourMs = 3_600_000
const gigabyte = 1_000_000_000
/** A Thursday evening in local time. */
const nowMs = new Date(2026, 10, 26, 22, 0).getTime()
const at = (hour: number, minute = 0, day = 27) => new Date(2026, 10, day, hour, minute).getTime()

let made = 0
function upload(gigabytes: number, change: Partial<OpenUpload> = {}): OpenUpload {
  made += 1
  const name = change.name ?? `file ${made}`
  return {
    id: name,
    name,
    position: made,
    leftBytes: gigabytes * gigabyte,
    isRunning: false,
    isUntouched: true,
    ...change,
  }
}

/** 36 GB an hour. */
function forecast(atMs: number, uploads: readonly OpenUpload[], change: Partial<ForecastInputs> = {}) {
  return forecastDeadline(atMs, {
    nowMs,
    uploads,
    bytesPerSecond: 10_000_000,
    settings: { quietHours: [], limitBytesPerSecond: null },
    overriddenUntilMs: null,
    ...change,
  })
}

const everyNight = (fromHour: number, toHour: number, limitBytesPerSecond: number | null): QuietHours => ({
  days: [0, 1, 2, 3, 4, 5, 6],
  fromMinute: fromHour * 60,
  toMinute: toHour * 60,
  limitBytesPerSecond,
})

test('is met if everything is sent in time at the measured speed', () => {
  expect(forecast(at(0), [upload(36), upload(36)])).toEqual({
    atMs: at(0),
    state: 'met',
    doneAtMs: nowMs + 2 * hourMs,
    suggestions: [],
  })
})

test('quiet hours that pause delay the end, unless they are overridden', () => {
  const settings = { quietHours: [everyNight(23, 7, null)], limitBytesPerSecond: null }
  expect(forecast(at(6), [upload(72)], { settings })).toMatchObject({ state: 'late', doneAtMs: at(8) })
  expect(forecast(at(9), [upload(72)], { settings })).toMatchObject({ state: 'met', doneAtMs: at(8) })
  const overridden = forecast(at(6), [upload(72)], {
    settings,
    nowMs: at(23, 30, 26),
    overriddenUntilMs: at(7),
  })
  expect(overridden).toMatchObject({ state: 'met', doneAtMs: at(1, 30) })
})

test('the lower of the limits of settings and quiet hours applies, each in its time', () => {
  const settings = { quietHours: [everyNight(23, 7, 1_000_000)], limitBytesPerSecond: 5_000_000 }
  // An hour at 5 MB/s, eight at 1 MB/s, the rest at 5 MB/s.
  expect(forecast(at(9), [upload(18 + 28.8 + 18)], { settings })).toMatchObject({ doneAtMs: at(8) })
})

test('suggests files that are in time if they are moved up: the first and the largest', () => {
  const uploads = [
    upload(18, { isRunning: true }),
    upload(60, { name: 'first' }),
    upload(20, { name: 'FLUX' }),
    upload(45, { name: 'Wan' }),
  ]
  const { state, suggestions } = forecast(at(0), uploads)
  expect(state).toBe('late')
  expect(suggestions.filter(({ kind }) => kind === 'move-up')).toEqual([
    { kind: 'move-up', id: 'FLUX', name: 'FLUX', doneAtMs: nowMs + (38 / 36) * hourMs },
    { kind: 'move-up', id: 'Wan', name: 'Wan', doneAtMs: nowMs + (63 / 36) * hourMs },
  ])
})

test('the order is that of the queue, with what runs first, and not that of the list', () => {
  const uploads = [
    upload(40, { name: 'third', position: 3 }),
    upload(30, { name: 'second', position: 2 }),
    upload(30, { name: 'first', position: 9, isRunning: true }),
  ]
  // 72 GB fit until midnight.
  expect(forecast(at(0), uploads).suggestions[0]).toMatchObject({ kind: 'move-up', id: 'third' })
})

test('suggests to leave out the fewest files of which nothing was sent', () => {
  const uploads = [
    upload(30, { name: 'running', isRunning: true }),
    upload(50, { name: 'begun', isUntouched: false }),
    upload(5, { name: 'small' }),
    upload(20, { name: 'medium' }),
    upload(28, { name: 'large' }),
  ]
  // 72 GB fit until midnight, 133 are left: no rest is small enough without what has begun.
  expect(forecast(at(0), uploads).suggestions.filter(({ kind }) => kind === 'leave-out')).toEqual([])
  // 108 GB fit until one.
  expect(forecast(at(1), uploads).suggestions.filter(({ kind }) => kind === 'leave-out')).toEqual([
    { kind: 'leave-out', ids: ['large'], leftBytes: 28 * gigabyte, doneAtMs: nowMs + (105 / 36) * hourMs },
  ])
})
