import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import type { FoundPlacesView } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'
import { setup, valueOf } from '../../support/engine.ts'
import {
  alwaysConfirm,
  writeToHome,
  dropWorkflow,
  findPlaces,
  loraWorkflow,
  writeFile,
} from '../../support/model-finder.ts'

test('finds the usual places with counts and sizes by type, linked models once', async () => {
  const harness = await setup()
  await writeToHome(harness, 'ComfyUI/models/loras/faces/one.safetensors')
  await writeToHome(harness, 'ComfyUI/models/vae/two.safetensors')
  await writeToHome(harness, 'ai/stable-diffusion-webui/models/Stable-diffusion/three.safetensors')
  await writeToHome(harness, '.cache/huggingface/hub/models--a/snapshots/1/four.safetensors')
  symlinkSync(
    join(harness.folder, 'person/ComfyUI/models/loras'),
    join(harness.folder, 'person/ai/stable-diffusion-webui/models/Lora'),
  )
  const { places } = await findPlaces(harness)
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

test('enqueues only the chosen types, with their folders', async () => {
  const harness = await setup()
  await harness.app.calls.pauseAll(undefined)
  await writeToHome(harness, 'ComfyUI/models/loras/faces/one.safetensors')
  await writeToHome(harness, 'ComfyUI/models/vae/two.safetensors')
  const { places } = await findPlaces(harness)
  const chosen = [
    { id: places[0]?.id ?? '', modelTypes: ['loras'] },
    { id: 'unknown', modelTypes: ['vae'] },
  ]
  expect(valueOf(await harness.app.engine.addFound(chosen, alwaysConfirm))).toMatchObject({ added: 1 })
  expect(harness.app.rows().map(({ target }) => target.modelPath)).toEqual([
    'models/loras/faces/one.safetensors',
  ])
})

test('takes the types of folders from a dropped extra_model_paths.yaml', async () => {
  const harness = await setup()
  await harness.app.calls.pauseAll(undefined)
  await harness.file('disk/My Styles/ink/one.safetensors')
  const yaml = writeFile(
    harness,
    'extra_model_paths.yaml',
    'mine:\n  base_path: files/disk\n  loras: My Styles\n  vae: none\n',
  )
  const report = valueOf(await harness.app.calls.addFiles({ paths: [yaml] }))
  expect(report).toEqual({ added: 0, refused: 0, skipped: [], hasFoundPlaces: true })
  const { places } = valueOf(await harness.app.calls.findPlaces({ again: false }))
  const place = places.find(({ kind }) => kind === 'extra-paths')
  expect(place?.groups).toEqual([{ modelType: 'loras', count: 1, sizeBytes: 150_000 }])
  await harness.app.engine.addFound([{ id: place?.id ?? '', modelTypes: ['loras'] }], alwaysConfirm)
  expect(harness.app.rows().map(({ target }) => [target.modelType, target.modelPath])).toEqual([
    ['loras', 'models/loras/ink/one.safetensors'],
  ])
})

test('moves models that were found before to a dropped yaml file', async () => {
  const harness = await setup()
  await writeToHome(harness, 'ComfyUI/models/odd/one.safetensors')
  await findPlaces(harness)
  const yaml = writeFile(harness, 'x.yaml', 'mine:\n  base_path: person/ComfyUI/models\n  controlnet: odd\n')
  await harness.app.calls.addFiles({ paths: [yaml] })
  const { places } = valueOf(await harness.app.calls.findPlaces({ again: false }))
  expect(places.map(({ kind, groups }) => [kind, groups.map(({ modelType }) => modelType)])).toEqual([
    ['extra-paths', ['controlnet']],
  ])
})

test('opens an image with a workflow and does not upload it', async () => {
  const harness = await setup()
  const text = JSON.stringify(pageWorkflow)
  const view = await dropWorkflow(harness, [
    writeFile(harness, 'p.png', png([{ kind: 'tEXt', keyword: 'workflow', text }])),
  ])
  expect([view.fileName, view.needs.length, view.team?.id]).toEqual(['p.png', 8, ALICES_TEAM_ID])
  expect(harness.app.rows()).toEqual([])
})

test('skips files without a workflow and images beyond the limit, with reasons', async () => {
  const harness = await setup()
  const { app } = harness
  const text = loraWorkflow('x.safetensors')
  const many = Array.from({ length: 22 }, (_, at) =>
    writeFile(harness, `many-${at}.png`, png([{ kind: 'tEXt', keyword: 'workflow', text }])),
  )
  const plain = [
    writeFile(harness, 'plain.json', '{"a":1}'),
    writeFile(harness, 'plain.png', png([])),
    writeFile(harness, 'plain.yaml', 'no folders'),
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

test('stops without errors while a workflow waits for the library', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  const hold = cloud.hold('listModels')
  const path = writeFile(harness, 'late.json', loraWorkflow('x.safetensors'))
  valueOf(await app.calls.addFiles({ paths: [path] }))
  await hold.arrived
  const thrown: unknown[] = []
  const addError = (error: unknown) => thrown.push(error)
  process.on('unhandledRejection', addError)
  onTestFinished(() => void process.off('unhandledRejection', addError))
  await app.stop()
  hold.release()
  // Work left over from the first app has ended by the time a second one has listed the library.
  const next = await harness.open()
  await next.signIn()
  valueOf(await next.calls.addFiles({ paths: [path] }))
  await next.until(() => harness.countOf('listModels') > 1)
  expect(thrown).toEqual([])
})

test('adds a folder with the extension of an image as a folder', async () => {
  const harness = await setup()
  await harness.app.calls.pauseAll(undefined)
  await harness.file('styles.png/loras/one.safetensors')
  const report = valueOf(
    await harness.app.calls.addFiles({ paths: [join(harness.folder, 'files/styles.png')] }),
  )
  expect(report).toMatchObject({ added: 1, skipped: [] })
})

test('does not open the preview image of a dropped model as a workflow', async () => {
  const harness = await setup()
  await harness.app.calls.pauseAll(undefined)
  const model = await harness.file('loras/one.safetensors')
  const preview = join(harness.folder, 'files/loras/one.preview.png')
  writeFileSync(preview, png([{ kind: 'tEXt', keyword: 'workflow', text: loraWorkflow('x.safetensors') }]))
  const report = valueOf(await harness.app.calls.addFiles({ paths: [model, preview] }))
  expect(report.workflow).toBeUndefined()
})

test('ends a stopped search', async () => {
  const harness = await setup()
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const stopped = new Promise<FoundPlacesView>((resolve) => {
    harness.app.engine.subscribe({ finding: (view) => view.state === 'stopped' && resolve(view) })
  })
  await harness.app.calls.findPlaces({ again: true })
  await harness.app.calls.stopFinding(undefined)
  expect((await stopped).state).toBe('stopped')
})
