import { expect, test } from 'vitest'
import { translatorFor } from '../../../electron/messages/messages.ts'

test.each([
  ['en', 'Changes at 22:00 (quiet hours)'],
  ['zh-Hans', '静默时段将于 22:00 变更限速'],
  ['zh-Hant', '靜默時段將於 22:00 變更限速'],
] as const)('says that quiet hours change the limit, whether they start or end: %s', (locale, text) => {
  expect(translatorFor(locale)('limit.changes', { until: '22:00' })).toBe(text)
})
