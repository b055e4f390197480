import { expect, test } from 'vitest'
import { isRecordWrong, type Verification } from '../../../electron/contract/verification.ts'

test.each<[Verification | null | undefined, boolean]>([
  [{ kind: 'differs', differences: [], atMs: 1 }, true],
  [{ kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 }, true],
  [{ kind: 'not-verified', reason: 'offline', isFinal: false, atMs: 1 }, false],
  [{ kind: 'verified', atMs: 1 }, false],
  [{ kind: 'pending' }, false],
  [null, false],
  [undefined, false],
])('the record %j is wrong: %s', (verification, expected) => {
  expect(isRecordWrong(verification)).toBe(expected)
})
