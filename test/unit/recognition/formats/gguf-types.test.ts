import { expect, test } from 'vitest'
import { ggmlTypes } from '../../../../electron/recognition/formats/gguf-types.ts'
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

test.each(published)('type %i is %s: blocks of %i values in %i bytes', (type, name, values, bytes) => {
  expect(ggmlTypes[type]).toEqual([name, values, bytes])
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
