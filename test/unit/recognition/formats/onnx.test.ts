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

const { number, bytes } = protobufField
const opset = bytes(8, number(2, 17))
const parse = (...fields: readonly Buffer[]) => parseOnnx(bufferSource(Buffer.concat(fields)))
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
