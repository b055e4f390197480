import * as v from 'valibot'
import { expect, test } from 'vitest'
import {
  maxKnownNetworks,
  settingsChange,
  settingsSchema,
  withNetwork,
  type KnownNetwork,
  type Settings,
} from '../../../electron/contract/settings.ts'

const accepts = (name: keyof Settings, value: unknown) => v.is(settingsSchema.entries[name], value)
const network = (index: number): KnownNetwork => ({ id: `${index}`, name: 'Home', isMetered: true })
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

test('names of networks and licences are neither empty nor longer than a list can show', () => {
  const named = (length: number) => [{ ...network(1), name: 'n'.repeat(length) }]
  expect([0, 1, 200, 201].map((length) => accepts('lines', named(length)))).toEqual([
    false,
    true,
    true,
    false,
  ])
  const licence = (length: number) => [`  ${'n'.repeat(length)}  `]
  expect([0, 1, 100, 101].map((length) => accepts('confirmLicences', licence(length)))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(v.parse(settingsSchema.entries.confirmLicences, [' gpl '])).toEqual(['gpl'])
})

test('a network replaces its earlier entry, or the oldest one of a full list', () => {
  const full = Array.from({ length: maxKnownNetworks }, (_, index) => network(index))
  const changed = { ...network(5), isMetered: false }
  const replaced = withNetwork(full, changed)
  expect([replaced.length, replaced.at(-1), replaced[0]]).toEqual([100, changed, network(0)])
  const added = withNetwork(full, network(100))
  expect([added.length, added[0], added.at(-1)]).toEqual([100, network(1), network(100)])
  expect(withNetwork([], network(1))).toEqual([network(1)])
})

test('a change has any of the settings, and no other members', () => {
  expect(
    [{}, { dense: true }, { dense: 1 }, { other: true }].map((change) => v.is(settingsChange, change)),
  ).toEqual([true, true, false, false])
  // Its meaning is checked later, which gives a better message.
  expect(v.is(settingsChange, { server: 'http://example.org' })).toBe(true)
})
