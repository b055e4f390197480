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

test.each([0, 1, 64, 65, 128, 129, 1_000])('keeps %i tensors in their order', (count) => {
  const tensors = Array.from(
    { length: count },
    (_none, index) => [`layers.${index}`, tensor(`T${index % 3}`, index + 1, [index, 2])] as const,
  )
  const table = tableOf(tensors)
  expect(table.size).toBe(count)
  expect([...table]).toEqual(tensors)
  expect([...table.keys()]).toEqual(tensors.map(([name]) => name))
  expect([...table.values()]).toEqual(tensors.map(([, info]) => info))
  expect(tensors.map(([name]) => table.get(name))).toEqual(tensors.map(([, info]) => info))
  expect([...tensors.keys()].map((index) => table.sizeOf(index))).toEqual(
    tensors.map(([, { sizeBytes }]) => sizeBytes),
  )
  expect([table.has('layers.0'), table.has('other'), table.get('other')]).toEqual([
    count > 0,
    false,
    undefined,
  ])
  expect(table.sizeOf(count)).toBe(0)
})

test('refuses a second tensor of the same name', () => {
  const table = tableOf([['a', tensor('F16', 2)]])
  expect(table.begin(Buffer.from('a'), 0, 1)).toBe(false)
  expect(table.begin(Buffer.from('b'), 0, 1)).toBe(true)
})

test('keeps up to 64 dimensions, and none of more', () => {
  const shapes = [64, 65, 66, 1].map((count) => Array<number>(count).fill(3))
  const table = tableOf(shapes.map((shape, index) => [`${index}`, tensor('F16', 2, shape)] as const))
  expect([...table.values()].map(({ shape }) => shape.length)).toEqual([64, 0, 0, 1])
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

test('tensors without elements have an element type, no tensors have none', () => {
  expect(mainDtype(tableOf([['a', tensor('F32', 0)]]))).toBe('F32')
  expect([mainDtype(new TensorTable()), mainDtype(new Map())]).toEqual([null, null])
})
