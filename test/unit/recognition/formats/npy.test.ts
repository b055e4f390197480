import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'
import { readNpyHeader } from '../../../../electron/recognition/formats/npy.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { npyOf } from '../../../fixtures/pickles.ts'

const sizeOf = async (elementType: string, shape: readonly number[] = [3]) => {
  const result = await readNpyHeader(
    new ByteWindow(bufferSource(npyOf(elementType, shape, Buffer.from('elements')))),
  )
  return result.ok ? result.value : result.problem
}

test('computes the size of numbers, texts and records', async () => {
  expect(await sizeOf("'<f4'", [2, 3])).toBe(24)
  expect(await sizeOf("'|b1'", [])).toBe(1)
  expect(await sizeOf("'<U5'")).toBe(60)
  expect(await sizeOf("'|S7'")).toBe(21)
  expect(await sizeOf("'<c16'", [0, 9])).toBe(0)
  expect(await sizeOf("'<M8[ns]'")).toBe(24)
  expect(await sizeOf("[('x', '<f4'), ('y', '<i2', (2, 2)), ('', '|V2')]")).toBe(42)
  expect(await sizeOf("[('inner', [('x', '<f8')])]")).toBe(24)
})

test('treats elements that may be Python objects as a pickle', async () => {
  for (const type of [
    "'|O'",
    "'object'",
    "'O,f4'",
    "'f4,O'",
    "[('x', '<f4'), ('y', '|O')]",
    "('<f4', (2,))",
  ]) {
    expect(await sizeOf(type), type).toBeNull()
  }
})

test('reports a header that numpy doesn’t write', async () => {
  const [start, end] = [npyOf("'<f4'", [], Buffer.alloc(0)).subarray(0, 8), "'shape': (), }"]
  const headers = [
    `{'descr': '<f4', 'fortran_order': False, ${end} extra`,
    `{'descr': '\\x7cO', 'fortran_order': False, ${end}`,
    `{'descr': '<f4', 'descr': '|O', 'fortran_order': False, ${end}`,
    `{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }`,
    `${'['.repeat(1_000)}`,
    '',
  ]
  for (const header of headers) {
    const length = Buffer.alloc(2)
    length.writeUInt16LE(header.length)
    const bytes = Buffer.concat([start, length, Buffer.from(header)])
    expect((await readContent(bufferSource(bytes), 'm.npy')).failure?.code, header).toBe('file-not-scanned')
  }
})

test('reports missing and additional bytes', async () => {
  const read = async (elements: number) =>
    (await readContent(bufferSource(npyOf("'<f4'", [4], Buffer.alloc(elements))), 'm.npy')).failure?.params
  expect(await read(16)).toBeUndefined()
  expect(await read(15)).toEqual({ problem: 'it ends in the middle' })
  expect(await read(17)).toEqual({ problem: 'bytes follow its end' })
})
