import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { readDetails } from '../../../electron/recognition/metadata/read-details.ts'
import { families } from '../../fixtures/families.ts'
import { ggufHeader } from '../../fixtures/gguf-files.ts'
import { safetensorsHeader, withLength } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { legacyTorch, stateDict, torchZip } from '../../fixtures/pickles.ts'
import { seededBytes, seededRandom } from '../../fixtures/seeded.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hostile-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const { tensors } = families['SD1 embedding']
const head = safetensorsHeader(tensors, { 'modelspec.title': 'Easy', ss_tag_frequency: '{"a":{"b":1}}' })
const gguf = ggufHeader({
  metadata: { 'general.architecture': 'flux', 'tokenizer.ggml.tokens': ['a', 'b'] },
  tensors: { 'img_in.weight': { type: 1, shape: [64, 64] } },
})
const validFiles: Readonly<Record<string, Buffer>> = {
  safetensors: Buffer.concat([head.header, seededBytes(1, head.dataBytes)]),
  gguf: Buffer.concat([gguf.header, seededBytes(2, gguf.dataBytes)]),
  onnx: onnxOf([{ name: 'w', shape: [8, 8] }]),
  pth: torchZip(stateDict(tensors)),
  ckpt: legacyTorch(stateDict(tensors), tensors),
}
const formats = Object.keys(validFiles)

async function inspect(extension: string, bytes: Buffer) {
  const path = join(root, `file.${extension}`)
  await writeFile(path, bytes)
  const inspection = await inspectFile(path)
  await readDetails({ path })
  return inspection.failure
}

test.each(formats)('accepts a valid %s file', async (extension) => {
  expect(await inspect(extension, validFiles[extension] as Buffer)).toBeNull()
})

test.each(formats)('refuses every truncated %s file', async (extension) => {
  const whole = validFiles[extension] as Buffer
  const random = seededRandom(extension.length)
  // The first lengths in order, where parsers are likely to fail, then random ones.
  const lengths = Array.from({ length: 80 }, (_, round) =>
    round < 40 ? round : Math.floor(random() * whole.length),
  )
  for (const length of lengths) {
    expect(await inspect(extension, whole.subarray(0, length)), `${length} bytes`).not.toBeNull()
  }
})

test.each(formats)('refuses random bytes as %s', async (extension) => {
  for (let round = 0; round < 40; round += 1) {
    const bytes = seededBytes(round + 500, 1 + ((round * 37) % 4_000))
    expect(await inspect(extension, bytes), `round ${round}`).not.toBeNull()
  }
})

test.each(formats)('flipped bits of %s never make the inspection throw or hang', async (extension) => {
  const random = seededRandom(31)
  const whole = validFiles[extension] as Buffer
  for (let round = 0; round < 80; round += 1) {
    const bytes = Buffer.from(whole)
    for (let flip = 0; flip <= random() * 6; flip += 1) {
      const at = Math.floor(random() * Math.min(bytes.length, 600))
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    }
    const failure = await inspect(extension, bytes)
    expect(failure === null || failure.code.startsWith('file-'), `round ${round}: ${failure?.code}`).toBe(
      true,
    )
  }
})

test('refuses hostile headers in bounded time', async () => {
  const entry = (name: string, begin: string, end: string) =>
    `"${name}":{"dtype":"U8","shape":[1],"data_offsets":[${begin},${end}]}`
  const hostile: Readonly<Record<string, string>> = {
    'deep JSON': `{"a":${'['.repeat(100_000)}`,
    'deep JSON in an unknown field': `{"a":{"x":${'[{"y":'.repeat(50_000)}`,
    'duplicate keys': `{${entry('a', '0', '1')},${entry('a', '1', '2')}}`,
    overlap: `{${entry('a', '0', '1')},${entry('b', '0', '1')}}`,
    'a hole': `{${entry('a', '0', '1')},${entry('b', '2', '3')}}`,
    'beyond 2^53': `{${entry('a', '0', '9007199254740993')}}`,
    'a million entries that are none': `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":{}`).join()}}`,
  }
  for (const [name, json] of Object.entries(hostile)) {
    expect((await inspect('safetensors', withLength(Buffer.from(json))))?.code, name).toBe(
      'file-damaged-header',
    )
  }
  const claims = Buffer.alloc(16)
  claims.writeBigUInt64LE(99_999_999n)
  claims.write('{', 8)
  expect((await inspect('safetensors', claims))?.code).toBe('file-damaged-header')
})
