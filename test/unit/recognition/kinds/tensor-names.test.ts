import { expect, test } from 'vitest'
import { tensorNames, tensorNamesBelow } from '../../../../electron/recognition/kinds/tensor-names.ts'

test('leaves out the first prefix that more than five tensors have', () => {
  const tensorsOf = (names: readonly string[]) =>
    new Map(names.map((name) => [name, { dtype: 'F16', shape: [4], sizeBytes: 8 }]))
  const below = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, number) => `${prefix}${number}.weight`)
  const prefixes = ['model.net.', 'net.', 'model.']
  const few = tensorNamesBelow(tensorsOf([...below('net.', 5), 'other.weight']), prefixes)
  expect([few.prefix, few.count, few.has('net.0.weight')]).toEqual(['', 6, true])
  const many = tensorNamesBelow(tensorsOf([...below('model.net.', 5), ...below('net.', 6)]), prefixes)
  expect([many.prefix, many.count, many.has('5.weight'), many.has('net.0.weight')]).toEqual([
    'net.',
    6,
    true,
    false,
  ])
  expect(many.shape('5.weight')).toEqual([4])
})

const info = { dtype: 'F16', shape: [4], sizeBytes: 8 }
const countOf = (names: readonly string[]) => tensorNames(new Map(names.map((name) => [name, info]))).count
const numbered = (count: number, length = 6) =>
  Array.from({ length: count }, (_none, index) => String(index).padStart(length, '.'))

test('searches the first 100,000 names', () => {
  expect([countOf(numbered(100_000)), countOf(numbered(100_001))]).toEqual([100_000, 100_000])
})

test('leaves out names of more than 1,000 characters', () => {
  expect(countOf(['x'.repeat(1_000), 'x'.repeat(1_001), 'y'])).toBe(2)
})

test('searches the names up to 16,000,000 characters, with those that it leaves out', () => {
  expect([countOf(numbered(16_000, 1_000)), countOf(numbered(16_001, 1_000))]).toEqual([16_000, 16_000])
  const [most, more] = [16_000_000, 16_000_001].map((length) => 'x'.repeat(length - 1))
  expect([countOf(['a', most ?? '', '']), countOf(['a', more ?? '', ''])]).toEqual([2, 1])
})

test('has no shape for a tensor that doesn’t exist, and no first name for a beginning that none has', () => {
  const names = tensorNames(new Map([['net.a', info]]), 'net.')
  expect([names.shape('a'), names.shape('b'), names.has('b')]).toEqual([[4], [], false])
  expect([names.startingWith('a'), names.startingWith('b')]).toEqual(['a', undefined])
})
