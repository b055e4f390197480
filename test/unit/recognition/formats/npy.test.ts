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

/** An array's beginning with this header, in a version with 2 or 4 bytes for its length. */
function withHeader(header: string, [major, minor]: readonly [number, number] = [1, 0]): Buffer {
  const length = Buffer.alloc(major === 1 ? 2 : 4)
  length.writeUIntLE(header.length, 0, length.length)
  return Buffer.concat([
    Buffer.from('\u0093NUMPY', 'latin1'),
    Buffer.from([major, minor]),
    length,
    Buffer.from(header),
  ])
}

/** Reads a few bytes at a time, so that a read that doesn't wait for its bytes fails. */
async function readStart(bytes: Buffer) {
  const result = await readNpyHeader(new ByteWindow(bufferSource(bytes), 0, bytes.length, 1))
  return result.ok ? result.value : result.problem
}
const valid = "{'descr':'<f4','fortran_order':True,'shape':(3,2)}"

test.each([
  `${valid}x`,
  `${valid} x`,
  `[${valid}]`,
  `'descr'`,
  valid.replace(",'shape':(3,2)", ''),
  valid.replace('{', "{'more':1,"),
  valid.replace('True', '1'),
  valid.replace('True', 'true'),
  valid.replace("'shape'", '7'),
  valid.replace(':(', ' ('),
  valid.replace("'descr'", "'shape'"),
  valid.replace("','f", "' 'f"),
  valid.replace('3,2', '3 2'),
  valid.replace('3', '3.5'),
  valid.replace('(3,2)', '(-1,)'),
  valid.replace("'<f4'", "'\\x7cO'"),
  valid.replace("'<f4'", "'<f4','descr':'|O'"),
  '',
  valid.replace("'<f4'", `${'['.repeat(21)}${']'.repeat(21)}`),
  valid.replace("'<f4'", `${"{'a':".repeat(21)}1${'}'.repeat(21)}`),
])('refuses the header %j', async (header) => {
  const problem = 'an array with another header'
  expect(await readStart(withHeader(header))).toBe(problem)
  const { failure } = await readContent(bufferSource(withHeader(header)), 'm.npy')
  expect(failure).toMatchObject({ code: 'file-not-scanned', params: { problem } })
})

test('treats malformed record types as possible objects', async () => {
  for (const type of [
    "[('x',)]",
    "[('x', '<f4', (2,), 1)]",
    "[('x', '<f4', 2)]",
    "['<f4']",
    "[('x', '<f3')]",
    '4',
    "{'names': 'x'}",
    '['.repeat(20) + ']'.repeat(20),
  ]) {
    expect(await readStart(withHeader(valid.replace("'<f4'", type))), type).toBeNull()
  }
})
