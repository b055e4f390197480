import { expect, test } from 'vitest'
import { partsFailure, planUpload } from '../../../electron/transfer/upload-plan.ts'

const plan = (
  sizeBytes: number,
  singlePutLimitBytes = 500_000_000,
  credential: 'session' | 'device' = 'session',
) => planUpload({ sizeBytes, singlePutLimitBytes, credential })

test('sends a file up to the limit as one PUT', () => {
  expect([plan(1), plan(500_000_000), plan(500_000_000, 500_000_000, 'device')]).toEqual([
    { kind: 'whole' },
    { kind: 'whole' },
    { kind: 'whole' },
  ])
})

test('never sends one PUT above S3’s 5 GiB, whatever the deployment’s limit is', () => {
  const limit = 50 * 1024 ** 3
  expect(plan(5 * 1024 ** 3, limit)).toEqual({ kind: 'whole' })
  expect(plan(5 * 1024 ** 3 + 1, limit).kind).not.toBe('whole')
})

test('refuses a file above the limit with a device key, naming size and limit', () => {
  expect(plan(500_000_001, 500_000_000, 'device')).toMatchObject({
    kind: 'refused',
    failure: {
      code: 'too-large-for-device',
      params: { sizeBytes: 500_000_001, limitBytes: 500_000_000 },
    },
  })
})

test('sends a file of exactly S3’s largest object size in parts', () => {
  expect(plan(5 * 1024 ** 4)).toEqual({ kind: 'parts' })
})

test('refuses a file above S3’s largest object size', () => {
  expect(plan(5 * 1024 ** 4 + 1)).toMatchObject({
    kind: 'refused',
    failure: { code: 'too-large-for-storage', params: { limitBytes: 5 * 1024 ** 4 } },
  })
})

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

test.each([
  ['one part of the whole file', 3, { partSizeBytes: 3, partCount: 1 }],
  ['a last part of one byte', 10 * mebibyte + 1, { partSizeBytes: 5 * mebibyte, partCount: 3 }],
  ['one part that is smaller than 5 MiB', 3, { partSizeBytes: mebibyte, partCount: 1 }],
  ['10,000 parts', 50_000 * mebibyte, { partSizeBytes: 5 * mebibyte, partCount: 10_000 }],
  ['parts of 5 GiB', 10 * gibibyte, { partSizeBytes: 5 * gibibyte, partCount: 2 }],
])('accepts %s', (_, sizeBytes, parts) => {
  expect(partsFailure(sizeBytes, parts)).toBeNull()
})

test.each([
  ['a part too few', 10 * mebibyte + 1, { partSizeBytes: 5 * mebibyte, partCount: 2 }],
  ['a part too many', 10 * mebibyte, { partSizeBytes: 5 * mebibyte, partCount: 3 }],
  ['10,001 parts', 50_000 * mebibyte + 1, { partSizeBytes: 5 * mebibyte, partCount: 10_001 }],
  ['a part above 5 GiB', 5 * gibibyte + 1, { partSizeBytes: 5 * gibibyte + 1, partCount: 1 }],
  ['two parts below 5 MiB', 5 * mebibyte, { partSizeBytes: 5 * mebibyte - 1, partCount: 2 }],
  ['parts of zero bytes', 3, { partSizeBytes: 0, partCount: 3 }],
])('refuses %s before a byte is read', (_, sizeBytes, parts) => {
  expect(partsFailure(sizeBytes, parts)).toEqual({
    code: 'parts-do-not-fit',
    params: { ...parts, sizeBytes },
  })
})
