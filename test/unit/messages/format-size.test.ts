import { expect, test } from 'vitest'
import { formatBytes } from '../../../electron/messages/format-size.ts'

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [12_345, '12 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [1_000_000, '1.0 MB'],
  [99_900_000, '99.9 MB'],
  [950_000_000, '950 MB'],
  [999_999_999, '1.0 GB'],
  [6_800_000_000, '6.8 GB'],
  [123_456_000_000, '123.5 GB'],
  [5_000_000_000_000, '5.0 TB'],
  [5e15, '5,000.0 TB'],
])('formats %d bytes as %s', (bytes, shown) => {
  expect(formatBytes(bytes, 'en')).toBe(shown)
})

test('formats the same numbers with Chinese units', () => {
  expect(formatBytes(6_800_000_000, 'zh-Hans')).toMatch(/^6\.8\s?(GB|吉字节)$/)
  expect(formatBytes(6_800_000_000, 'zh-Hant')).toMatch(/^6\.8\s?GB$/)
  expect(formatBytes(12, 'zh-Hans')).toBe('12 字节')
  expect(formatBytes(85, 'zh-Hant')).toBe('85 位元組')
})

test('keeps the width of a number that grows within a unit', () => {
  const widths = new Set(
    Array.from({ length: 90 }, (_, step) => formatBytes(1_000_000_000 + step * 100_000_000, 'en').length),
  )
  expect([...widths]).toEqual([6])
})
