import { expect, test } from 'vitest'
import {
  basesOf,
  confidenceOf,
  evidenceOf,
  type MessageReference,
} from '../../../electron/contract/recognition.ts'

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

test('the evidence names its signs from the content to the name', () => {
  const all = reason('reason.header', { evidence: 'lora_up', folder: 'loras', hint: 'lora' })
  expect(evidenceOf({ reason: all, note: reason('note.name', { hint: 'xl' }) })).toEqual([
    { source: 'content', sign: 'lora_up' },
    { source: 'folder', sign: 'loras' },
    { source: 'name', sign: 'lora' },
    { source: 'name', sign: 'xl' },
  ])
})

test.each([
  [{ evidence: 'lora_up' }, 'content'],
  [{ folder: 'loras' }, 'folder'],
  [{ hint: 'lora' }, 'name'],
])('the evidence %j is only from the %s', (params, source) => {
  expect(evidenceOf({ reason: reason('reason.any', params) })).toEqual([
    { source, sign: Object.values(params).join('') },
  ])
})

test('there is no evidence without signs', () => {
  expect(evidenceOf({ reason: reason('reason.none'), note: reason('note.any') })).toEqual([])
})

test('a base is one family, one of several, or none', () => {
  expect([basesOf('SDXL'), basesOf('Flux.1 / Flux.2'), basesOf(null)]).toEqual([
    ['SDXL'],
    ['Flux.1', 'Flux.2'],
    [],
  ])
})
