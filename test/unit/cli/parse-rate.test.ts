import { expect, test } from 'vitest'
import { parseRate } from '../../../electron/cli/parse-rate.ts'

test.each([
  ['5M', 5_000_000],
  ['5m', 5_000_000],
  ['2.5MB/s', 2_500_000],
  ['500K', 500_000],
  ['500KB', 500_000],
  ['1G', 1_000_000_000],
  ['2500000', 2_500_000],
  ['2500000/s', 2_500_000],
  ['off', null],
])('parses the speed %s', (text, bytesPerSecond) => {
  expect(parseRate(text)).toBe(bytesPerSecond)
})

test.each(['', 'fast', '5X', '-5M', '0', '99K', '11G', '5 M', '1e9', '5Mbit'])(
  'rejects the speed %j',
  (text) => {
    expect(parseRate(text)).toBeUndefined()
  },
)
