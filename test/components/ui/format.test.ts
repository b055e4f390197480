import { expect, test } from 'vitest'
import { regionalTag, translatorFor } from '../../../electron/messages/messages.ts'
import { timeLeftText } from '../../../electron/messages/time-left.ts'
import { barShares, percentDone } from '../../../renderer/ui/format.ts'
import { limitOf } from '../../../renderer/settings/servers/servers-state.svelte.ts'
import { registeredRow, sendingRow } from '../support/rows.ts'

test.each([
  [12, 'less than a minute'],
  [60, 'about 1 min'],
  [745, 'about 12 min'],
  [1_380, 'about 25 min'],
  [3_600, 'about 1 h'],
  [5_500, 'about 1 h 30 min'],
  [7_150, 'about 2 h'],
  [40_000, 'about 11 h'],
  [200_000, 'about 2 days'],
])('formats %d seconds as “%s”', (seconds, words) => {
  expect(timeLeftText(seconds, translatorFor('en'))).toBe(words)
})

test('never shows 100 percent before the model is registered', () => {
  const sent = sendingRow('a', { phase: 'registering', sentBytes: 1_000_000_000, inFlightBytes: 0 })
  expect([percentDone(sent), barShares(sent)]).toEqual([99, { solid: 0.99, light: 0 }])
  expect([percentDone(registeredRow('a')), barShares(registeredRow('a'))]).toEqual([
    100,
    { solid: 1, light: 0 },
  ])
})

test('the percentage includes bytes in flight, which the bar shows separately', () => {
  const row = sendingRow('a', { sentBytes: 400_000_000, inFlightBytes: 50_000_000 })
  expect([percentDone(row), barShares(row)]).toEqual([45, { solid: 0.4, light: 0.05 }])
})

test('formats dates for the user’s region in any of the three languages', () => {
  const preferred = ['de-DE', 'en-GB', 'zh-HK']
  expect([
    regionalTag('en', preferred),
    regionalTag('zh-Hant', preferred),
    regionalTag('zh-Hans', preferred),
  ]).toEqual(['en-GB', 'zh-HK', 'zh-Hans'])
})

test('accepts a limit in whole MB within the range of the storage', () => {
  expect(['500', ' 6 ', '5368', '5', '5369', '1.5', '', 'much'].map(limitOf)).toEqual([
    500_000_000,
    6_000_000,
    5_368_000_000,
    null,
    null,
    null,
    null,
    null,
  ])
})
