import type { BigIntStats } from 'node:fs'
import { expect, test } from 'vitest'
import { isCloudPlaceholder } from '../../../electron/recognition/check-entry.ts'

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
