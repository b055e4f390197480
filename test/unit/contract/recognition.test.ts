import { expect, test } from 'vitest'
import { confidenceOf, type MessageReference } from '../../../electron/contract/recognition.ts'

const reason = (key: string, params: MessageReference['params'] = {}) => ({ key, params })

test.each([
  ['reason.header', 'high'],
  ['reason.header-and-folder', 'high'],
  ['reason.header-over-folder', 'medium'],
  ['reason.folder', 'medium'],
  ['reason.name', 'low'],
  ['reason.unknown', 'none'],
  ['toString', 'none'],
])('a type for the reason %s has the confidence %s', (key, confidence) => {
  expect(confidenceOf({ reason: reason(key) })).toBe(confidence)
})
