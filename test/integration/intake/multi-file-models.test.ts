import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import type { FoundPlaceView, UploadConfirmation } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { writeDiffusersFolder } from '../../fixtures/diffusers-folder.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { setup, valueOf, type App, type EngineHarness } from '../../support/engine.ts'

async function found({ app }: EngineHarness): Promise<readonly FoundPlaceView[]> {
  return new Promise((resolve) => {
    app.engine.subscribe({ finding: (view) => view.state !== 'looking' && resolve(view.places) })
    void app.calls.findPlaces(undefined)
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
  const models = valueOf(await app.calls.foundModels({ place: places[0]?.id ?? '' }))
  expect(models.map(({ name, fileCount }) => [name, fileCount]).sort()).toEqual([
    ['pose.onnx', 1],
    ['pose.onnx.data', 1],
    ['sdxl', 2],
  ])
  valueOf(
    await app.engine.addFound(
      models.map(({ id }) => id),
      agree,
    ),
  )
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

const libraryPaths = ({ cloud }: EngineHarness) =>
  cloud
    .modelsOf(ALICES_TEAM_ID)
    .map(({ model_path: path }) => path)
    .sort()

async function addAll({ app }: EngineHarness, path: string) {
  const ids = await app.add(path)
  return Promise.all(ids.map((id) => app.settled(id)))
}

test('registers every path of a diffusers model whose files have the same bytes', async () => {
  const harness = await setup()
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  const rows = await addAll(harness, root)
  expect(rows.map(({ phase, already }) => [phase, already])).toEqual(
    names.map(() => ['registered', undefined]),
  )
  expect(libraryPaths(harness)).toEqual(names.map((name) => `models/diffusers/sdxl/${name}`))
})

test('registers every path of a model whose files are links to the same file', async () => {
  const harness = await setup()
  const shared = join(harness.folder, 'files', 'shared')
  const { root, names } = await writeDiffusersFolder(join(shared, 'sdxl'))
  const linked = join(shared, 'linked')
  for (const name of names) {
    const isCopy = name.startsWith('tokenizer_2/')
    mkdirSync(dirname(join(linked, name)), { recursive: true })
    symlinkSync(join(root, isCopy ? name.replace('_2', '') : name), join(linked, name))
  }
  await addAll(harness, shared)
  expect(libraryPaths(harness)).toEqual(
    ['linked', 'sdxl'].flatMap((model) => names.map((name) => `models/diffusers/${model}/${name}`)),
  )
})

test('uploads a model from the cache of Hugging Face', async () => {
  const harness = await setup()
  const model = join(harness.folder, 'files/hub/models--org--sdxl')
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  mkdirSync(join(model, 'blobs'), { recursive: true })
  for (const [index, name] of names.entries()) {
    const link = join(model, 'snapshots/0a1b', name)
    mkdirSync(dirname(link), { recursive: true })
    renameSync(join(root, name), join(model, 'blobs', String(index)))
    symlinkSync(relative(dirname(link), join(model, 'blobs', String(index))), link)
  }
  await addAll(harness, join(model, 'snapshots/0a1b'))
  expect(libraryPaths(harness)).toEqual(names.map((name) => `models/diffusers/0a1b/${name}`))
})

test('registers every path although the library has the bytes at other paths', async () => {
  const harness = await setup()
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  await addAll(harness, join(root, 'vae/diffusion_pytorch_model.safetensors'))
  const copy = await writeDiffusersFolder(join(harness.folder, 'files', 'copy'))
  await addAll(harness, copy.root)
  await harness.app.stop()
  const again = { ...harness, app: await harness.open() }
  await addAll(again, root)
  expect(libraryPaths(harness)).toEqual([
    ...names.map((name) => `models/diffusers/copy/${name}`),
    ...names.map((name) => `models/diffusers/sdxl/${name}`),
    'models/vae/diffusion_pytorch_model.safetensors',
  ])
})

test('sends no file of a multi-file model that the library has at its path', async () => {
  const harness = await setup({ cloud: { listLacks: ['model_path'] } })
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  await addAll(harness, root)
  await harness.app.stop()
  harness.cloud.forgetOperations()
  const again = { ...harness, app: await harness.open() }
  const rows = await addAll(again, root)
  expect(rows.map(({ already }) => already?.path)).toEqual(rows.map(({ target }) => target.modelPath))
  expect([rows.length, harness.countOf('put-object')]).toEqual([names.length, 0])
})

test('continues each path of a model after a restart, and adds those that were cancelled', async () => {
  const harness = await setup()
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  await harness.app.calls.pauseAll(undefined)
  const ids = await harness.app.add(root)
  const cancelled = harness.app.rows().find(({ target }) => target.modelPath.endsWith('vae/config.json'))
  valueOf(await harness.app.calls.cancel({ ids: [cancelled?.id ?? ''] }))
  expect(ids).toHaveLength(names.length)
  await harness.app.stop()
  const app = await harness.open()
  const report = valueOf(await app.engine.add([root]))
  expect([report.added, report.skipped.length]).toEqual([1, names.length - 1])
  await app.calls.resumeAll(undefined)
  await app.until(({ totals }) => totals.registeredToday === names.length)
  expect(libraryPaths(harness)).toEqual(names.map((name) => `models/diffusers/sdxl/${name}`))
})

test('a file that is added alone does not replace its path in a diffusers model', async () => {
  const harness = await setup()
  const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  await harness.app.calls.pauseAll(undefined)
  await harness.app.add(join(root, 'vae/diffusion_pytorch_model.safetensors'))
  await harness.app.add(root)
  await harness.app.calls.resumeAll(undefined)
  await harness.app.until(({ rows }) => rows.every(({ phase }) => phase === 'registered'))
  const expected = names.map((name) => `models/diffusers/sdxl/${name}`)
  expect(libraryPaths(harness)).toEqual(expect.arrayContaining(expected))
})

const statusOf = async (app: App, id: string) => valueOf(await app.calls.modelStatus({ id }))

test.each([false, true])(
  'reports a model as complete only while the library has every path (listing fails: %s)',
  async (isUnlisted) => {
    const harness = await setup()
    const { app, cloud } = harness
    if (isUnlisted) cloud.fail({ on: 'listModels', how: 403, times: Infinity })
    const { root, names } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
    await app.calls.pauseAll(undefined)
    await app.add(root)
    const [first = '', last = ''] = [app.rows()[0]?.id, app.rows().at(-1)?.id]
    expect(await statusOf(app, first)).toEqual({ fileCount: 10, presentCount: 0, missing: [] })
    valueOf(await app.calls.cancel({ ids: [last] }))
    const cancelled = { fileCount: 10, presentCount: 9, missing: [names.at(-1)] }
    await app.calls.resumeAll(undefined)
    await app.until(({ totals }) => totals.registeredToday === 9)
    expect(await statusOf(app, first)).toEqual(cancelled)
    await app.stop()
    const again = await harness.open()
    expect(await statusOf(again, first)).toEqual(cancelled)
    await addAll({ ...harness, app: again }, join(root))
    expect(await statusOf(again, first)).toEqual({ fileCount: 10, presentCount: 10, missing: [] })
  },
)

test('names the files of a model that were deleted from the library or moved', async () => {
  const harness = await setup()
  const { app } = harness
  const { root } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  const rows = await addAll(harness, root)
  const [first] = rows
  const rowAt = (name: string) => rows.find(({ target }) => target.modelPath.endsWith(`/sdxl/${name}`))
  const choice = { accountId: first?.accountId ?? '', teamId: ALICES_TEAM_ID }
  const modelIdOf = (name: string) => rowAt(name)?.modelId ?? ''
  valueOf(await app.engine.library.remove(choice, modelIdOf('vae/config.json')))
  const change = { modelPath: 'models/other/vocab.json' }
  valueOf(await app.calls.changeModel({ choice, modelId: modelIdOf('tokenizer/vocab.json'), change }))
  expect(await statusOf(app, first?.id ?? '')).toEqual({
    fileCount: 10,
    presentCount: 8,
    missing: ['tokenizer/vocab.json', 'vae/config.json'],
  })
})

test('names the components of a diffusers model that its folder lacks', async () => {
  const harness = await setup()
  const { root } = await writeDiffusersFolder(join(harness.folder, 'files', 'sdxl'))
  rmSync(join(root, 'tokenizer_2'), { recursive: true })
  rmSync(join(root, 'vae/diffusion_pytorch_model.safetensors'))
  const [first] = await addAll(harness, root)
  expect(await statusOf(harness.app, first?.id ?? '')).toEqual({
    fileCount: 9,
    presentCount: 7,
    missing: ['tokenizer_2/', 'vae/*.safetensors'],
  })
})

test('reports numbered parts as complete, and no status for a model of one file', async () => {
  const harness = await setup()
  const parts = await Promise.all(
    [1, 2].map((number) => harness.file(`parts/model-0000${number}-of-00002.safetensors`)),
  )
  const [first] = await addAll(harness, parts[0] ?? '')
  expect(await statusOf(harness.app, first?.id ?? '')).toEqual({ fileCount: 2, presentCount: 2, missing: [] })
  const [alone] = await addAll(harness, await harness.file('alone.safetensors'))
  expect(await statusOf(harness.app, alone?.id ?? '')).toBe(null)
})
