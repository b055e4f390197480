import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NewFileTracker } from '../../../../electron/discovery/watched-folders/new-file-tracker.ts'
import { readFileState } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

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
