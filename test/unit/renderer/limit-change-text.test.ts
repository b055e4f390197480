import { expect, test } from 'vitest'
import { translatorFor } from '../../../electron/messages/messages.ts'

test.each([
  ['en', 'Changes at 22:00 (quiet hours)'],
  ['zh-Hans', '22:00 起限速改变（静默时段）'],
  ['zh-Hant', '22:00 起限速改變（靜默時段）'],
] as const)('says that quiet hours change the limit, whether they start or end: %s', (locale, text) => {
  expect(translatorFor(locale)('limit.changes', { until: '22:00' })).toBe(text)
})
