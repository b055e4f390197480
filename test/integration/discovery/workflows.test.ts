import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, valueOf } from '../../support/engine.ts'
import {
  alwaysConfirm,
  writeToHome,
  dropWorkflow,
  loraWorkflow,
  modelStates,
  writeFile,
} from '../../support/model-finder.ts'

test('uploads needed models only after the user confirms number, size, team and server', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  await app.calls.pauseAll(undefined)
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const questions: UploadConfirmation[] = []
  const decline = async (question: UploadConfirmation) => {
    questions.push(question)
    return false
  }
  const view = await dropWorkflow(harness, [
    writeFile(harness, 'w.json', loraWorkflow('one.safetensors', 'else.safetensors')),
  ])
  expect(valueOf(await app.engine.workflows.enqueueModels(view.id, ['0', '1'], decline))).toBeNull()
  const to = { team: view.team?.name, server: new URL(cloud.url).host }
  expect(questions).toEqual([{ count: 1, sizeBytes: 150_000, ...to }])
  expect(app.rows()).toEqual([])
  // A file that the user picks needs no confirmation.
  const other = await harness.file('elsewhere/other.safetensors')
  await app.engine.workflows.locateModel(view.id, '1', other)
  expect(valueOf(await app.engine.workflows.enqueueModels(view.id, ['1'], decline))).toMatchObject({
    added: 1,
  })
  expect(questions).toHaveLength(1)
})

test('adds no model of a workflow after an abort', async () => {
  const harness = await setup()
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const view = await dropWorkflow(harness, [
    writeFile(harness, 'w.json', loraWorkflow('one.safetensors', 'else.safetensors')),
  ])
  const { engine, rows } = harness.app
  const aborting = new AbortController()
  const confirm = async () => {
    aborting.abort()
    return true
  }
  const added = await engine.workflows.enqueueModels(view.id, ['0'], confirm, { signal: aborting.signal })
  expect([valueOf(added)?.added, rows()]).toEqual([0, []])
})

test('shows where each model of a workflow is and uploads those that are missing', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  const [sent = ''] = await app.add(await harness.file('loras/faces/owned.safetensors'))
  await app.settled(sent)
  await writeToHome(harness, 'ComfyUI/models/loras/style/here.safetensors')
  const workflow = writeFile(
    harness,
    'w.json',
    loraWorkflow('owned.safetensors', 'style\\here.safetensors', 'nowhere.safetensors'),
  )
  const view = await dropWorkflow(harness, [workflow])
  expect(modelStates(view)).toEqual([
    ['owned.safetensors', 'in-library', 'name', join(harness.folder, 'files/loras/faces/owned.safetensors')],
    ['style/here.safetensors', 'here', 'path', '~/ComfyUI/models/loras/style/here.safetensors'],
    ['nowhere.safetensors', 'nowhere', null],
  ])
  const all = view.needs.map(({ id }) => id)
  expect(valueOf(await app.engine.workflows.enqueueModels(view.id, all, alwaysConfirm))).toMatchObject({
    added: 1,
  })
  const [row] = app.rows().filter(({ fileName }) => fileName === 'here.safetensors')
  await app.settled(row?.id ?? '')
  expect(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([
    'models/loras/faces/owned.safetensors',
    'models/loras/style/here.safetensors',
  ])
})

test('finds and uploads the folder of a diffusers loader completely', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  const model = 'ComfyUI/models/diffusers/sdxl-turbo'
  await writeToHome(harness, `${model}/unet/diffusion_pytorch_model.safetensors`)
  writeFileSync(join(harness.folder, `person/${model}/model_index.json`), '{"_class_name": "FluxPipeline"}')
  const workflow = JSON.stringify({
    nodes: [{ type: 'DiffusersLoader', mode: 0, widgets_values: ['sdxl-turbo'] }],
    links: [],
  })
  const view = await dropWorkflow(harness, [writeFile(harness, 'd.json', workflow)])
  expect(modelStates(view)).toEqual([['sdxl-turbo', 'here', 'path', `~/${model}`]])
  expect(valueOf(await app.engine.workflows.enqueueModels(view.id, ['0'], alwaysConfirm))).toMatchObject({
    added: 2,
  })
  await Promise.all(app.rows().map(({ id }) => app.settled(id)))
  expect(
    cloud
      .modelsOf(ALICES_TEAM_ID)
      .map(({ model_path }) => model_path)
      .sort(),
  ).toEqual([
    'models/diffusers/sdxl-turbo/model_index.json',
    'models/diffusers/sdxl-turbo/unet/diffusion_pytorch_model.safetensors',
  ])
  const again = await dropWorkflow(harness, [writeFile(harness, 'e.json', workflow)])
  expect(again.needs[0]?.stand).toBe('in-library')
})

test('accepts only a diffusers folder for a diffusers loader and targets its path', async () => {
  const harness = await setup()
  const { engine, calls } = harness.app
  await calls.pauseAll(undefined)
  await harness.file('mine/turbo/unet/diffusion_pytorch_model.safetensors')
  const picked = join(harness.folder, 'files/mine/turbo')
  const workflow = loraWorkflow().replace(
    '[]',
    '[{"type":"DiffusersLoader","mode":0,"widgets_values":["base/sdxl"]}]',
  )
  const view = await dropWorkflow(harness, [writeFile(harness, 'd.json', workflow)])
  expect(view.needs).toMatchObject([{ name: 'base/sdxl', isFolder: true, stand: 'nowhere' }])
  expect(await engine.workflows.locateModel(view.id, '0', picked)).toMatchObject({
    failure: { code: 'folder-no-index' },
  })
  writeFileSync(join(picked, 'model_index.json'), '{"_class_name": "FluxPipeline"}')
  expect(await engine.workflows.locateModel(view.id, '0', picked)).toMatchObject({ ok: true })
  const located = valueOf(await calls.workflow({ id: view.id }))
  expect(located?.needs).toMatchObject([{ stand: 'here', by: 'hand', sizeBytes: 150_000 }])
  expect(valueOf(await engine.workflows.enqueueModels(view.id, ['0'], alwaysConfirm))).toMatchObject({
    added: 2,
  })
  const targets = harness.app.rows().map(({ target }) => target.modelPath)
  expect(targets.sort()).toEqual([
    'models/diffusers/base/sdxl/model_index.json',
    'models/diffusers/base/sdxl/unet/diffusion_pytorch_model.safetensors',
  ])
})

test('lists the library again for a workflow once the network has changed', async () => {
  const harness = await setup()
  const { app, cloud, clock, countOf } = harness
  const [sent = ''] = await app.add(await harness.file('loras/owned.safetensors'))
  await app.settled(sent)
  await app.stop()
  const { engine, calls } = await harness.open()
  cloud.fail({ on: 'listModels', how: 403 })
  const before = countOf('listModels')
  const path = writeFile(harness, 'w.json', loraWorkflow('owned.safetensors'))
  const { workflow = '' } = valueOf(await calls.addFiles({ paths: [path] }))
  await engine.workflows.whenComplete(workflow)
  const view = async () => valueOf(await calls.workflow({ id: workflow }))
  expect(await view()).toMatchObject({
    libraryFailure: {},
    libraryListedAtMs: null,
    needs: [{ stand: 'here' }],
  })
  // The failure refreshes workflows a tenth of a second later, which is not what is tested.
  await new Promise<void>((resolve) => clock.timers.after(150, resolve))
  expect(countOf('listModels')).toBe(before + 1)
  engine.networkChanged()
  await expect.poll(view).toMatchObject({ libraryFailure: null, needs: [{ stand: 'in-library' }] })
  expect(countOf('listModels')).toBe(before + 2)
})

test('shows a failed upload with its reason instead of as queued', async () => {
  const harness = await setup()
  const { app } = harness
  const path = await harness.file('loras/broken.safetensors')
  writeFileSync(path, 'cut')
  await app.add(path)
  const view = await dropWorkflow(harness, [writeFile(harness, 'w.json', loraWorkflow('broken.safetensors'))])
  expect(view.needs[0]).toMatchObject({ stand: 'failed', failed: { uploadId: app.rows()[0]?.id } })
})

test('reports an unreadable folder and still searches the others', async () => {
  const harness = await setup()
  const { app } = harness
  await app.calls.pauseAll(undefined)
  await harness.file('attic/loras/late.safetensors')
  mkdirSync(join(harness.folder, 'files/odd'))
  for (const folder of ['attic', 'odd'])
    await app.calls.addFiles({ paths: [join(harness.folder, 'files', folder)] })
  await app.calls.cancel({ ids: app.rows().map(({ id }) => id) })
  // A link to itself exists but can't be opened.
  rmSync(join(harness.folder, 'files/odd'), { recursive: true })
  symlinkSync('odd', join(harness.folder, 'files/odd'))
  renameSync(
    join(harness.folder, 'files/attic/loras/late.safetensors'),
    join(harness.folder, 'files/attic/loras/now.safetensors'),
  )
  const view = await dropWorkflow(harness, [writeFile(harness, 'w.json', loraWorkflow('now.safetensors'))])
  expect([view.needs[0]?.stand, view.unseen, view.isUsualSeen]).toEqual([
    'here',
    [{ where: join(harness.folder, 'files/odd'), why: 'unreadable' }],
    true,
  ])
})

test('searches a folder that the user picks for all missing models', async () => {
  const harness = await setup()
  await harness.file('elsewhere/deep/one.safetensors')
  await harness.file('elsewhere/two.safetensors')
  const view = await dropWorkflow(harness, [
    writeFile(harness, 'w.json', loraWorkflow('one.safetensors', 'two.safetensors')),
  ])
  expect(view.needs.map(({ stand }) => stand)).toEqual(['nowhere', 'nowhere'])
  await harness.app.engine.workflows.searchFolder(view.id, join(harness.folder, 'files/elsewhere'))
  const now = valueOf(await harness.app.calls.workflow({ id: view.id }))
  expect(now?.needs.map(({ stand, by }) => [stand, by])).toEqual([
    ['here', 'name'],
    ['here', 'name'],
  ])
})

test('finds earlier uploads and files of recent folders, and uses picked files', async () => {
  const harness = await setup()
  await harness.app.calls.pauseAll(undefined)
  await harness.file('attic/loras/before.safetensors')
  const [before = ''] = await harness.app.add(join(harness.folder, 'files/attic'))
  await harness.app.calls.cancel({ ids: [before] })
  mkdirSync(join(harness.folder, 'files/shelf'))
  valueOf(await harness.app.calls.addFiles({ paths: [join(harness.folder, 'files/shelf')] }))
  await harness.file('shelf/loras/later.safetensors')
  const other = await harness.file('elsewhere/strange-name.safetensors')
  const workflow = writeFile(harness, 'w.json', loraWorkflow('later.safetensors', 'hand.safetensors'))
  const view = await dropWorkflow(harness, [workflow])
  expect(view.needs.map(({ stand }) => stand)).toEqual(['here', 'nowhere'])
  await harness.app.engine.workflows.locateModel(view.id, view.needs[1]?.id ?? '', other)
  const located = valueOf(await harness.app.calls.workflow({ id: view.id }))
  expect(located?.needs[1]).toMatchObject({ stand: 'here', by: 'hand' })
  await harness.app.engine.workflows.enqueueModels(view.id, ['0', '1'], alwaysConfirm)
  const queued = valueOf(await harness.app.calls.workflow({ id: view.id }))
  expect(queued?.needs.map(({ stand }) => stand)).toEqual(['queued', 'queued'])
  expect(
    harness.app
      .rows()
      .map(({ target }) => target.modelPath)
      .sort(),
  ).toEqual(['models/loras/hand.safetensors', 'models/loras/later.safetensors'])
})

test('does not stop a search that a dropped workflow needs', async () => {
  const harness = await setup()
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const { calls, engine } = harness.app
  await calls.findPlaces(undefined)
  const report = valueOf(
    await calls.addFiles({ paths: [writeFile(harness, 'w.json', loraWorkflow('one.safetensors'))] }),
  )
  await calls.stopFinding(undefined)
  await engine.workflows.whenComplete(report.workflow ?? '')
  const view = valueOf(await calls.workflow({ id: report.workflow ?? '' }))
  expect(view?.needs[0]?.stand).toBe('here')
})

test('finds models without a sign-in', async () => {
  const harness = await setup({ as: null })
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const view = await dropWorkflow(harness, [writeFile(harness, 'w.json', loraWorkflow('one.safetensors'))])
  expect([view.team, view.needs[0]?.stand]).toEqual([null, 'here'])
})
