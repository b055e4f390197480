import { expect, test } from 'vitest'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { timeLeftText } from '../../../electron/messages/time-left.ts'
import { barShares, percentDone } from '../../../renderer/ui/format.ts'
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
