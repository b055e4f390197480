import { expect, test } from 'vitest'
import { quantisationNames, ggmlTypes } from '../../../../electron/recognition/formats/gguf-types.ts'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { parseGguf } from '../../../../electron/recognition/formats/gguf.ts'

/** Values of a block of the K and IQ quantisations (ggml, `QK_K`). */
const k = 256

/**
 * Number, name, values of a block and its bytes, field by field: `GGMLQuantizationType` and
 * `GGML_QUANT_SIZES` of llama.cpp,
 * https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py
 */
const published = [
  [0, 'F32', 1, 4],
  [1, 'F16', 1, 2],
  [2, 'Q4_0', 32, 2 + 16],
  [3, 'Q4_1', 32, 2 + 2 + 16],
  [6, 'Q5_0', 32, 2 + 4 + 16],
  [7, 'Q5_1', 32, 2 + 2 + 4 + 16],
  [8, 'Q8_0', 32, 2 + 32],
  [9, 'Q8_1', 32, 2 + 2 + 32],
  [10, 'Q2_K', k, 2 + 2 + k / 16 + k / 4],
  [11, 'Q3_K', k, 2 + k / 4 + k / 8 + 12],
  [12, 'Q4_K', k, 2 + 2 + k / 2 + 12],
  [13, 'Q5_K', k, 2 + 2 + k / 2 + k / 8 + 12],
  [14, 'Q6_K', k, 2 + k / 2 + k / 4 + k / 16],
  [15, 'Q8_K', k, 4 + k + k / 8],
  [16, 'IQ2_XXS', k, 2 + k / 4],
  [17, 'IQ2_XS', k, 2 + k / 4 + k / 32],
  [18, 'IQ3_XXS', k, 2 + k / 4 + k / 8],
  [19, 'IQ1_S', k, 2 + k / 8 + k / 16],
  [20, 'IQ4_NL', 32, 2 + 16],
  [21, 'IQ3_S', k, 2 + k / 4 + k / 8 + k / 32 + 4],
  [22, 'IQ2_S', k, 2 + k / 4 + k / 16],
  [23, 'IQ4_XS', k, 2 + 2 + k / 2 + k / 64],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', k, k / 8 + k / 16 + k / 32],
  [30, 'BF16', 1, 2],
  [34, 'TQ1_0', k, 2 + k / 64 + (k - k / 16) / 5],
  [35, 'TQ2_0', k, 2 + k / 4],
  [39, 'MXFP4', 32, 1 + 16],
] as const

/** Types of the same file under whose numbers forks have others, so that nothing is known of their size. */
const reused = [
  [40, 'NVFP4'],
  [41, 'Q1_0'],
  [42, 'Q2_0'],
] as const

test.each(published)('type %i is %s: blocks of %i values in %i bytes', (type, name, values, bytes) => {
  expect(ggmlTypes[type]).toEqual([name, values, bytes])
})

test('the table has no unpublished types', () => {
  const types = [...published, ...reused].map(([type]) => type)
  expect(Object.keys(ggmlTypes).map(Number)).toEqual(types)
})

/** `LlamaFileType` of the same file, without `MOSTLY_` and `_MOE`. */
test.each([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [4, undefined],
  [5, undefined],
  [6, undefined],
  [7, 'Q8_0'],
  [8, 'Q5_0'],
  [9, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K_S'],
  [12, 'Q3_K_M'],
  [13, 'Q3_K_L'],
  [14, 'Q4_K_S'],
  [15, 'Q4_K_M'],
  [16, 'Q5_K_S'],
  [17, 'Q5_K_M'],
  [18, 'Q6_K'],
  [19, 'IQ2_XXS'],
  [20, 'IQ2_XS'],
  [21, 'Q2_K_S'],
  [22, 'IQ3_XS'],
  [23, 'IQ3_XXS'],
  [24, 'IQ1_S'],
  [25, 'IQ4_NL'],
  [26, 'IQ3_S'],
  [27, 'IQ3_M'],
  [28, 'IQ2_S'],
  [29, 'IQ2_M'],
  [30, 'IQ4_XS'],
  [31, 'IQ1_M'],
  [32, 'BF16'],
  [33, undefined],
  [34, undefined],
  [35, undefined],
  [36, 'TQ1_0'],
  [37, 'TQ2_0'],
  [38, 'MXFP4'],
  [39, 'NVFP4'],
  [1024, undefined],
])('file type %i is %s', (type, name) => {
  expect(quantisationNames[type]).toBe(name)
})

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const name = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)])

/** A header with these encoded metadata pairs and tensors. */
const header = (pairs: readonly Buffer[], tensors: readonly Buffer[] = []) =>
  Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs,
    ...tensors,
    Buffer.alloc(64),
  ])

/**
 * Type number and bytes of each scalar (`GGUFValueType` of the same file): u8 to u32, f32, bool, then 64
 * bits.
 */
const scalars = [
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
] as const

test.each(scalars)(
  'a metadata value of type %i takes %i bytes, alone and in an array',
  async (type, bytes) => {
    const after = Buffer.concat([name('general.name'), u32(8), name('after')])
    const alone = Buffer.concat([name('alone'), u32(type), Buffer.alloc(bytes, 1)])
    const list = Buffer.concat([name('list'), u32(9), u32(type), u64(3), Buffer.alloc(3 * bytes, 1)])
    const bytesOfAll = header([alone, list, after])
    const read = await parseGguf(bufferSource(bytesOfAll))
    if (!read.ok) throw new Error('not read')
    expect(read.value.metadata.get('general.name')).toBe('after')
  },
)

test('reads a 64-bit metadata value exactly', async () => {
  const bytes = header([Buffer.concat([name('seed'), u32(10), Buffer.alloc(8, 0xff)])])
  const read = await parseGguf(bufferSource(bytes))
  if (!read.ok) throw new Error('not read')
  expect(read.value.metadata.get('seed')).toBe('18446744073709551615')
})

test.each([13, 255])('refuses a metadata value of the unpublished type %i', async (type) => {
  for (const value of [[u32(type)], [u32(9), u32(type), u64(1)]]) {
    const bytes = header([Buffer.concat([name('x'), ...value, Buffer.alloc(8)])])
    expect(await parseGguf(bufferSource(bytes))).toMatchObject({ ok: false })
  }
})

const tensor = (type: number, length: number, offset = 0, tensorName = 'w') =>
  Buffer.concat([name(tensorName), u32(1), u64(length), u32(type), u64(offset)])

test.each(published)(
  'a file without the last byte of a tensor of type %i, %s, is too short',
  async (...row) => {
    const [type, dtype, values, bytes] = row
    const file = header([], [tensor(type, 3 * values)])
    const read = await parseGguf(bufferSource(file))
    if (!read.ok) throw new Error(read.problem)
    expect([...read.value.tensors]).toEqual([['w', { dtype, shape: [3 * values], sizeBytes: 3 * bytes }]])
    const dataStart = Math.ceil((file.length - 64) / 32) * 32
    expect(read.value.minFileBytes).toBe(dataStart + 3 * bytes)
  },
)

/** Types that ggml has removed, those of ik_llama.cpp (139 is IQ4_K), and numbers that nobody uses. */
const unknown = [4, 5, 31, 32, 33, 36, 37, 38, 43, 97, 139, 230, 2 ** 32 - 1].map(
  (type) => [type, `type ${type}`] as const,
)

test.each([...unknown, ...reused])(
  'a tensor of type %i, %s, takes the bytes up to the next tensor or the end',
  async (type, dtype) => {
    const tensors = [tensor(type, 7), tensor(0, 8, 96, 'x'), tensor(type, 7, 128, 'y')]
    const file = header([], tensors)
    const dataStart = Math.ceil((file.length - 64) / 32) * 32
    const whole = Buffer.concat([file, Buffer.alloc(dataStart + 128 + 33 - file.length)])
    const read = await parseGguf(bufferSource(whole))
    if (!read.ok) throw new Error(read.problem)
    expect([...read.value.tensors]).toEqual([
      ['w', { dtype, shape: [7], sizeBytes: 96 }],
      ['x', { dtype: 'F32', shape: [8], sizeBytes: 32 }],
      ['y', { dtype, shape: [7], sizeBytes: 33 }],
    ])
    expect(read.value.minFileBytes).toBe(dataStart + 128)
    for (const [second, third] of [
      [97, 160],
      [96, 160],
      [96, 96],
    ] as const) {
      const moved = header([], [tensor(type, 7), tensor(0, 8, second, 'x'), tensor(type, 7, third, 'y')])
      expect(await parseGguf(bufferSource(moved))).toMatchObject({ ok: false })
    }
  },
)

test.each(published.filter(([, , values]) => values > 1))(
  'refuses a row of type %i, %s, that is no multiple of %i values',
  async (type, dtype, values) => {
    expect(await parseGguf(bufferSource(header([], [tensor(type, values + 1)])))).toEqual({
      ok: false,
      problem: `a row of ${dtype} that is no multiple of ${values}`,
    })
  },
)
