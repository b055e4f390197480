import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import type { FindingView } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { agreed, atHome, dropped, found, loader, write } from '../../support/finding.ts'

test('the usual places are found with counts and sizes by type, links between them once', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/loras/faces/one.safetensors')
  await atHome(world, 'ComfyUI/models/vae/two.safetensors')
  await atHome(world, 'ai/stable-diffusion-webui/models/Stable-diffusion/three.safetensors')
  await atHome(world, '.cache/huggingface/hub/models--a/snapshots/1/four.safetensors')
  symlinkSync(
    join(world.folder, 'person/ComfyUI/models/loras'),
    join(world.folder, 'person/ai/stable-diffusion-webui/models/Lora'),
  )
  const { places } = await found(world)
  expect(
    places.map(({ kind, where, groups, isInformation }) => [kind, where, groups, isInformation]),
  ).toEqual([
    [
      'comfyui',
      '~/ComfyUI/models',
      [
        { modelType: 'loras', count: 1, sizeBytes: 150_000 },
        { modelType: 'vae', count: 1, sizeBytes: 150_000 },
      ],
      false,
    ],
    [
      'a1111',
      '~/ai/stable-diffusion-webui/models',
      [{ modelType: 'checkpoints', count: 1, sizeBytes: 150_000 }],
      false,
    ],
    ['hugging-face', '~/.cache/huggingface/hub', [{ modelType: null, count: 1, sizeBytes: 150_000 }], true],
  ])
})

test('only what was ticked is added, under its folders', async () => {
  const world = await setup()
  await world.app.calls.pauseAll(undefined)
  await atHome(world, 'ComfyUI/models/loras/faces/one.safetensors')
  await atHome(world, 'ComfyUI/models/vae/two.safetensors')
  const { places } = await found(world)
  const chosen = [
    { id: places[0]?.id ?? '', modelTypes: ['loras'] },
    { id: 'never told', modelTypes: ['vae'] },
  ]
  expect(valueOf(await world.app.engine.addFound(chosen, agreed))).toMatchObject({ added: 1 })
  expect(world.app.rows().map(({ target }) => target.modelPath)).toEqual([
    'models/loras/faces/one.safetensors',
  ])
})

test('a dropped extra_model_paths.yaml gives its folders their types, whatever they are called', async () => {
  const world = await setup()
  await world.app.calls.pauseAll(undefined)
  await world.file('disk/My Styles/ink/one.safetensors')
  const yaml = write(
    world,
    'extra_model_paths.yaml',
    'mine:\n  base_path: files/disk\n  loras: My Styles\n  vae: none\n',
  )
  const report = valueOf(await world.app.calls.addFiles({ paths: [yaml] }))
  expect(report).toEqual({ added: 0, refused: 0, skipped: [], hasFoundPlaces: true })
  const { places } = valueOf(await world.app.calls.findPlaces({ again: false }))
  const place = places.find(({ kind }) => kind === 'extra-paths')
  expect(place?.groups).toEqual([{ modelType: 'loras', count: 1, sizeBytes: 150_000 }])
  await world.app.engine.addFound([{ id: place?.id ?? '', modelTypes: ['loras'] }], agreed)
  expect(world.app.rows().map(({ target }) => [target.modelType, target.modelPath])).toEqual([
    ['loras', 'models/loras/ink/one.safetensors'],
  ])
})

test('a dropped yaml file gives types to what was found before, and nothing is offered twice', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/odd/one.safetensors')
  await found(world)
  const yaml = write(world, 'x.yaml', 'mine:\n  base_path: person/ComfyUI/models\n  controlnet: odd\n')
  await world.app.calls.addFiles({ paths: [yaml] })
  const { places } = valueOf(await world.app.calls.findPlaces({ again: false }))
  expect(places.map(({ kind, groups }) => [kind, groups.map(({ modelType }) => modelType)])).toEqual([
    ['extra-paths', ['controlnet']],
  ])
})

test('a picture with a workflow in it is opened and not sent, one without is left as it was', async () => {
  const world = await setup()
  const text = JSON.stringify(pageWorkflow)
  const view = await dropped(world, [
    write(world, 'p.png', png([{ kind: 'tEXt', keyword: 'workflow', text }])),
  ])
  expect([view.fileName, view.needs.length, view.team?.id]).toEqual(['p.png', 8, ALICES_TEAM_ID])
  expect(world.app.rows()).toEqual([])
})

test('pictures and notes without a workflow are told to be none and never sent, and so is what is too much', async () => {
  const world = await setup()
  const { app } = world
  const text = loader('x.safetensors')
  const many = Array.from({ length: 22 }, (_, at) =>
    write(world, `many-${at}.png`, png([{ kind: 'tEXt', keyword: 'workflow', text }])),
  )
  const plain = [
    write(world, 'plain.json', '{"a":1}'),
    write(world, 'plain.png', png([])),
    write(world, 'plain.yaml', 'no folders'),
  ]
  const report = valueOf(await app.calls.addFiles({ paths: plain }))
  expect(report).toEqual({
    added: 0,
    refused: 0,
    skipped: [
      { name: 'plain.json', reason: 'no-workflow' },
      { name: 'plain.png', reason: 'no-workflow' },
      { name: 'plain.yaml', reason: 'no-model-folders' },
    ],
  })
  const opened = valueOf(await app.calls.addFiles({ paths: many }))
  expect([opened.added, opened.skipped]).toEqual([
    0,
    ['many-20.png', 'many-21.png'].map((name) => ({ name, reason: 'too-many-workflows' })),
  ])
  expect(app.rows()).toEqual([])
})

test('an app that ends while a workflow still waits for the library asks nothing more for it', async () => {
  const world = await setup()
  const { app, cloud } = world
  const held = cloud.hold('listModels')
  const path = write(world, 'late.json', loader('x.safetensors'))
  valueOf(await app.calls.addFiles({ paths: [path] }))
  await held.arrived
  const thrown: unknown[] = []
  const keep = (error: unknown) => thrown.push(error)
  process.on('unhandledRejection', keep)
  onTestFinished(() => void process.off('unhandledRejection', keep))
  await app.stop()
  held.release()
  // Whatever goes on in vain has come to its end by the time a further app has started and asked the same.
  const next = await world.open()
  await next.signIn()
  valueOf(await next.calls.addFiles({ paths: [path] }))
  await next.until(() => world.countOf('listModels') > 1)
  expect(thrown).toEqual([])
})

test('a folder whose name ends like a picture’s is a folder all the same', async () => {
  const world = await setup()
  await world.app.calls.pauseAll(undefined)
  await world.file('styles.png/loras/one.safetensors')
  const report = valueOf(await world.app.calls.addFiles({ paths: [join(world.folder, 'files/styles.png')] }))
  expect(report).toMatchObject({ added: 1, skipped: [] })
})

test('a preview that lies beside its model goes with it, whatever it holds', async () => {
  const world = await setup()
  await world.app.calls.pauseAll(undefined)
  const model = await world.file('loras/one.safetensors')
  const preview = join(world.folder, 'files/loras/one.preview.png')
  writeFileSync(preview, png([{ kind: 'tEXt', keyword: 'workflow', text: loader('x.safetensors') }]))
  const report = valueOf(await world.app.calls.addFiles({ paths: [model, preview] }))
  expect(report.workflow).toBeUndefined()
})

test('a search that is left tells what it had and ends', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const ended = new Promise<FindingView>((resolve) => {
    world.app.engine.subscribe({ finding: (view) => view.state === 'stopped' && resolve(view) })
  })
  await world.app.calls.findPlaces({ again: true })
  await world.app.calls.stopFinding(undefined)
  expect((await ended).state).toBe('stopped')
})
