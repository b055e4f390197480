import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { parseOnnx } from '../../../../electron/recognition/formats/onnx.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import {
  hiddenOnnxPlaces,
  nestedOnnx,
  onnxOf,
  onnxWithHidden,
  protobufField,
} from '../../../fixtures/onnx-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'

const { number, bytes, text } = protobufField
const opset = bytes(8, number(2, 17))
const parse = (...fields: readonly Buffer[]) => parseOnnx(bufferSource(Buffer.concat(fields)))
async function modelOf(...fields: readonly Buffer[]) {
  const read = await parse(...fields)
  if (!read.ok) throw new Error(read.problem)
  return read.value
}
const problemOf = async (...fields: readonly Buffer[]) => {
  const read = await parse(...fields)
  return read.ok ? null : read.problem
}

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

test('reads the shape of a tensor wherever it is divided between two reads of the file', async () => {
  // Longer than what is read ahead for the start of a field.
  const shape = [640, 320, ...Array.from({ length: 40 }, () => 1)]
  for (let shift = 0; shift < 200; shift += 15) {
    const weights = Array.from({ length: 500 }, (_, index) => ({
      name: `${index}`.padEnd(index === 0 ? 80 + shift : 80, '.'),
      shape,
      external: { location: 'weights.data', length: 0 },
    }))
    const { tensors } = await modelOf(onnxOf(weights))
    expect([shift, new Set([...tensors.values()].map((tensor) => tensor.shape.join()))]).toEqual([
      shift,
      new Set([shape.join()]),
    ])
  }
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

test('refuses a model without a graph or an opset', async () => {
  expect(await problemOf(bytes(7), opset)).toBeNull()
  for (const field of [bytes(7), opset])
    expect(await problemOf(field)).toBe('its graph or its opset is missing')
})

test('shows the opset of the standard operators and of no others', async () => {
  const producerOf = async (...fields: readonly Buffer[]) => (await modelOf(bytes(7), ...fields)).producer
  expect(await producerOf(opset)).toBe('opset 17')
  expect(await producerOf(bytes(8, text(1, 'ai.onnx'), number(2, 18)))).toBe('opset 18')
  expect(await producerOf(bytes(8, text(1, 'com.microsoft'), number(2, 1)))).toBeNull()
  expect(await producerOf(opset, bytes(8, text(1, 'com.microsoft'), number(2, 1)))).toBe('opset 17')
  expect(await producerOf(text(3, '2.5'), bytes(8, text(1, 'other')))).toBe('2.5')
})

test('skips fields of any form that it doesn’t read', async () => {
  // Field 100.
  const fixed64 = Buffer.concat([Buffer.from([0xa1, 0x06]), Buffer.alloc(8, 0xff)])
  const fixed32 = Buffer.concat([Buffer.from([0xa5, 0x06]), Buffer.alloc(4, 0xff)])
  const negative = Buffer.from([0xa0, 0x06, ...Array<number>(9).fill(0xff), 1])
  expect(
    await problemOf(fixed64, fixed32, negative, bytes(100, Buffer.alloc(300, 0xff)), bytes(7), opset),
  ).toBeNull()
})

test('refuses fields without a number, without an end or of no form', async () => {
  expect(await problemOf(Buffer.from([0x00, 1]))).toBe('a field without a number')
  for (const wire of [3, 4, 6, 7])
    expect(await problemOf(Buffer.from([8 + wire, 1]))).toBe(`no field has the form ${wire}`)
  expect(await problemOf(Buffer.from([0x08, ...Array<number>(10).fill(0xff), 1]))).toBe(
    'a number without an end',
  )
  // Lengths beyond the message, and beyond 2^53.
  expect(await problemOf(Buffer.from([0x12, 9, 1]))).toBe('the file ends inside its graph')
  expect(await problemOf(Buffer.from([0x12, ...Array<number>(8).fill(0xff), 1]))).toBe(
    'the file ends inside its graph',
  )
  // A field of the inner message that ends behind it.
  expect(await problemOf(bytes(7, Buffer.from([0x08])), opset)).toBe(
    'a field that is longer than its message',
  )
})

test('reads the lengths of a tensor one by one', async () => {
  const tensor = bytes(5, number(1, 3), number(1, 5), number(2, 1), text(8, 'w'))
  const { tensors } = await modelOf(bytes(7, tensor), opset)
  expect([...tensors]).toEqual([['w', { dtype: 'F32', shape: [3, 5], sizeBytes: 60 }]])
})

test('names a constant after the first output of its node', async () => {
  const value = bytes(5, text(1, 'value'), bytes(5, number(1, 2), number(2, 1)))
  const node = bytes(1, text(1, 'input'), text(2, 'first'), text(2, 'second'), value)
  expect([...(await modelOf(bytes(7, node), opset)).tensors.keys()]).toEqual(['first'])
})

const external = Buffer.concat([number(14, 1), bytes(13, text(1, 'location'), text(2, 'a.data'))])

test('finds external weights in the values of a sparse tensor, not in its dimensions', async () => {
  const sparse = (field: number) => bytes(7, bytes(15, bytes(field, external)))
  expect([...(await modelOf(sparse(1), opset)).external.keys()]).toEqual(['a.data'])
  expect([...(await modelOf(sparse(3), opset)).external.keys()]).toEqual([])
})

test('finds external weights in the initialisation of training, not in its bindings', async () => {
  const training = (field: number) => bytes(20, bytes(field, bytes(5, external)))
  expect([...(await modelOf(bytes(7), training(1), opset)).external.keys()]).toEqual(['a.data'])
  expect([...(await modelOf(bytes(7), training(3), opset)).external.keys()]).toEqual([])
})

test('shows up to 32 inputs of the main graph, with up to eight dimensions', async () => {
  const dimensions = Array.from({ length: 9 }, (_, index) => bytes(1, number(1, index)))
  const input = (name: string) =>
    bytes(11, text(1, name), bytes(2, bytes(1, number(1, 1), bytes(2, ...dimensions))))
  const inputs = Array.from({ length: 33 }, (_, index) => input(`i${index}`))
  const branch = bytes(1, bytes(5, bytes(6, input('inner'))))
  const model = await modelOf(bytes(7, branch, ...inputs), opset)
  expect(model.inputs).toHaveLength(32)
  expect(model.inputs[0]).toBe('i0: F32[0,1,2,3,4,5,6,7]')
  const untyped = await modelOf(bytes(7, bytes(11, text(1, 'x'))), opset)
  expect(untyped.inputs).toEqual(['x: type 0[]'])
})

test('keeps up to a thousand metadata entries of a thousand bytes', async () => {
  const entry = (key: string, value: string) => bytes(14, text(1, key), text(2, value))
  const { metadata } = await modelOf(
    bytes(7),
    opset,
    entry('a', 'x'.repeat(1_000)),
    entry('b', 'x'.repeat(1_001)),
  )
  expect([metadata.get('a')?.length, metadata.get('b')]).toEqual([1_000, ''])
  const many = Array.from({ length: 1_001 }, (_, index) => entry(`k${index}`, 'v'))
  expect((await modelOf(bytes(7), opset, ...many)).metadata.size).toBe(1_000)
})

test('waits for the disk between the parts of a graph', async () => {
  const far = { name: 'n'.repeat(900), shape: [8, 8], external: { location: 'l'.repeat(900), length: 128 } }
  const graph = onnxOf(Array<typeof far>(300).fill(far))
  const read = await parseOnnx({
    sizeBytes: graph.length,
    async read(position, length) {
      await setImmediate()
      return graph.subarray(position, position + length)
    },
  })
  expect(read.ok && [read.value.producer, [...read.value.tensors.keys()], [...read.value.external]]).toEqual([
    'pytorch 2.5.0, opset 17',
    [far.name],
    [[far.external.location, 128]],
  ])
})
