import { expect, test } from 'vitest'
import { notSentOf } from '../../../electron/contract/review.ts'

test('a certain duplicate of a blocked file is sent instead of it, once', () => {
  const { blocked, skipped } = notSentOf([
    { kind: 'path-conflict', files: [{ id: 'original', name: 'Old' }] },
    {
      kind: 'duplicate',
      files: ['copy', 'second copy'].map((id) => ({ id, of: 'original', isCertain: true })),
    },
  ])
  expect([[...blocked], [...skipped]]).toEqual([['original'], ['second copy']])
})
