import { expect, test } from 'vitest'
import { parseGguf } from '../../../../electron/recognition/formats/gguf.ts'
import { detectGgufKind } from '../../../../electron/recognition/kinds/gguf-kind.ts'
import { ggufHeader } from '../../../fixtures/gguf-files.ts'
import type { GgufOptions } from '../../../fixtures/gguf-files.ts'

const options: GgufOptions = {
  metadata: {
    'general.architecture': 'flux',
    'general.file_type': 15,
    'tokenizer.ggml.tokens': ['a', 'bc', ''],
  },
  tensors: {
    'img_in.weight': { type: 1, shape: [3072, 64] },
    'double_blocks.0.img_attn.qkv.weight': { type: 12, shape: [9216, 3072] },
  },
}

/** Parses a file that begins with these bytes and continues with zeros. */
function parse(start: Buffer, fileBytes = start.length) {
  return parseGguf({
    sizeBytes: fileBytes,
    async read(position, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, fileBytes - position)))
      if (position < start.length) start.copy(bytes, 0, position)
      return bytes
    },
  })
}

test('reads architecture, quantisation and shapes in PyTorch’s order', async () => {
  const { header, dataBytes } = ggufHeader(options)
  const read = await parse(header, header.length + dataBytes)
  expect(read).toMatchObject({ ok: true, value: { quantisation: 'Q4_K_M' } })
  if (!read.ok) return
  expect(read.value.minFileBytes).toBe(header.length + dataBytes)
  expect(read.value.tensors.get('img_in.weight')).toEqual({
    dtype: 'F16',
    shape: [3072, 64],
    sizeBytes: 3072 * 64 * 2,
  })
  expect(detectGgufKind(read.value)).toEqual({
    modelType: 'diffusion_models',
    base: 'Flux.1',
    evidence: 'general.architecture = flux',
  })
})

test.each([2, 3])('reads version %i in both byte orders, which have no flag', async (version) => {
  for (const bigEndian of [false, true]) {
    const { header, dataBytes } = ggufHeader({ ...options, version, bigEndian })
    const read = await parse(header, header.length + dataBytes)
    expect(read).toMatchObject({ ok: true, value: { minFileBytes: header.length + dataBytes } })
  }
})

test('takes a shape of more than four dimensions from the metadata', async () => {
  const shape = [5120, 36, 1, 2, 2]
  const { header, dataBytes } = ggufHeader({
    metadata: { 'general.architecture': 'wan', 'comfy.gguf.orig_shape.patch_embedding.weight': shape },
    tensors: {
      'patch_embedding.weight': { type: 1, shape: [5120, 144] },
      'head.modulation': { type: 0, shape: [1, 2, 5120] },
      'blocks.0.self_attn.q.weight': { type: 12, shape: [5120, 5120] },
    },
  })
  const read = await parse(header, header.length + dataBytes)
  if (!read.ok) throw new Error('not read')
  expect(read.value.tensors.get('patch_embedding.weight')?.shape).toEqual(shape)
  expect(detectGgufKind(read.value)).toMatchObject({ base: 'Wan', variant: '2.2 14B I2V' })
})

test('refuses a file that ends inside its header', async () => {
  const { header } = ggufHeader(options)
  expect(await parse(header.subarray(0, 60))).toEqual({ ok: false, problem: 'it ends in the middle' })
})

test('refuses unsupported versions and hostile counts', async () => {
  for (const version of [1, 4]) {
    expect(await parse(ggufHeader({ version }).header, 10_000)).toEqual({
      ok: false,
      problem: `GGUF version ${version}`,
    })
  }
  const hostile = Buffer.from(ggufHeader({}).header)
  hostile.writeBigUInt64LE(2n ** 63n, 8)
  expect(await parse(hostile, 10_000)).toEqual({ ok: false, problem: 'a number beyond 2^53' })
  hostile.writeBigUInt64LE(2n ** 50n, 8)
  expect(await parse(hostile, hostile.length)).toMatchObject({ ok: false })
})

/** The rules of ggml's gguf.cpp, `gguf_init_from_reader`. */
test.each([1, 2, 4, 8, 64, 4096])('accepts an alignment of %i', async (alignment) => {
  const { header, dataBytes } = ggufHeader({
    metadata: { 'general.alignment': alignment },
    tensors: { a: { type: 0, shape: [3] }, b: { type: 1, shape: [2] } },
  })
  expect(await parse(header, header.length + dataBytes)).toMatchObject({
    ok: true,
    value: { minFileBytes: header.length + dataBytes },
  })
})

test('refuses a tensor name that C and Python read differently', async () => {
  const { header, dataBytes } = ggufHeader({ tensors: { 'a\0b': { type: 0, shape: [1] } } })
  expect(await parse(header, header.length + dataBytes)).toEqual({
    ok: false,
    problem: 'a tensor name with a zero byte',
  })
})

test.each([
  ['the first one not at the start', 'a', 32, 'a hole between tensors'],
  ['a hole', 'b', 0x2020, 'a hole between tensors'],
  ['data that is not aligned', 'b', 0x2001, 'a hole between tensors'],
  ['an overlap', 'b', 0x1fe0, 'tensors overlap'],
  ['two at the same place', 'b', 0, 'tensors overlap'],
])('refuses tensors with %s', async (_what, name, offset, problem) => {
  const { header, dataBytes } = ggufHeader({
    tensors: { a: { type: 1, shape: [64, 64] }, b: { type: 1, shape: [32] } },
  })
  // The offset is the last field of a tensor: behind its name, its dimensions and its type.
  const nameEnd = header.indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, name.charCodeAt(0)])) + 9
  header.writeBigUInt64LE(BigInt(offset), nameEnd + 4 + 8 * header.readUInt32LE(nameEnd) + 4)
  expect(await parse(header, header.length + dataBytes + 64)).toEqual({ ok: false, problem })
})

test('recognises adapters as LoRA and CLIP files as text encoders', async () => {
  const kindWith = (metadata: Readonly<Record<string, string>>) =>
    detectGgufKind({ tensors: new Map(), metadata: new Map(Object.entries(metadata)) })
  expect(kindWith({ 'general.type': 'adapter', 'general.architecture': 'llama' })?.modelType).toBe('loras')
  expect(kindWith({ 'general.architecture': 'clip' })?.modelType).toBe('text_encoders')
  expect(kindWith({ 'general.architecture': 'constructor' })).toBeNull()
})

test('refuses metadata keys that occur twice, and tensors of too many dimensions', async () => {
  const { header } = ggufHeader({ metadata: { ab: ['x'], ac: 1 } })
  header[header.indexOf('ac') + 1] = 'b'.charCodeAt(0)
  expect(await parse(header)).toEqual({ ok: false, problem: 'duplicate metadata key' })
  const withDimensions = (count: number) =>
    ggufHeader({ tensors: { a: { type: 0, shape: Array<number>(count).fill(1) } } }).header
  expect(await parse(withDimensions(8), 10_000)).toMatchObject({ ok: true })
  expect(await parse(withDimensions(9), 10_000)).toEqual({ ok: false, problem: 'a tensor of 9 dimensions' })
})
