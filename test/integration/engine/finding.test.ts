import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FindingView, SendingQuestion, WorkflowView } from '../../../electron/contract/finding.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, valueOf, type World } from '../../support/engine.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'

const agreed = async () => true

/** Files below the person's home folder, where the search looks. */
const atHome = (world: World, path: string) => world.file(`../person/${path}`)

/** What the uploader tells of the search, once it is over. */
async function found(world: World, again = true): Promise<FindingView> {
  const { uploader, calls } = world.app
  return new Promise((resolve) => {
    uploader.subscribe({ finding: (view) => view.state !== 'looking' && resolve(view) })
    void calls.findPlaces({ again })
  })
}

/** A workflow that was dropped, once everything was looked through. */
async function dropped(world: World, paths: readonly string[]): Promise<WorkflowView> {
  const report = valueOf(await world.app.calls.addFiles({ paths: [...paths] }))
  expect(report.workflow).toBeTypeOf('string')
  await world.app.uploader.workflows.settled(report.workflow ?? '')
  const view = valueOf(await world.app.calls.workflow({ id: report.workflow ?? '' }))
  if (!view) throw new Error('the workflow is not known')
  return view
}

const stands = (view: WorkflowView) =>
  view.needs.map(({ name, stand, by, where }) => [name, stand, by, ...(where === null ? [] : [where])])

const loader = (...names: readonly string[]) =>
  JSON.stringify({
    nodes: names.map((name) => ({ type: 'LoraLoader', mode: 0, widgets_values: [name, 1, 1] })),
    links: [],
  })

function write(world: World, name: string, content: string | Buffer): string {
  const path = join(world.folder, name)
  writeFileSync(path, content)
  return path
}

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
  expect(valueOf(await world.app.uploader.addFound(chosen, agreed))).toMatchObject({ added: 1 })
  expect(world.app.rows().map(({ target }) => target.modelPath)).toEqual([
    'models/loras/faces/one.safetensors',
  ])
})

test('nothing that was found goes before the person has agreed to its number, size, team and server', async () => {
  const world = await setup()
  const { app, cloud } = world
  await app.calls.pauseAll(undefined)
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  await atHome(world, 'ComfyUI/models/loras/two.safetensors')
  const { places } = await found(world)
  const asked: SendingQuestion[] = []
  const refuse = async (question: SendingQuestion) => {
    asked.push(question)
    return false
  }
  const chosen = [{ id: places[0]?.id ?? '', modelTypes: ['loras'] }]
  expect(valueOf(await app.uploader.addFound(chosen, refuse))).toBeNull()
  const view = await dropped(world, [write(world, 'w.json', loader('one.safetensors', 'else.safetensors'))])
  expect(valueOf(await app.uploader.workflows.sendNeeds(view.id, ['0', '1'], refuse))).toBeNull()
  const to = { team: view.team?.name, server: new URL(cloud.url).host }
  expect(asked).toEqual([
    { count: 2, sizeBytes: 300_000, ...to },
    { count: 1, sizeBytes: 150_000, ...to },
  ])
  expect(app.rows()).toEqual([])
  // A file that the person picks in the native picker is agreed to by that.
  const other = await world.file('elsewhere/other.safetensors')
  await app.uploader.workflows.locate(view.id, '1', other)
  expect(valueOf(await app.uploader.workflows.sendNeeds(view.id, ['1'], refuse))).toMatchObject({ added: 1 })
  expect(asked).toHaveLength(2)
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
  await world.app.uploader.addFound([{ id: place?.id ?? '', modelTypes: ['loras'] }], agreed)
  expect(world.app.rows().map(({ target }) => [target.modelType, target.modelPath])).toEqual([
    ['loras', 'models/loras/ink/one.safetensors'],
  ])
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
  expect(valueOf(await app.uploader.workflows.sendNeeds(view.id, all, agreed))).toMatchObject({ added: 1 })
  const [row] = app.rows().filter(({ fileName }) => fileName === 'here.safetensors')
  await app.settled(row?.id ?? '')
  expect(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([
    'models/loras/faces/owned.safetensors',
    'models/loras/style/here.safetensors',
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
  const plain = valueOf(await world.app.calls.addFiles({ paths: [write(world, 'plain.json', '{"a":1}')] }))
  expect(plain.workflow).toBeUndefined()
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
  await world.app.uploader.workflows.locate(view.id, view.needs[1]?.id ?? '', other)
  const located = valueOf(await world.app.calls.workflow({ id: view.id }))
  expect(located?.needs[1]).toMatchObject({ stand: 'here', by: 'hand' })
  await world.app.uploader.workflows.sendNeeds(view.id, ['0', '1'], agreed)
  const queued = valueOf(await world.app.calls.workflow({ id: view.id }))
  expect(queued?.needs.map(({ stand }) => stand)).toEqual(['queued', 'queued'])
  expect(
    world.app
      .rows()
      .map(({ target }) => target.modelPath)
      .sort(),
  ).toEqual(['models/loras/hand.safetensors', 'models/loras/later.safetensors'])
})

test('a search that is left tells what it had and ends', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const ended = new Promise<FindingView>((resolve) => {
    world.app.uploader.subscribe({ finding: (view) => view.state === 'idle' && resolve(view) })
  })
  await world.app.calls.findPlaces({ again: true })
  await world.app.calls.stopFinding(undefined)
  expect((await ended).state).toBe('idle')
})

test('leaving the search does not take it from a workflow that was dropped meanwhile', async () => {
  const world = await setup()
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const { calls, uploader } = world.app
  await calls.findPlaces({ again: true })
  const report = valueOf(await calls.addFiles({ paths: [write(world, 'w.json', loader('one.safetensors'))] }))
  await calls.stopFinding(undefined)
  await uploader.workflows.settled(report.workflow ?? '')
  const view = valueOf(await calls.workflow({ id: report.workflow ?? '' }))
  expect(view?.needs[0]?.stand).toBe('here')
})

test('nobody’s team lacks nothing: without a sign-in the models are told all the same', async () => {
  const world = await setup({ as: null })
  await atHome(world, 'ComfyUI/models/loras/one.safetensors')
  const view = await dropped(world, [write(world, 'w.json', loader('one.safetensors'))])
  expect([view.team, view.needs[0]?.stand]).toEqual([null, 'here'])
})
