import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadQuestion } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { agreed, atHome, dropped, found, loader, stands, write } from '../../support/finding.ts'

test('nothing that was found goes before the person has agreed to its number, size, team and server', async () => {
  const world = await setup()
  const { app, cloud } = world
  await app.calls.pauseAll(undefined)
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  await atHome(world, 'ComfyUI/models/loras/two.safetensors')
  const { places } = await found(world)
  const asked: UploadQuestion[] = []
  const refuse = async (question: UploadQuestion) => {
    asked.push(question)
    return false
  }
  const chosen = [{ id: places[0]?.id ?? '', modelTypes: ['loras'] }]
  expect(valueOf(await app.engine.addFound(chosen, refuse))).toBeNull()
  const view = await dropped(world, [write(world, 'w.json', loader('one.safetensors', 'else.safetensors'))])
  expect(valueOf(await app.engine.workflows.sendNeeds(view.id, ['0', '1'], refuse))).toBeNull()
  const to = { team: view.team?.name, server: new URL(cloud.url).host }
  expect(asked).toEqual([
    { count: 2, sizeBytes: 300_000, ...to },
    { count: 1, sizeBytes: 150_000, ...to },
  ])
  expect(app.rows()).toEqual([])
  // A file that the person picks in the native picker is agreed to by that.
  const other = await world.file('elsewhere/other.safetensors')
  await app.engine.workflows.locate(view.id, '1', other)
  expect(valueOf(await app.engine.workflows.sendNeeds(view.id, ['1'], refuse))).toMatchObject({ added: 1 })
  expect(asked).toHaveLength(2)
})

test('a workflow tells which models the team has, which are here and which are nowhere, and sends what is missing', async () => {
  const world = await setup()
  const { app, cloud } = world
  const [sent = ''] = await app.add(await world.file('loras/faces/owned.safetensors'))
  await app.settled(sent)
  await atHome(world, 'ComfyUI/models/loras/style/here.safetensors')
  const workflow = write(
    world,
    'w.json',
    loader('owned.safetensors', 'style\\here.safetensors', 'nowhere.safetensors'),
  )
  const view = await dropped(world, [workflow])
  expect(stands(view)).toEqual([
    ['owned.safetensors', 'in-library', 'name', join(world.folder, 'files/loras/faces/owned.safetensors')],
    ['style/here.safetensors', 'here', 'path', '~/ComfyUI/models/loras/style/here.safetensors'],
    ['nowhere.safetensors', 'nowhere', null],
  ])
  const all = view.needs.map(({ id }) => id)
  expect(valueOf(await app.engine.workflows.sendNeeds(view.id, all, agreed))).toMatchObject({ added: 1 })
  const [row] = app.rows().filter(({ fileName }) => fileName === 'here.safetensors')
  await app.settled(row?.id ?? '')
  expect(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([
    'models/loras/faces/owned.safetensors',
    'models/loras/style/here.safetensors',
  ])
})

test('a folder that a diffusers loader names is found, sent as a whole and then the team’s', async () => {
  const world = await setup()
  const { app, cloud } = world
  const model = 'ComfyUI/models/diffusers/sdxl-turbo'
  await atHome(world, `${model}/unet/diffusion_pytorch_model.safetensors`)
  writeFileSync(join(world.folder, `person/${model}/model_index.json`), '{"_class_name": "FluxPipeline"}')
  const workflow = JSON.stringify({
    nodes: [{ type: 'DiffusersLoader', mode: 0, widgets_values: ['sdxl-turbo'] }],
    links: [],
  })
  const view = await dropped(world, [write(world, 'd.json', workflow)])
  expect(stands(view)).toEqual([['sdxl-turbo', 'here', 'path', `~/${model}`]])
  expect(valueOf(await app.engine.workflows.sendNeeds(view.id, ['0'], agreed))).toMatchObject({ added: 2 })
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
  const again = await dropped(world, [write(world, 'e.json', workflow)])
  expect(again.needs[0]?.stand).toBe('in-library')
})

test('a folder that the person picks for a diffusers loader has to be such a model, and goes where the loader looks', async () => {
  const world = await setup()
  const { engine, calls } = world.app
  await calls.pauseAll(undefined)
  await world.file('mine/turbo/unet/diffusion_pytorch_model.safetensors')
  const picked = join(world.folder, 'files/mine/turbo')
  const workflow = loader().replace(
    '[]',
    '[{"type":"DiffusersLoader","mode":0,"widgets_values":["base/sdxl"]}]',
  )
  const view = await dropped(world, [write(world, 'd.json', workflow)])
  expect(view.needs).toMatchObject([{ name: 'base/sdxl', isFolder: true, stand: 'nowhere' }])
  expect(await engine.workflows.locate(view.id, '0', picked)).toMatchObject({
    failure: { code: 'folder-no-index' },
  })
  writeFileSync(join(picked, 'model_index.json'), '{"_class_name": "FluxPipeline"}')
  expect(await engine.workflows.locate(view.id, '0', picked)).toMatchObject({ ok: true })
  const located = valueOf(await calls.workflow({ id: view.id }))
  expect(located?.needs).toMatchObject([{ stand: 'here', by: 'hand', sizeBytes: 150_000 }])
  expect(valueOf(await engine.workflows.sendNeeds(view.id, ['0'], agreed))).toMatchObject({ added: 2 })
  const targets = world.app.rows().map(({ target }) => target.modelPath)
  expect(targets.sort()).toEqual([
    'models/diffusers/base/sdxl/model_index.json',
    'models/diffusers/base/sdxl/unet/diffusion_pytorch_model.safetensors',
  ])
})

test('an upload that has failed is told with its reason instead of as one in the queue', async () => {
  const world = await setup()
  const { app } = world
  const path = await world.file('loras/broken.safetensors')
  writeFileSync(path, 'cut')
  await app.add(path)
  const view = await dropped(world, [write(world, 'w.json', loader('broken.safetensors'))])
  expect(view.needs[0]).toMatchObject({ stand: 'failed', failed: { uploadId: app.rows()[0]?.id } })
})

test('a folder that can’t be looked into is named, and hides no other', async () => {
  const world = await setup()
  const { app } = world
  await app.calls.pauseAll(undefined)
  await world.file('attic/loras/late.safetensors')
  mkdirSync(join(world.folder, 'files/odd'))
  for (const folder of ['attic', 'odd'])
    await app.calls.addFiles({ paths: [join(world.folder, 'files', folder)] })
  await app.calls.cancel({ ids: app.rows().map(({ id }) => id) })
  // What stands in its place leads nowhere: it can't be opened, and is not gone either.
  rmSync(join(world.folder, 'files/odd'), { recursive: true })
  symlinkSync('odd', join(world.folder, 'files/odd'))
  renameSync(
    join(world.folder, 'files/attic/loras/late.safetensors'),
    join(world.folder, 'files/attic/loras/now.safetensors'),
  )
  const view = await dropped(world, [write(world, 'w.json', loader('now.safetensors'))])
  expect([view.needs[0]?.stand, view.unseen, view.isUsualSeen]).toEqual([
    'here',
    [{ where: join(world.folder, 'files/odd'), why: 'unreadable' }],
    true,
  ])
})

test('all that is missing is looked for in one folder that the person names', async () => {
  const world = await setup()
  await world.file('elsewhere/deep/one.safetensors')
  await world.file('elsewhere/two.safetensors')
  const view = await dropped(world, [write(world, 'w.json', loader('one.safetensors', 'two.safetensors'))])
  expect(view.needs.map(({ stand }) => stand)).toEqual(['nowhere', 'nowhere'])
  await world.app.engine.workflows.lookIn(view.id, join(world.folder, 'files/elsewhere'))
  const now = valueOf(await world.app.calls.workflow({ id: view.id }))
  expect(now?.needs.map(({ stand, by }) => [stand, by])).toEqual([
    ['here', 'name'],
    ['here', 'name'],
  ])
})

test('files of earlier uploads and of dropped folders are found again, and any other by hand', async () => {
  const world = await setup()
  await world.app.calls.pauseAll(undefined)
  await world.file('attic/loras/before.safetensors')
  const [before = ''] = await world.app.add(join(world.folder, 'files/attic'))
  await world.app.calls.cancel({ ids: [before] })
  mkdirSync(join(world.folder, 'files/shelf'))
  valueOf(await world.app.calls.addFiles({ paths: [join(world.folder, 'files/shelf')] }))
  await world.file('shelf/loras/later.safetensors')
  const other = await world.file('elsewhere/strange-name.safetensors')
  const workflow = write(world, 'w.json', loader('later.safetensors', 'hand.safetensors'))
  const view = await dropped(world, [workflow])
  expect(view.needs.map(({ stand }) => stand)).toEqual(['here', 'nowhere'])
  await world.app.engine.workflows.locate(view.id, view.needs[1]?.id ?? '', other)
  const located = valueOf(await world.app.calls.workflow({ id: view.id }))
  expect(located?.needs[1]).toMatchObject({ stand: 'here', by: 'hand' })
  await world.app.engine.workflows.sendNeeds(view.id, ['0', '1'], agreed)
  const queued = valueOf(await world.app.calls.workflow({ id: view.id }))
  expect(queued?.needs.map(({ stand }) => stand)).toEqual(['queued', 'queued'])
  expect(
    world.app
      .rows()
      .map(({ target }) => target.modelPath)
      .sort(),
  ).toEqual(['models/loras/hand.safetensors', 'models/loras/later.safetensors'])
})

test('leaving the search does not take it from a workflow that was dropped meanwhile', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const { calls, engine } = world.app
  await calls.findPlaces({ again: true })
  const report = valueOf(await calls.addFiles({ paths: [write(world, 'w.json', loader('one.safetensors'))] }))
  await calls.stopFinding(undefined)
  await engine.workflows.settled(report.workflow ?? '')
  const view = valueOf(await calls.workflow({ id: report.workflow ?? '' }))
  expect(view?.needs[0]?.stand).toBe('here')
})

test('nobody’s team lacks nothing: without a sign-in the models are told all the same', async () => {
  const world = await setup({ as: null })
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const view = await dropped(world, [write(world, 'w.json', loader('one.safetensors'))])
  expect([view.team, view.needs[0]?.stand]).toEqual([null, 'here'])
})
