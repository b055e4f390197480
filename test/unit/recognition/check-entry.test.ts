import type { BigIntStats } from 'node:fs'
import { expect, test } from 'vitest'
import { failureFromFileError, isCloudPlaceholder } from '../../../electron/recognition/check-entry.ts'

test.each([
  ['win32', 65_536n, 0n, true],
  ['darwin', 65_536n, 0n, true],
  ['linux', 65_536n, 0n, false],
  ['win32', 65_535n, 0n, false],
  ['darwin', 65_536n, 1n, false],
] as const)('on %s a file of %s bytes in %s blocks is only in a cloud drive: %s', (...row) => {
  const [platform, size, blocks, expected] = row
  expect(isCloudPlaceholder({ size, blocks } as BigIntStats, platform)).toBe(expected)
})

test.each([
  ['ENOENT', { code: 'file-missing', params: {} }],
  ['ENOTDIR', { code: 'file-missing', params: {} }],
  ['EACCES', { code: 'file-unreadable', params: {}, detail: 'EACCES' }],
])('the failure for %s is as expected', (code, expected) => {
  expect(failureFromFileError(Object.assign(new Error('no'), { code }))).toEqual(expected)
})

test('an error without a code is a file that can’t be read', () => {
  for (const error of [new Error('no'), { code: 'ENOENT' }, null]) {
    expect(failureFromFileError(error)).toMatchObject({ code: 'file-unreadable' })
  }
})
