import { expect, test } from 'vitest'
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

test('reads architecture, quantisation and shapes in PyTorch’s order', () => {
  const { header, dataBytes } = ggufHeader(options)
  const read = parseGguf(header, header.length + dataBytes)
  expect(read).toMatchObject({ ok: true, value: { quantisation: 'Q4_K_M' } })
  if (read === 'needs-more' || !read.ok) return
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

test('reads the big-endian format, which has no flag', () => {
  const { header, dataBytes } = ggufHeader({ ...options, bigEndian: true })
  const read = parseGguf(header, header.length + dataBytes)
  expect(read).toMatchObject({ ok: true, value: { minFileBytes: header.length + dataBytes } })
})

test('takes a shape of more than four dimensions from the metadata', () => {
  const shape = [5120, 36, 1, 2, 2]
  const { header, dataBytes } = ggufHeader({
    metadata: { 'general.architecture': 'wan', 'comfy.gguf.orig_shape.patch_embedding.weight': shape },
    tensors: {
      'patch_embedding.weight': { type: 1, shape: [5120, 144] },
      'head.modulation': { type: 0, shape: [1, 2, 5120] },
      'blocks.0.self_attn.q.weight': { type: 12, shape: [5120, 5120] },
    },
  })
  const read = parseGguf(header, header.length + dataBytes)
  if (read === 'needs-more' || !read.ok) throw new Error('not read')
  expect(read.value.tensors.get('patch_embedding.weight')?.shape).toEqual(shape)
  expect(detectGgufKind(read.value)).toMatchObject({ base: 'Wan', variant: '2.2 14B I2V' })
})

test('needs more bytes of a longer file, and refuses one that ends too early', () => {
  const { header } = ggufHeader(options)
  const start = header.subarray(0, 60)
  expect(parseGguf(start, 10_000_000)).toBe('needs-more')
  expect(parseGguf(start, start.length)).toEqual({ ok: false, problem: 'the file ends inside its header' })
})

test('refuses unsupported versions and hostile counts', () => {
  expect(parseGguf(ggufHeader({ version: 1 }).header, 10_000)).toEqual({
    ok: false,
    problem: 'GGUF version 1',
  })
  const hostile = Buffer.from(ggufHeader({}).header)
  hostile.writeBigUInt64LE(2n ** 63n, 8)
  expect(parseGguf(hostile, 10_000)).toEqual({ ok: false, problem: 'a number beyond 2^53' })
  hostile.writeBigUInt64LE(2n ** 50n, 8)
  expect(parseGguf(hostile, hostile.length)).toMatchObject({ ok: false })
})

test('refuses a tensor whose data is not aligned', () => {
  const { header, dataBytes } = ggufHeader({
    tensors: { a: { type: 1, shape: [64, 64] }, b: { type: 1, shape: [2] } },
  })
  const at = header.lastIndexOf(Buffer.from([0, 0x20, 0, 0, 0, 0, 0, 0]))
  header.writeBigUInt64LE(0x2001n, at)
  expect(parseGguf(header, header.length + dataBytes + 8)).toEqual({
    ok: false,
    problem: 'a tensor that is not aligned',
  })
})

test('recognises adapters as LoRA and CLIP files as text encoders', () => {
  const kindWith = (metadata: Readonly<Record<string, string>>) =>
    detectGgufKind({ tensors: new Map(), metadata: new Map(Object.entries(metadata)) })
  expect(kindWith({ 'general.type': 'adapter', 'general.architecture': 'llama' })?.modelType).toBe('loras')
  expect(kindWith({ 'general.architecture': 'clip' })?.modelType).toBe('text_encoders')
  expect(kindWith({ 'general.architecture': 'constructor' })).toBeNull()
})

test('random damage never makes the parser throw', () => {
  const random = seededRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  const { header, dataBytes } = ggufHeader(options)
  const outcomes = new Set<string>()
  for (let round = 0; round < 20_000; round += 1) {
    const damaged = Buffer.from(random() < 0.5 ? header.subarray(0, below(header.length)) : header)
    for (let count = below(4); count > 0 && damaged.length > 0; count -= 1) {
      damaged[below(damaged.length)] = below(256)
    }
    const read = parseGguf(damaged, random() < 0.5 ? damaged.length : header.length + dataBytes)
    if (read === 'needs-more') outcomes.add(read)
    else outcomes.add(read.ok ? 'read' : 'refused')
  }
  expect([...outcomes].toSorted()).toEqual(['needs-more', 'read', 'refused'])
})
