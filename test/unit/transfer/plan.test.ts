import { expect, test } from 'vitest'
import { planUpload } from '../../../electron/transfer/plan.ts'

const plan = (
  sizeBytes: number,
  singlePutLimitBytes = 500_000_000,
  credential: 'session' | 'device' = 'session',
) => planUpload({ sizeBytes, singlePutLimitBytes, credential })

test('a file up to the limit goes as one PUT', () => {
  expect([plan(1), plan(500_000_000), plan(500_000_000, 500_000_000, 'device')]).toEqual([
    ...[{ kind: 'whole' }, { kind: 'whole' }, { kind: 'whole' }],
  ])
})

test('no limit of a deployment allows a PUT above the 5 GiB of S3', () => {
  const limit = 50 * 1024 ** 3
  expect(plan(5 * 1024 ** 3, limit)).toEqual({ kind: 'whole' })
  expect(plan(5 * 1024 ** 3 + 1, limit).kind).not.toBe('whole')
})

test('a file above the limit is never sent whole with a device key, and the refusal names size and limit', () => {
  expect(plan(500_000_001, 500_000_000, 'device')).toMatchObject({
    kind: 'refused',
    failure: {
      code: 'too-large-for-device',
      params: { sizeBytes: 500_000_001, limitBytes: 500_000_000 },
    },
  })
})

test('a file above the largest object of S3 is refused for what it is', () => {
  expect(plan(5 * 1024 ** 4 + 1)).toMatchObject({
    kind: 'refused',
    failure: { code: 'too-large-for-storage', params: { limitBytes: 5 * 1024 ** 4 } },
  })
})
