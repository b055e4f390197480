import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NewFileTracker } from '../../../../electron/discovery/watched-folders/new-file-tracker.ts'
import { readFileState } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { onnxOf } from '../../../fixtures/onnx-files.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

test('enqueues all shards and their index together once the last shard arrives', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  for (const part of [1, 2, 3]) {
    expect(enqueued).toEqual([])
    write(`m-0000${part}-of-00003.safetensors`)
    await reportNewFile(watched, `m-0000${part}-of-00003.safetensors`)
    await advance(watched, 20_000)
    if (part < 3) expect([watched.pendingCount, watched.incompleteCount]).toEqual([part, part])
    if (part === 2) write('m.safetensors.index.json', '{}')
  }
  expect(enqueued).toEqual([
    'm-00001-of-00003.safetensors',
    'm-00002-of-00003.safetensors',
    'm-00003-of-00003.safetensors',
    'm.safetensors.index.json',
  ])
  expect([watched.pendingCount, watched.incompleteCount]).toEqual([0, 0])
  await watched.rescan()
  expect(watched.pendingCount).toBe(0)
})

test.each([
  ['with four digits', ['m-0001-of-0002.safetensors', 'm-0002-of-0002.safetensors']],
  ['with five and six digits', ['m-00001-of-000002.safetensors', 'm-00002-of-000002.safetensors']],
  ['counted from 0', ['m-00000-of-00002.safetensors', 'm-00001-of-00002.safetensors']],
] as const)('waits for all shards %s, whichever comes first', async (_numbers, names) => {
  for (const order of [names, names.toReversed()]) {
    const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
    const watched = await watch()
    for (const name of order) {
      expect(enqueued).toEqual([])
      write(name)
      await reportNewFile(watched, name)
      await advance(watched, 20_000)
    }
    expect(enqueued).toEqual(names)
    expect([watched.pendingCount, watched.incompleteCount]).toEqual([0, 0])
  }
})

test('waits for the external weights of a graph and their last write', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  const weights = { location: 'net.onnx.data', length: 3_000 }
  write('net.onnx', onnxOf([{ name: 'far', shape: [8, 8], external: weights }]))
  await reportNewFile(watched, 'net.onnx')
  await advance(watched, 20_000)
  write('net.onnx.data', 2_000)
  await advance(watched, 20_000)
  write('net.onnx.data', 3_000)
  await advance(watched, 8_000)
  expect(enqueued).toEqual([])
  await advance(watched, 6_000)
  expect(enqueued).toEqual(['net.onnx', 'net.onnx.data'])
})

test('enqueues a diffusers model as one folder, whatever the order of its files', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  write('flux/vae/diffusion_pytorch_model.safetensors')
  await reportNewFile(watched, 'flux/vae/diffusion_pytorch_model.safetensors')
  await advance(watched, 8_000)
  write('flux/transformer/diffusion_pytorch_model.safetensors')
  await reportNewFile(watched, 'flux/transformer/diffusion_pytorch_model.safetensors')
  await advance(watched, 8_000)
  expect(enqueued).toEqual([])
  const parts = { vae: ['diffusers', 'AutoencoderKL'], transformer: ['diffusers', 'FluxTransformer2DModel'] }
  const rest = { tokenizer: ['transformers', 'CLIPTokenizer'], safety_checker: [null, null] }
  write('flux/model_index.json', JSON.stringify({ _class_name: 'FluxPipeline', ...parts, ...rest }))
  await advance(watched, 30_000)
  expect([enqueued, watched.incompleteCount]).toEqual([[], 2])
  write('flux/tokenizer/vocab.json', '{}')
  await advance(watched, 14_000)
  expect([enqueued, watched.pendingCount]).toEqual([['flux'], 0])
})

test('enqueues a file named like a part once nothing else arrives near it', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  write('canny/config.json', '{}')
  write('canny/diffusion_pytorch_model.safetensors')
  await reportNewFile(watched, 'canny/diffusion_pytorch_model.safetensors')
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['canny/diffusion_pytorch_model.safetensors'])
})

test('enqueues weights beside the index of a model that stays incomplete', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  write('flux/model_index.json', JSON.stringify({ vae: ['diffusers', 'AutoencoderKL'] }))
  write('flux/flux1-dev.safetensors')
  await reportNewFile(watched, 'flux/flux1-dev.safetensors')
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['flux/flux1-dev.safetensors'])
})

test('extends no model beyond the watched folder', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  write('../model_index.json', '{}')
  const watched = await watch()
  write('x.safetensors')
  await reportNewFile(watched, 'x.safetensors')
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['x.safetensors'])
})

test('does not wait for a shard that was there before', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  write('m-00001-of-00002.safetensors')
  const watched = await watch()
  write('m-00002-of-00002.safetensors')
  await reportNewFile(watched, 'm-00002-of-00002.safetensors')
  await advance(watched, 12_000)
  expect(enqueued).toEqual(['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors'])
})

test('waits for a new shard that still grows while the others are complete', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  for (const part of [1, 2]) {
    write(`m-0000${part}-of-00002.safetensors`)
    await reportNewFile(watched, `m-0000${part}-of-00002.safetensors`)
  }
  await advance(watched, 6_000)
  write('m-00002-of-00002.safetensors', 3_000)
  await advance(watched, 8_000)
  expect([enqueued, watched.incompleteCount]).toEqual([[], 1])
  await advance(watched, 6_000)
  expect(enqueued).toHaveLength(2)
})

test('waits again for a known shard that is replaced', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  write('m-00001-of-00002.safetensors')
  const watched = await watch()
  write('m-00002-of-00002.safetensors')
  await reportNewFile(watched, 'm-00002-of-00002.safetensors')
  await advance(watched, 8_000)
  write('m-00001-of-00002.safetensors', 3_000)
  await advance(watched, 10_000)
  expect(enqueued).toEqual([])
  await advance(watched, 6_000)
  expect(enqueued).toHaveLength(2)
})

test('does not enqueue a model with an empty shard', async () => {
  const { write, watch, enqueued, reportNewFile, advance } = await setupWatchedFolder()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  write('m-00002-of-00002.safetensors', 0)
  await reportNewFile(watched, 'm-00001-of-00002.safetensors')
  await advance(watched, 40_000)
  expect([enqueued, watched.incompleteCount]).toEqual([[], 1])
})

test('reads a waiting graph once, and again after it has changed', async () => {
  const { write, folder, clock } = await setupWatchedFolder()
  const graph = join(folder, 'net.onnx')
  const read: string[] = []
  const tracker = new NewFileTracker({
    root: folder,
    now: clock.now,
    knownState: () => undefined,
    readExternalWeights: async (path) => (read.push(path), new Map([['net.onnx.data', 3_000]])),
  })
  for (const sizeBytes of [2_000, 2_500]) {
    write('net.onnx', sizeBytes)
    const state = await readFileState(graph)
    if (state && sizeBytes === 2_000) tracker.add(graph, state)
    for (let time = 0; time < 3; time += 1) {
      expect((await tracker.check()).ready).toEqual([])
      clock.advance(10_000)
    }
    expect((await tracker.check()).incompleteCount).toBe(1)
  }
  expect(read).toEqual([graph, graph])
})
