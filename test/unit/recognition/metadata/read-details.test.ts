import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles } from '../../../../electron/discovery/scan/collect-files.ts'
import { detectImageType } from '../../../../electron/recognition/formats/image.ts'
import { inspectFile } from '../../../../electron/recognition/inspect-file.ts'
import { readDetails } from '../../../../electron/recognition/metadata/read-details.ts'
import { families } from '../../../fixtures/families.ts'
import { writeGguf } from '../../../fixtures/gguf-files.ts'
import { writeSafetensors, writeText } from '../../../fixtures/model-files.ts'
import { onnxOf } from '../../../fixtures/onnx-files.ts'
import { imported, pickleOf } from '../../../fixtures/pickles.ts'
import { pngOf } from '../../../fixtures/pictures.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'details-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)
const picture = pngOf(8, 8, [200, 40, 40])
const { tensors } = families['kohya SDXL LoRA']

async function detailsOf(path: string) {
  const details = await readDetails({ path })
  if (!details) throw new Error('not read')
  return details
}

test('reads facts, preview and private content from a header', async () => {
  const { path } = await writeSafetensors(at('painter.safetensors'), {
    tensors,
    metadata: {
      'modelspec.title': 'Painter',
      'modelspec.author': 'Mira',
      'modelspec.license': 'CC-BY-NC-4.0',
      'modelspec.resolution': '1024x1024',
      'modelspec.trigger_phrase': 'in oil, thick paint',
      'modelspec.thumbnail': `data:image/jpeg;base64,${picture.toString('base64')}`,
      ss_sd_model_name: '/home/mira/models/sd_xl_base_1.0.safetensors',
      ss_network_module: 'networks.lora',
      workflow: '{}',
    },
  })
  const { facts, preview } = await detailsOf(path)
  expect(facts).toMatchObject({
    title: 'Painter',
    author: 'Mira',
    licence: 'CC-BY-NC-4.0',
    resolution: '1024x1024',
    triggerWords: ['in oil', 'thick paint'],
    trainingBase: '/home/mira/models/sd_xl_base_1.0.safetensors',
    producer: 'kohya',
    parameterCount: 16 * 2048 + 640 * 16 + 1,
    dtypes: [{ dtype: 'F16', sizeBytes: 2 * (16 * 2048 + 640 * 16 + 1) }],
    privateContent: ['workflow', 'local-paths'],
  })
  // The MIME type is that of the bytes, whatever the header claims.
  expect(preview).toEqual({ url: `data:image/png;base64,${picture.toString('base64')}`, from: 'header' })
  expect((await inspectFile(path)).recognition.hasPreview).toBe(true)
})

test('reads a model’s sidecars and never collects them as models', async () => {
  const { path } = await writeSafetensors(at('cat.safetensors'), { tensors })
  await writeFile(at('cat.preview.png'), picture)
  await writeText(
    at('cat.civitai.info'),
    JSON.stringify({ trainedWords: ['a cat'], baseModel: 'SDXL 1.0', model: { name: 'Cat' } }),
  )
  await writeText(at('cat.json'), '{ broken')
  await writeText(at('other.json'), '{}')
  const { facts, preview } = await detailsOf(path)
  expect(facts).toMatchObject({
    title: 'Cat',
    triggerWords: ['a cat'],
    trainingBase: 'SDXL 1.0',
    sidecars: ['cat.preview.png', 'cat.civitai.info', 'cat.json'],
  })
  expect(preview?.from).toBe('sidecar')

  const skippedOf = async (paths: readonly string[]) =>
    (await collectFiles(paths)).skipped.map(({ name, reason }) => [name.split('/').at(-1), reason])
  expect(await skippedOf([root])).toEqual([
    ['cat.civitai.info', 'sidecar'],
    ['cat.json', 'sidecar'],
    ['cat.preview.png', 'sidecar'],
    ['other.json', 'not-a-model'],
  ])
  expect(await skippedOf([path, at('cat.preview.png')])).toEqual([['cat.preview.png', 'sidecar']])
})

test('shows no SVG as preview', async () => {
  expect(
    detectImageType(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')),
  ).toBeNull()
  const { path } = await writeSafetensors(at('svg.safetensors'), {
    metadata: {
      'modelspec.thumbnail': `data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`,
    },
  })
  expect((await detailsOf(path)).preview).toBeNull()
})

test('reads the quantisation of a GGUF file, the inputs of a graph and the imports of a pickle', async () => {
  const gguf = await writeGguf(at('a.gguf'), {
    metadata: {
      'general.architecture': 'flux',
      'general.file_type': 15,
      'general.name': 'Flux dev',
      'general.license': 'other',
    },
    tensors: { 'img_in.weight': { type: 12, shape: [3072, 256] } },
  })
  expect((await detailsOf(gguf.path)).facts).toMatchObject({
    title: 'Flux dev',
    quantisation: 'Q4_K_M',
    licence: 'other',
  })
  await writeFile(at('a.onnx'), onnxOf([{ name: 'w', shape: [4] }]))
  expect((await detailsOf(at('a.onnx'))).facts.inputs).toEqual(['sample: F16[batch,4]'])
  const pickle = await writeText(
    at('a.pt'),
    pickleOf(imported('collections', 'OrderedDict'), imported('os', 'system')),
  )
  expect((await detailsOf(pickle.path)).facts.imports).toEqual([
    { name: 'os.system', level: 'dangerous' },
    { name: 'collections.OrderedDict', level: 'innocuous' },
  ])
})

test('returns null for a file that is only in a cloud drive', async () => {
  const { path } = await writeText(at('online.safetensors'), '')
  await truncate(path, 5_000_000)
  expect(await readDetails({ path }, 'darwin')).toBeNull()
})

test('splits trigger words with hundreds of thousands of spaces at once', async () => {
  const spaces = `ferry${' '.repeat(500_000)}x, night`
  const { path } = await writeSafetensors(at('a.safetensors'), { tensors })
  await writeText(at('a.json'), JSON.stringify({ 'activation text': spaces }))
  const { path: titled } = await writeSafetensors(at('b.safetensors'), {
    tensors,
    metadata: { 'modelspec.trigger_phrase': spaces },
  })
  const startedAtMs = performance.now()
  for (const one of [path, titled]) expect((await detailsOf(one)).facts.triggerWords.at(-1)).toBe('night')
  expect(performance.now() - startedAtMs).toBeLessThan(10_000)
})
