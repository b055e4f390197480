import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { parseOnnx } from '../../../../electron/recognition/formats/onnx.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { hiddenOnnxPlaces, nestedOnnx, onnxOf, onnxWithHidden } from '../../../fixtures/onnx-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'

const whole = onnxOf([
  { name: 'conv.weight', shape: [64, 4, 3, 3] },
  { name: 'far', shape: [8, 8], external: { location: 'weights.data', length: 128 } },
])

test('reads a graph’s producer, inputs, tensors and external weights', async () => {
  const read = await parseOnnx(bufferSource(whole))
  if (!read.ok) throw new Error(read.problem)
  const { producer, inputs, external, tensors } = read.value
  expect({ producer, inputs, external: [...external], tensors: [...tensors] }).toEqual({
    producer: 'pytorch 2.5.0, opset 17',
    inputs: ['sample: F16[batch,4]'],
    external: [['weights.data', 128]],
    tensors: [
      ['conv.weight', { dtype: 'F16', shape: [64, 4, 3, 3], sizeBytes: 4608 }],
      ['far', { dtype: 'F16', shape: [8, 8], sizeBytes: 128 }],
    ],
  })
})

// Sizes of 16 values by the types of TensorProto.DataType (onnx.proto).
test.each([
  [1, 'F32', 64],
  [2, 'U8', 16],
  [3, 'I8', 16],
  [4, 'U16', 32],
  [5, 'I16', 32],
  [6, 'I32', 64],
  [7, 'I64', 128],
  [8, 'STRING', 0],
  [9, 'BOOL', 16],
  [10, 'F16', 32],
  [11, 'F64', 128],
  [12, 'U32', 64],
  [13, 'U64', 128],
  [14, 'C64', 128],
  [15, 'C128', 256],
  [16, 'BF16', 32],
  [17, 'F8_E4M3', 16],
  [18, 'F8_E4M3FNUZ', 16],
  [19, 'F8_E5M2', 16],
  [20, 'F8_E5M2FNUZ', 16],
  [21, 'U4', 8],
  [22, 'I4', 8],
  [23, 'F4', 8],
  [24, 'F8_E8M0', 16],
  [25, 'U2', 4],
  [26, 'I2', 4],
  [99, 'type 99', 0],
])('reads values of type %i as %s', async (type, dtype, sizeBytes) => {
  const read = await parseOnnx(bufferSource(onnxOf([{ name: 'a', shape: [16], type }])))
  expect(read.ok && read.value.tensors.get('a')).toEqual({ dtype, shape: [16], sizeBytes })
})

test('reads the metadata of a model', async () => {
  const pair = (key: string, value: string) => {
    const inside = Buffer.concat([
      Buffer.from([0x0a, key.length]),
      Buffer.from(key),
      Buffer.from([0x12, value.length]),
      Buffer.from(value),
    ])
    return Buffer.concat([Buffer.from([0x72, inside.length]), inside])
  }
  const bytes = Buffer.concat([onnxOf([]), pair('author', 'someone'), pair('licence', 'MIT')])
  const read = await parseOnnx(bufferSource(bytes))
  expect(read.ok && [...read.value.metadata]).toEqual([
    ['author', 'someone'],
    ['licence', 'MIT'],
  ])
})

test('refuses a truncated graph', async () => {
  for (let length = 0; length < whole.length; length += 1 + Math.floor(length / 40)) {
    const read = await parseOnnx(bufferSource(whole.subarray(0, length)))
    expect(read.ok, `${length} bytes`).toBe(false)
  }
})

test('random damage never makes the parser throw or hang', async () => {
  const random = seededRandom(5)
  for (let round = 0; round < 500; round += 1) {
    const bytes = Buffer.from(whole)
    for (let flip = 0; flip < 1 + random() * 4; flip += 1) {
      bytes[Math.floor(random() * 300)] = Math.floor(random() * 256)
    }
    const read = await parseOnnx(bufferSource(bytes))
    expect(typeof (read.ok ? read.value.producer : read.problem)).toMatch(/string|object/)
  }
})

test.each(hiddenOnnxPlaces)(
  'finds external weights in %s, and refuses those outside of the folder',
  async (place) => {
    const read = await parseOnnx(bufferSource(onnxWithHidden(place, 'hidden.data')))
    expect(read.ok && [...read.value.external]).toEqual([['hidden.data', 4]])
    for (const location of ['../hidden.data', 'x/../../hidden.data', '..\\hidden.data', '/etc/passwd']) {
      const { failure } = await readContent(bufferSource(onnxWithHidden(place, location)), 'm.onnx')
      expect(failure?.params).toEqual({ problem: 'weights outside its own folder' })
    }
  },
)

test('counts weights in constants and subgraphs, but no settings', async () => {
  const weight = (name: string, shape: readonly number[]) => ({ name, shape })
  const read = await parseOnnx(
    bufferSource(
      onnxOf([weight('initialiser', [2, 3])], {
        constants: { 'layer.weight': [64, 32], axis: [], one: [1] },
        branch: { 'branch.weight': [8, 8] },
      }),
    ),
  )
  const info = (shape: readonly number[]) => ({
    dtype: 'F16',
    shape,
    sizeBytes: shape.reduce((product, length) => product * length, 2),
  })
  expect(read.ok && [...read.value.tensors].toSorted()).toEqual([
    ['branch.weight', info([8, 8])],
    ['initialiser', info([2, 3])],
    ['layer.weight', info([64, 32])],
  ])
})

test('ignores the location of weights that are in the graph', async () => {
  const weights = [{ name: 'w', shape: [2], external: { location: 'old.data', length: 4, isInGraph: true } }]
  const read = await parseOnnx(bufferSource(onnxOf(weights)))
  expect(read.ok && [...read.value.external]).toEqual([])
})

test.each(['-4', '1e3', '', '0x10'])('refuses external weights of the length %j', async (length) => {
  const weights = [{ name: 'w', shape: [2], external: { location: 'w.data', length } }]
  expect(await parseOnnx(bufferSource(onnxOf(weights)))).toEqual({
    ok: false,
    problem: 'weights whose length is no number',
  })
})

/** TensorProto.DataType of onnx.proto, and the bits of a value. */
test.each([
  [8, 'STRING', 0],
  [14, 'C64', 64],
  [15, 'C128', 128],
  [18, 'F8_E4M3FNUZ', 8],
  [20, 'F8_E5M2FNUZ', 8],
  [23, 'F4', 4],
  [24, 'F8_E8M0', 8],
  [25, 'U2', 2],
  [26, 'I2', 2],
])('type %i is %s with %i bits', async (type, dtype, bits) => {
  const read = await parseOnnx(bufferSource(onnxOf([{ name: 'w', shape: [3, 5], type }])))
  expect(read.ok && read.value.tensors.get('w')).toEqual({
    dtype,
    shape: [3, 5],
    sizeBytes: Math.ceil((15 * bits) / 8),
  })
})

test('refuses external weights without a name, or in too many files', async () => {
  const problemOf = async (bytes: Buffer) => {
    const read = await parseOnnx(bufferSource(bytes))
    return read.ok ? null : read.problem
  }
  const tooLong = onnxWithHidden('a function', `../${'x'.repeat(2_000)}`)
  expect(await problemOf(tooLong)).toBe('weights in a file without a name')
  const weights = Array.from({ length: 20_001 }, (_, index) => ({
    name: '',
    shape: [1],
    external: { location: `${index}.data`, length: 1 },
  }))
  expect(await problemOf(onnxOf(weights))).toBe('weights in more than 20,000 files')
  expect(await problemOf(onnxOf(weights.slice(1)))).toBeNull()
})

test('reads nested graphs, but refuses endless nesting', async () => {
  expect((await parseOnnx(bufferSource(nestedOnnx(32)))).ok).toBe(true)
  expect(await parseOnnx(bufferSource(nestedOnnx(33)))).toEqual({
    ok: false,
    problem: 'graphs nested too deeply',
  })
})
