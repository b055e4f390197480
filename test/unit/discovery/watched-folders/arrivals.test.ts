import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Arrivals } from '../../../../electron/discovery/watched-folders/arrivals.ts'
import { lookAt } from '../../../../electron/discovery/watched-folders/file-state.ts'
import { onnxOf } from '../../../fixtures/onnx-files.ts'
import { setupWatched } from '../../../support/watched-world.ts'

test('parts of a model that come one by one are queued together with their index, once all are there', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  for (const part of [1, 2, 3]) {
    expect(queued).toEqual([])
    write(`m-0000${part}-of-00003.safetensors`)
    await hint(watched, `m-0000${part}-of-00003.safetensors`)
    await pass(watched, 20_000)
    if (part < 3) expect([watched.settlingCount, watched.incompleteCount]).toEqual([part, part])
    if (part === 2) write('m.safetensors.index.json', '{}')
  }
  expect(queued).toEqual([
    'm-00001-of-00003.safetensors',
    'm-00002-of-00003.safetensors',
    'm-00003-of-00003.safetensors',
    'm.safetensors.index.json',
  ])
  expect([watched.settlingCount, watched.incompleteCount]).toEqual([0, 0])
  await watched.rescan()
  expect(watched.settlingCount).toBe(0)
})

test('parts that are gone with their folder wait for nothing any more', async () => {
  const { write, watch, hint, pass, folder } = await setupWatched()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  await hint(watched, 'm-00001-of-00002.safetensors')
  await pass(watched, 12_000)
  expect(watched.incompleteCount).toBe(1)
  rmSync(folder, { recursive: true })
  await watched.rescan()
  expect([watched.state, watched.incompleteCount]).toEqual(['gone', 0])
})

test('a graph waits for its weights, and what is written into them last', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  const weights = { location: 'net.onnx.data', length: 3_000 }
  write('net.onnx', onnxOf([{ name: 'far', shape: [8, 8], external: weights }]))
  await hint(watched, 'net.onnx')
  await pass(watched, 20_000)
  write('net.onnx.data', 2_000)
  await pass(watched, 20_000)
  write('net.onnx.data', 3_000)
  await pass(watched, 8_000)
  expect(queued).toEqual([])
  await pass(watched, 6_000)
  expect(queued).toEqual(['net.onnx', 'net.onnx.data'])
})

test('a diffusers model that arrives is queued as one folder, in whatever order its files come', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('flux/vae/diffusion_pytorch_model.safetensors')
  await hint(watched, 'flux/vae/diffusion_pytorch_model.safetensors')
  await pass(watched, 8_000)
  write('flux/transformer/diffusion_pytorch_model.safetensors')
  await hint(watched, 'flux/transformer/diffusion_pytorch_model.safetensors')
  await pass(watched, 8_000)
  expect(queued).toEqual([])
  const parts = { vae: ['diffusers', 'AutoencoderKL'], transformer: ['diffusers', 'FluxTransformer2DModel'] }
  const rest = { tokenizer: ['transformers', 'CLIPTokenizer'], safety_checker: [null, null] }
  write('flux/model_index.json', JSON.stringify({ _class_name: 'FluxPipeline', ...parts, ...rest }))
  await pass(watched, 30_000)
  expect([queued, watched.incompleteCount]).toEqual([[], 2])
  write('flux/tokenizer/vocab.json', '{}')
  await pass(watched, 14_000)
  expect([queued, watched.settlingCount]).toEqual([['flux'], 0])
})

test('a file called like a part goes by itself once nothing else arrives around it', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('canny/config.json', '{}')
  write('canny/diffusion_pytorch_model.safetensors')
  await hint(watched, 'canny/diffusion_pytorch_model.safetensors')
  await pass(watched, 12_000)
  expect(queued).toEqual(['canny/diffusion_pytorch_model.safetensors'])
})

test('weights beside the index of a model that never becomes whole go by themselves', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('flux/model_index.json', JSON.stringify({ vae: ['diffusers', 'AutoencoderKL'] }))
  write('flux/flux1-dev.safetensors')
  await hint(watched, 'flux/flux1-dev.safetensors')
  await pass(watched, 12_000)
  expect(queued).toEqual(['flux/flux1-dev.safetensors'])
})

test('a part that was there before is not waited for a second time', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('m-00001-of-00002.safetensors')
  const watched = await watch()
  write('m-00002-of-00002.safetensors')
  await hint(watched, 'm-00002-of-00002.safetensors')
  await pass(watched, 12_000)
  expect(queued).toEqual(['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors'])
})

test('an index beside the parts is waited for until it has stopped changing too', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('m.safetensors.index.json', '{}')
  const watched = await watch()
  for (const part of ['m-00001-of-00002', 'm-00002-of-00002']) {
    write(`${part}.safetensors`)
    await hint(watched, `${part}.safetensors`)
  }
  await pass(watched, 14_000)
  expect(queued).toEqual([])
  await pass(watched, 8_000)
  expect(queued).toHaveLength(3)
})

test('a known part that is replaced is waited for again', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  write('m-00001-of-00002.safetensors')
  const watched = await watch()
  write('m-00002-of-00002.safetensors')
  await hint(watched, 'm-00002-of-00002.safetensors')
  await pass(watched, 8_000)
  write('m-00001-of-00002.safetensors', 3_000)
  await pass(watched, 10_000)
  expect(queued).toEqual([])
  await pass(watched, 6_000)
  expect(queued).toHaveLength(2)
})

test('an empty file that holds no weights does not keep its model from being queued', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('flux/model_index.json', JSON.stringify({ tokenizer: ['transformers', 'CLIPTokenizer'] }))
  write('flux/tokenizer/merges.txt', 0)
  write('flux/unet/model.safetensors')
  await hint(watched, 'flux/unet/model.safetensors')
  await pass(watched, 24_000)
  expect(queued).toEqual(['flux'])
})

test('empty weights keep their model from being queued', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('m-00001-of-00002.safetensors')
  write('m-00002-of-00002.safetensors', 0)
  await hint(watched, 'm-00001-of-00002.safetensors')
  await pass(watched, 40_000)
  expect([queued, watched.incompleteCount]).toEqual([[], 1])
})

test('a file called like a part that is in the watched folder itself waits for no other file', async () => {
  const { write, watch, queued, hint, pass } = await setupWatched()
  const watched = await watch()
  write('model.safetensors')
  await hint(watched, 'model.safetensors')
  await pass(watched, 8_000)
  write('other/grows.safetensors')
  await hint(watched, 'other/grows.safetensors')
  await pass(watched, 4_000)
  expect(queued).toEqual(['model.safetensors'])
})

test('a graph that waits for its weights is read once, and again when it has changed', async () => {
  const { write, folder, clock } = await setupWatched()
  const graph = join(folder, 'net.onnx')
  const read: string[] = []
  const arrivals = new Arrivals({
    ...{ root: folder, now: clock.now, known: () => undefined },
    weightsOf: async (path) => (read.push(path), new Map([['net.onnx.data', 3_000]])),
  })
  for (const sizeBytes of [2_000, 2_500]) {
    write('net.onnx', sizeBytes)
    const look = await lookAt(graph)
    if (look && sizeBytes === 2_000) arrivals.begin(graph, look)
    for (let time = 0; time < 3; time += 1) {
      expect((await arrivals.look()).ready).toEqual([])
      clock.advance(10_000)
    }
    expect((await arrivals.look()).heldCount).toBe(1)
  }
  expect(read).toEqual([graph, graph])
})
