import * as v from 'valibot'
import { expect, test } from 'vitest'
import { settingsSchema, type Settings } from '../../../electron/contract/settings.ts'

const accepts = (name: keyof Settings, value: unknown) => v.is(settingsSchema.entries[name], value)
const hours = { days: [0], fromMinute: 0, toMinute: 1, limitBytesPerSecond: null }

test.each([
  ['on no day', { days: [] }, true],
  ['every day', { days: [0, 1, 2, 3, 4, 5, 6] }, true],
  ['on a day of the next week', { days: [7] }, false],
  ['on a day of the week before', { days: [-1] }, false],
  ['on eight days', { days: [0, 1, 2, 3, 4, 5, 6, 6] }, false],
  ['from the last minute of the day to the first', { fromMinute: 1_439, toMinute: 0 }, true],
  ['until midnight of the next day', { toMinute: 1_440 }, false],
  ['from before midnight', { fromMinute: -1 }, false],
  ['with a limit', { limitBytesPerSecond: 100_000 }, true],
  ['with a limit that would look like a stall', { limitBytesPerSecond: 99_999 }, false],
])('quiet hours %s are valid: %s', (_when, change, isValid) => {
  expect(accepts('quietHours', [{ ...hours, ...change }])).toBe(isValid)
})
