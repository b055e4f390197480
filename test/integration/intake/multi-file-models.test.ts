import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { FoundPlaceView, UploadConfirmation } from '../../../electron/contract/discovery.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { setup, valueOf, type EngineHarness } from '../../support/engine.ts'

async function found({ app }: EngineHarness): Promise<readonly FoundPlaceView[]> {
  return new Promise((resolve) => {
    app.engine.subscribe({ finding: (view) => view.state !== 'looking' && resolve(view.places) })
    void app.calls.findPlaces({ again: true })
  })
}

test('uploads all files of a found diffusers model, and a graph with its weights', async () => {
  const harness = await setup()
  const { app } = harness
  await app.calls.pauseAll(undefined)
  const model = 'ComfyUI/models/diffusers/sdxl'
  for (const part of ['unet', 'vae'])
    await harness.file(`../person/${model}/${part}/diffusion_pytorch_model.safetensors`)
  const write = (name: string, content: string | Buffer) => {
    const path = join(harness.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  write(`person/${model}/model_index.json`, '{}')
  const external = { location: 'pose.onnx.data', length: 2_000 }
  const graph = onnxOf([{ name: 'w'.repeat(2_000), shape: [10, 100], external }])
  write('person/ComfyUI/models/onnx/pose.onnx', graph)
  write('person/ComfyUI/models/onnx/pose.onnx.data', Buffer.alloc(2_000, 1))
  const places = await found(harness)
  const asked: UploadConfirmation[] = []
  const agree = async (question: UploadConfirmation) => asked.push(question) > 0
  const chosen = [
    { id: places[0]?.id ?? '', modelTypes: ['diffusers', 'unet', 'diffusion_models', 'vae', 'onnx'] },
  ]
  valueOf(await app.engine.addFound(chosen, agree))
  expect(
    app
      .rows()
      .map(({ target, failure }) => [target.modelPath, failure])
      .sort(),
  ).toEqual([
    ['models/diffusers/sdxl/model_index.json', null],
    ['models/diffusers/sdxl/unet/diffusion_pytorch_model.safetensors', null],
    ['models/diffusers/sdxl/vae/diffusion_pytorch_model.safetensors', null],
    ['models/onnx/pose.onnx', null],
    ['models/onnx/pose.onnx.data', null],
  ])
  expect(asked).toMatchObject([{ count: 3, sizeBytes: 300_000 + graph.length + 2_000 }])
})
