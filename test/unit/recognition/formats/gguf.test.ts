import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { parseGguf } from '../../../../electron/recognition/formats/gguf.ts'
import { detectGgufKind } from '../../../../electron/recognition/kinds/gguf-kind.ts'
import { ggufHeader } from '../../../fixtures/gguf-files.ts'
import type { GgufOptions } from '../../../fixtures/gguf-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'

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

test('reads each byte of a long header once', async () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `layers.${index}.weight`)
  const { header, dataBytes } = ggufHeader({
    metadata: { 'tokenizer.ggml.tokens': names, 'general.name': 'after the tokens' },
    tensors: Object.fromEntries(names.map((name) => [name, { type: 0, shape: [8] }])),
  })
  const source = bufferSource(Buffer.concat([header, Buffer.alloc(dataBytes)]))
  let readBytes = 0
  const read = await parseGguf({
    sizeBytes: source.sizeBytes,
    read(position, length) {
      readBytes += length
      return source.read(position, length)
    },
  })
  if (!read.ok) throw new Error(read.problem)
  expect(read.value.metadata.get('general.name')).toBe('after the tokens')
  expect([...read.value.tensors.keys()]).toEqual(names)
  // The window reads 64 KiB at a time, and a few bytes again where a field continues in the next one.
  expect(readBytes).toBeLessThan(header.length + 64 * 1024 + 10_000)
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

test.each([0, 24, 33])('refuses an alignment of %i', async (alignment) => {
  const { header } = ggufHeader({ metadata: { 'general.alignment': alignment } })
  expect(await parse(header)).toEqual({ ok: false, problem: 'alignment is no power of 2' })
})

test('refuses an alignment that is a text', async () => {
  const { header } = ggufHeader({ metadata: { 'general.alignment': '32' } })
  expect(await parse(header)).toEqual({ ok: false, problem: 'alignment is no 32-bit number' })
})

test('refuses more metadata keys, and longer names, than any model has', async () => {
  const metadata = (count: number) =>
    Object.fromEntries([...Array(count).keys()].map((key) => [`k${key}`, 1]))
  expect(await parse(ggufHeader({ metadata: metadata(100_000) }).header)).toMatchObject({ ok: true })
  expect(await parse(ggufHeader({ metadata: metadata(100_001) }).header)).toEqual({
    ok: false,
    problem: 'more than 100,000 metadata keys',
  })
  const named = (bytes: number) =>
    ggufHeader({ tensors: { ['a'.repeat(bytes)]: { type: 0, shape: [] } } }).header
  expect(await parse(named(65_535))).toMatchObject({ ok: true })
  expect(await parse(named(65_536))).toEqual({ ok: false, problem: 'a name over 65,535 bytes' })
})

test('reads a header of 100,000,000 bytes and no longer one', async () => {
  const { header } = ggufHeader({ metadata: { pad: [] } })
  const countAt = header.indexOf('pad') + 'pad'.length + 8
  const parseWithBytes = async (headerBytes: number) => {
    const bytes = Buffer.from(header)
    // An array of type 0, whose numbers have one byte.
    bytes.writeUInt32LE(0, countAt - 4)
    bytes.writeBigUInt64LE(BigInt(headerBytes - countAt - 8), countAt)
    return parse(bytes, 100_000_100)
  }
  expect(await parseWithBytes(100_000_000)).toMatchObject({ ok: true, value: { minFileBytes: 100_000_000 } })
  expect(await parseWithBytes(100_000_001)).toEqual({ ok: false, problem: 'header over 100,000,000 bytes' })
})

test('keeps metadata texts of up to 1,000,000 bytes, and what follows a longer one', async () => {
  const valuesWith = async (bytes: number) => {
    const { header } = ggufHeader({ metadata: { text: 'x'.repeat(bytes), 'general.name': 'after' } })
    const read = await parse(header)
    if (!read.ok) throw new Error(read.problem)
    return [read.value.metadata.get('text')?.length, read.value.metadata.get('general.name')]
  }
  expect(await valuesWith(1_000_000)).toEqual([1_000_000, 'after'])
  expect(await valuesWith(1_000_001)).toEqual([0, 'after'])
})

test('keeps a stored shape of up to eight dimensions', async () => {
  const shapeOf = async (dimensions: number) => {
    const shape = Array<number>(dimensions).fill(2)
    const { header, dataBytes } = ggufHeader({
      metadata: { 'comfy.gguf.orig_shape.a': shape, 'general.name': 'after' },
      tensors: { a: { type: 0, shape: [1024] } },
    })
    const read = await parse(header, header.length + dataBytes)
    if (!read.ok) throw new Error(read.problem)
    expect(read.value.metadata.get('general.name')).toBe('after')
    return read.value.tensors.get('a')?.shape
  }
  expect(await shapeOf(8)).toEqual(Array<number>(8).fill(2))
  expect(await shapeOf(9)).toEqual([1024])
})

test('refuses a tensor name that C and Python read differently', async () => {
  const { header, dataBytes } = ggufHeader({ tensors: { 'a\0b': { type: 0, shape: [1] } } })
  expect(await parse(header, header.length + dataBytes)).toEqual({
    ok: false,
    problem: 'a tensor name with a zero byte',
  })
})

test('refuses a metadata key without a name', async () => {
  const { header } = ggufHeader({ metadata: { '': 1 } })
  expect(await parse(header)).toEqual({ ok: false, problem: 'a metadata key without a name' })
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

test('random damage never makes the parser throw', async () => {
  const random = seededRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  const { header, dataBytes } = ggufHeader(options)
  const outcomes = new Set<string>()
  for (let round = 0; round < 4_000; round += 1) {
    const damaged = Buffer.from(random() < 0.5 ? header.subarray(0, below(header.length)) : header)
    for (let count = below(4); count > 0 && damaged.length > 0; count -= 1) {
      damaged[below(damaged.length)] = below(256)
    }
    const read = await parse(damaged, random() < 0.5 ? damaged.length : header.length + dataBytes)
    outcomes.add(read.ok ? 'read' : 'refused')
  }
  expect([...outcomes].toSorted()).toEqual(['read', 'refused'])
})

test('reads every field wherever it is cut by what is read at a time', async () => {
  for (let pad = 64 * 1024 - 420; pad < 64 * 1024; pad += 1) {
    const { header, dataBytes } = ggufHeader({
      metadata: {
        pad: 'x'.repeat(pad),
        'general.file_type': 15,
        tokens: ['a', 'bc'],
        'comfy.gguf.orig_shape.b': [2, 3],
        'general.name': 'after',
      },
      tensors: { a: { type: 1, shape: [1, 1, 1, 1, 1, 4, 2, 3] }, b: { type: 0, shape: [6] } },
    })
    const file = Buffer.concat([header, Buffer.alloc(dataBytes)])
    const read = await parseGguf({
      sizeBytes: file.length,
      async read(position, length) {
        await setImmediate()
        return file.subarray(position, position + length)
      },
    })
    if (!read.ok) throw new Error(`${read.problem} with ${pad} bytes`)
    expect(read.value.quantisation).toBe('Q4_K_M')
    expect(read.value.metadata.get('general.name')).toBe('after')
    expect([...read.value.tensors.values()].map(({ shape }) => shape)).toEqual([
      [1, 1, 1, 1, 1, 4, 2, 3],
      [2, 3],
    ])
  }
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
