import { expect, test } from 'vitest'
import { tensorNamesBelow } from '../../../../electron/recognition/kinds/tensor-names.ts'

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
