import { expect, test } from 'vitest'
import { logLines } from '../../../electron/messages/log-text.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'

test('names unconfirmed parts unless storage has confirmed all of them since', () => {
  const at = '2026-01-02T03:04:05.000Z'
  const sending = { event: 'sending', at, interruptedParts: 2, unconfirmedBytes: 8_000_000 } as const
  const notes = (...after: readonly ('retrying' | 'failed' | 'registered')[]) =>
    logLines({ events: [sending, ...after.map((event) => ({ event, at }))] }, translatorFor('en'))[0]?.notes
  expect(notes('retrying', 'failed')).toEqual(['2 parts interrupted, 8.0 MB not confirmed by storage'])
  expect(notes('retrying', 'registered')).toEqual([])
})
