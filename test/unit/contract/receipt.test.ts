import * as v from 'valibot'
import { expect, test } from 'vitest'
import { receiptOf, receiptSchema, type Receipt } from '../../../electron/contract/receipt.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { registeredRecord } from '../../support/records.ts'

const row = toUploadRow(registeredRecord({ addedAtMs: 0, finishedAtMs: 60_000 }), null)
const receipt = (change: object = {}) => receiptOf({ ...row, ...change })

test('a receipt says what was registered where, and when', () => {
  expect(receipt()).toEqual({
    receipt: 'modelferry upload',
    version: 1,
    file: { name: row.fileName, sizeBytes: row.sizeBytes, sha256: row.sha256 },
    model: {
      id: row.modelId,
      name: row.target.displayName,
      type: row.target.modelType,
      path: row.target.modelPath,
    },
    team: row.team,
    server: 'cloud.example',
    storageKey: row.storageKey,
    addedAt: '1970-01-01T00:00:00.000Z',
    registeredAt: '1970-01-01T00:01:00.000Z',
    verifiedAt: null,
  })
})

const valid = receipt({
  recognition: { ...row.recognition, group: { key: 'k', name: 'Wan', kind: 'shards' } },
})
const accepts = (change: (given: Receipt) => object) =>
  valid !== null && v.is(receiptSchema, { ...valid, ...change(valid) })

test('a written receipt can be read again', () => {
  expect(valid?.partOf).toEqual({ name: 'Wan', kind: 'shards' })
  expect(accepts(() => ({}))).toBe(true)
})

test.each<[string, (given: Receipt) => object]>([
  ['is for something else', () => ({ receipt: 'modelferry log' })],
  ['has another version', () => ({ version: 2 })],
  ['has a negative size', ({ file }) => ({ file: { ...file, sizeBytes: -1 } })],
  ['has a size with a fraction', ({ file }) => ({ file: { ...file, sizeBytes: 0.5 } })],
  ['has no SHA-256', ({ file }) => ({ file: { ...file, sha256: 'a'.repeat(63) } })],
  ['has a wrong time', () => ({ addedAt: 'yesterday' })],
])('a receipt that %s is refused', (_what, change) => {
  expect(accepts(change)).toBe(false)
})

test.each([
  ['that is not registered', { phase: 'finishing' }],
  ['without a hash', { sha256: null }],
  ['without a model', { modelId: null }],
  ['without an end', { finishedAtMs: null }],
])('an upload %s has no receipt', (_which, change) => {
  expect(receipt(change)).toBeNull()
})
