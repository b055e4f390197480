import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { readDetails } from '../../../electron/recognition/metadata/read-details.ts'
import { families } from '../../fixtures/families.ts'
import { writeGguf } from '../../fixtures/gguf-files.ts'
import {
  emptyPickle,
  smallZip,
  writeErrorReply,
  writeHollow,
  writeLfsPointer,
  writeSafetensors,
  writeText,
  writeWebPage,
} from '../../fixtures/model-files.ts'
import { stateDict, torchZip } from '../../fixtures/pickles.ts'
import { seededBytes } from '../../fixtures/seeded.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inspect-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const at = (...parts: readonly string[]) => join(root, ...parts)
async function failureOf(path: string) {
  const { failure } = await inspectFile(path)
  return failure && [failure.code, failure.params]
}

test('names the model of several files that a file belongs to', async () => {
  const { path } = await writeSafetensors(at('wan-00001-of-00002.safetensors'))
  expect((await inspectFile(path)).recognition.group).toMatchObject({ name: 'wan', kind: 'shards' })
})

test('recognises and identifies a valid file and suggests its target', async () => {
  const { path, sizeBytes } = await writeSafetensors(at('models/loras/SDXL/painter_v1.safetensors'), {
    tensors: families['kohya SDXL LoRA'].tensors,
    metadata: { 'modelspec.title': 'Painter' },
  })
  const inspection = await inspectFile(path, { folder: '' })
  expect(inspection).toEqual({
    recognition: {
      format: 'safetensors',
      modelType: 'loras',
      base: 'SDXL',
      reason: {
        key: 'reason.header-and-folder',
        params: {
          type: 'loras',
          base: 'SDXL',
          evidence: 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight',
          folder: 'loras',
        },
      },
      signature: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      tensorCount: 3,
      dtype: 'F16',
    },
    target: {
      displayName: 'Painter',
      modelType: 'loras',
      modelPath: 'models/loras/SDXL/painter_v1.safetensors',
    },
    identity: {
      sizeBytes,
      mtimeNs: expect.any(BigInt),
      ctimeNs: expect.any(BigInt),
      inode: expect.any(BigInt),
      device: expect.any(BigInt),
      sample: expect.any(String),
    },
    failure: null,
  })
})

test('counts missing and extra bytes', async () => {
  const cut = await writeSafetensors(at('cut.safetensors'), { sizeBytes: 5_000_000, cutBytes: 1234 })
  const long = await writeSafetensors(at('long.safetensors'), { extraBytes: 7 })
  expect(await failureOf(cut.path)).toEqual(['file-cut-short', { missingBytes: 1234 }])
  expect(await failureOf(long.path)).toEqual(['file-too-long', { extraBytes: 7 }])
})

test('recognises a refused file and suggests its target', async () => {
  const { path } = await writeSafetensors(at('vae/cut.safetensors'), {
    tensors: families['Flux.1 VAE'].tensors,
    cutBytes: 1,
  })
  const { recognition, target } = await inspectFile(path)
  expect(recognition).toMatchObject({ modelType: 'vae', base: 'Flux.1 / SD3' })
  expect(target.modelPath).toBe('models/vae/cut.safetensors')
})

test('refuses empty files, LFS pointers, web pages and error replies', async () => {
  expect(await failureOf((await writeText(at('a.safetensors'), '')).path)).toEqual(['file-empty', {}])
  expect(await failureOf((await writeHollow(at('b.safetensors'), 3_000_000)).path)).toEqual([
    'file-hollow',
    {},
  ])
  expect(await failureOf((await writeHollow(at('c.pt'), 500)).path)).toEqual(['file-hollow', {}])
  expect(await failureOf((await writeLfsPointer(at('d.safetensors'), 6_800_000_000)).path)).toEqual([
    'file-pointer',
    { realBytes: 6_800_000_000 },
  ])
  expect(await failureOf((await writeWebPage(at('e.ckpt'))).path)).toEqual(['file-web-page', {}])
  expect(await failureOf((await writeErrorReply(at('f.safetensors'))).path)).toEqual(['file-web-page', {}])
})

test('accepts a file with other bytes within the first mebibyte of zeros', async () => {
  const bytes = Buffer.alloc(600_000)
  bytes[599_999] = 1
  expect(await failureOf((await writeText(at('a.dat'), bytes)).path)).toBeNull()
})

test('refuses a partial download by its name or by a file next to it', async () => {
  const own = await writeText(at('a.safetensors.crdownload'), 'x')
  const downloading = await writeSafetensors(at('b.safetensors'))
  await writeText(`${downloading.path}.aria2`, 'x')
  expect(await failureOf(own.path)).toEqual(['file-downloading', {}])
  expect(await failureOf(downloading.path)).toEqual(['file-downloading', {}])
})

test('reports what is wrong with a damaged header', async () => {
  const failureOfBytes = async (name: string, bytes: string | Buffer) =>
    failureOf((await writeText(at(name), bytes)).path)
  const problem = (text: string) => ['file-damaged-header', { problem: text }]
  expect(await failureOfBytes('a.safetensors', Buffer.from([1, 2, 3]))).toEqual(
    problem('shorter than 8 bytes'),
  )
  expect(await failureOfBytes('b.safetensors', Buffer.from('\x40\0\0\0\0\0\0\0{"a":'))).toEqual(
    problem('the file ends inside its header'),
  )
  expect(await failureOfBytes('e.gguf', seededBytes(1, 500))).toEqual(problem('does not begin with GGUF'))
  expect(await failureOfBytes('f.pt', smallZip().subarray(0, -22))).toEqual(
    problem('zip archive without its end'),
  )
})

test('refuses a file whose extension and format disagree', async () => {
  const gguf = await writeGguf(at('g.gguf'))
  const safetensors = await writeSafetensors(at('s.safetensors'))
  for (const [extension, holds, write] of [
    ['.safetensors', 'gguf', (path: string) => copyFile(gguf.path, path)],
    ['.ckpt', 'gguf', (path: string) => copyFile(gguf.path, path)],
    ['.bin', 'gguf', (path: string) => copyFile(gguf.path, path)],
    ['.ckpt', 'safetensors', (path: string) => copyFile(safetensors.path, path)],
    ['.pt', 'safetensors', (path: string) => copyFile(safetensors.path, path)],
    ['.safetensors', 'zip', (path: string) => writeText(path, smallZip())],
    ['.sft', 'pickle', (path: string) => writeText(path, emptyPickle)],
    ['.onnx', 'pickle', (path: string) => writeText(path, emptyPickle)],
  ] as const) {
    await write(at(`file${extension}`))
    expect(await failureOf(at(`file${extension}`))).toEqual(['file-misnamed', { extension, holds }])
  }
})

test('prefers sidecars next to a link over those next to its target', async () => {
  const { path } = await writeSafetensors(at('blobs/0a1b'))
  await mkdir(at('models'))
  await symlink(path, at('models/painter.safetensors'))
  const link = { name: 'painter.safetensors', folder: '', place: at('models') }
  expect((await inspectFile(path, link)).recognition.hasPreview).toBeUndefined()
  await writeText(at('models/painter.png'), 'x')
  expect((await inspectFile(path, link)).recognition.hasPreview).toBe(true)
  const details = await readDetails({ path, ...link })
  expect(details?.facts.sidecars).toEqual(['painter.png'])
})

test('accepts any other file as unknown', async () => {
  await writeText(at('x.dat'), seededBytes(9, 5000))
  expect(await inspectFile(at('x.dat'))).toMatchObject({
    recognition: { format: 'other', modelType: null, reason: { key: 'reason.unknown' } },
    target: { modelType: 'other', modelPath: 'models/other/x.dat' },
    failure: null,
  })
})

test('keeps an unknown folder in models as type and path unless the content shows another type', async () => {
  const unknown = torchZip(stateDict({ 'a.weight': { dtype: 'F16', shape: [2, 2] } }))
  await writeText(at('models/sonic/v2/x_vae.pth'), unknown)
  await writeText(at('models/sdxl/x.pth'), unknown)
  await writeText(at('other/x.pth'), unknown)
  const { path: lora } = await writeSafetensors(at('models/sonic/style.safetensors'), {
    tensors: families['kohya SDXL LoRA'].tensors,
  })
  const targetOf = async (path: string) => {
    const { modelType, modelPath } = (await inspectFile(path, { folder: '' })).target
    return [modelType, modelPath]
  }
  expect(await targetOf(at('models/sonic/v2/x_vae.pth'))).toEqual(['sonic', 'models/sonic/v2/x_vae.pth'])
  expect(await targetOf(at('models/sdxl/x.pth'))).toEqual(['other', 'models/other/x.pth'])
  expect(await targetOf(at('other/x.pth'))).toEqual(['other', 'models/other/x.pth'])
  expect(await targetOf(lora)).toEqual(['loras', 'models/loras/style.safetensors'])
})

test('recognises safetensors without an extension', async () => {
  const { path } = await writeSafetensors(at('blob'), { tensors: families['SD VAE'].tensors })
  expect((await inspectFile(path)).recognition).toMatchObject({ format: 'safetensors', modelType: 'vae' })
})

test('reads a GGUF header longer than the first read, and reports a short file', async () => {
  const tensors = { 'img_in.weight': { type: 1, shape: [3072, 64] } } as const
  const tokens = Array.from({ length: 60_000 }, (_, index) => `token-${index}-${'x'.repeat(20)}`)
  const metadata = { 'general.architecture': 'flux', 'tokenizer.ggml.tokens': tokens }
  const whole = await writeGguf(at('whole.gguf'), { metadata, tensors })
  const cut = await writeGguf(at('cut.gguf'), { metadata, tensors, cutBytes: 100 })
  expect(await inspectFile(whole.path)).toMatchObject({
    recognition: {
      format: 'gguf',
      modelType: 'diffusion_models',
      base: 'Flux.1',
      dtype: 'F16',
      tensorCount: 1,
    },
    failure: null,
  })
  expect(await failureOf(cut.path)).toEqual(['file-cut-short', { missingBytes: 100 }])
})

test('fails for a missing file and for a folder', async () => {
  expect(await failureOf(at('gone.safetensors'))).toEqual(['file-missing', {}])
  const { identity } = await inspectFile(at('gone.safetensors'))
  expect(identity).toEqual({ sizeBytes: 0, mtimeNs: 0n, inode: 0n })
  expect(await failureOf(root)).toEqual(['file-unreadable', {}])
})

test('uses the name and folder of the link to a file', async () => {
  const { path } = await writeText(at('blobs/0a1b'), emptyPickle)
  await symlink(path, at('link.pt'))
  const inspection = await inspectFile(path, { name: 'vae.pt', folder: 'drop', place: at('embeddings') })
  expect(inspection.recognition).toMatchObject({ modelType: 'embeddings' })
  expect(inspection.target).toEqual({
    displayName: 'vae',
    modelType: 'embeddings',
    modelPath: 'models/embeddings/vae.pt',
  })
})
