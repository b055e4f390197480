import { expect, test } from 'vitest'
import {
  bytesByDtype,
  mainDtype,
  TensorTable,
  type TensorInfo,
} from '../../../../electron/recognition/formats/header.ts'

function tableOf(tensors: Iterable<readonly [name: string, info: TensorInfo]>): TensorTable {
  const table = new TensorTable()
  for (const [name, { dtype, shape, sizeBytes }] of tensors) {
    const bytes = Buffer.from(`<${name}>`)
    if (!table.begin(bytes, 1, bytes.length - 1)) throw new Error(`${name} occurs twice`)
    for (const length of shape) table.addDimension(length)
    table.complete(dtype, sizeBytes)
  }
  return table
}
const tensor = (dtype: string, sizeBytes: number, shape: readonly number[] = [sizeBytes]): TensorInfo => ({
  dtype,
  shape,
  sizeBytes,
})

test('refuses a second tensor of the same name', () => {
  const table = tableOf([['a', tensor('F16', 2)]])
  expect(table.begin(Buffer.from('a'), 0, 1)).toBe(false)
  expect(table.begin(Buffer.from('b'), 0, 1)).toBe(true)
})

test('adds the sizes of each element type', () => {
  const tensors = [
    ['a', tensor('F32', 4)],
    ['b', tensor('F16', 3)],
    ['c', tensor('F16', 2)],
    ['d', tensor('F32', 1)],
  ] as const
  for (const one of [tableOf(tensors), new Map(tensors)]) {
    expect([...bytesByDtype(one)]).toEqual([
      ['F32', 5],
      ['F16', 5],
    ])
    // Of two that are equal, the first.
    expect(mainDtype(one)).toBe('F32')
  }
  expect(mainDtype(tableOf([...tensors, ['e', tensor('F16', 1)]]))).toBe('F16')
})
