import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import type { FoundPlacesView, UploadConfirmation } from '../../../electron/contract/discovery.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'
import { setup, valueOf, type EngineHarness } from '../../support/engine.ts'
import { allRegistered, setupReview, teamOf, reviewIdOf } from '../../support/review.ts'
import {
  alwaysConfirm,
  writeToHome,
  dropWorkflow,
  findPlaces,
  loraWorkflow,
  modelsOf,
  writeFile,
} from '../../support/model-finder.ts'

test('finds the usual places and lists their models, linked models once', async () => {
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
    places.map(({ kind, where, modelCount, isInformation }) => [kind, where, modelCount, isInformation]),
  ).toEqual([
    ['comfyui', '~/ComfyUI/models', 2, false],
    ['a1111', '~/ai/stable-diffusion-webui/models', 1, false],
    ['hugging-face', '~/.cache/huggingface/hub', 1, true],
  ])
  expect(await modelsOf(harness, places[0])).toMatchObject([
    { name: 'one.safetensors', folder: 'loras/faces', modelType: 'loras', sizeBytes: 150_000, state: 'new' },
    { name: 'two.safetensors', folder: 'vae', modelType: 'vae', sizeBytes: 150_000, state: 'new' },
  ])
})

test('adds chosen models to the review, from which they are sent only after the question', async () => {
  const harness = await setupReview()
  const { app, cloud, clock } = harness
  await writeToHome(harness, 'ComfyUI/models/loras/faces/one.safetensors')
  await writeToHome(harness, 'ComfyUI/models/vae/two.safetensors')
  const { places } = await findPlaces(harness)
  const [lora] = await modelsOf(harness, places[0])
  const questions: UploadConfirmation[] = []
  const answer = (isConfirmed: boolean) => async (question: UploadConfirmation) => {
    questions.push(question)
    return isConfirmed
  }
  const report = await app.engine.addFound([lora?.id ?? '', 'unknown'], answer(false))
  expect([valueOf(report), questions]).toMatchObject([{ added: 1, review: expect.any(String) as string }, []])
  expect(app.rows().map(({ phase, target }) => [phase, target.modelPath])).toEqual([
    ['review', 'models/loras/faces/one.safetensors'],
  ])
  expect((await modelsOf(harness, places[0])).map(({ state }) => state)).toEqual(['queued', 'new'])
  const team = teamOf(app, ALICES_TEAM_ID)
  expect(
    valueOf(
      await app.engine.approveReview({ review: await reviewIdOf(app), ids: null, team }, answer(false)),
    ),
  ).toBeNull()
  expect(app.rows().map(({ phase }) => phase)).toEqual(['review'])
  expect(
    valueOf(await app.engine.approveReview({ review: await reviewIdOf(app), ids: null, team }, answer(true))),
  ).toMatchObject({
    approvedCount: 1,
  })
  expect(questions).toEqual([
    { count: 1, sizeBytes: 150_000, team: expect.any(String) as string, server: new URL(cloud.url).host },
    { count: 1, sizeBytes: 150_000, team: expect.any(String) as string, server: new URL(cloud.url).host },
  ])
  await allRegistered(app)
  clock.advance(1_000)
  expect((await modelsOf(harness, places[0])).map(({ state }) => state)).toEqual(['in-library', 'new'])
})

test('asks about a found model that a link leads to', async () => {
  const harness = await setupReview()
  const { app } = harness
  await writeToHome(harness, 'ComfyUI/models/vae/own.safetensors')
  await harness.file('nas/shared.safetensors')
  symlinkSync(join(harness.folder, 'files/nas'), join(harness.folder, 'person/ComfyUI/models/loras'))
  const { places } = await findPlaces(harness)
  const ids = (await modelsOf(harness, places[0])).map(({ id }) => id)
  valueOf(await app.engine.addFound(ids, alwaysConfirm))
  expect(app.rows().map(({ failure }) => failure?.code)).toEqual([undefined, 'file-outside'])
  const team = teamOf(app, ALICES_TEAM_ID)
  const review = await reviewIdOf(app)
  valueOf(await app.engine.approveReview({ review, ids: null, team }, alwaysConfirm))
  await Promise.all(app.rows().map(({ id }) => app.settled(id)))
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.display_name)).toEqual(['own'])
})

test('models in the review are asked about after a restart too', async () => {
  const harness = await setupReview()
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const { places } = await findPlaces(harness)
  const [lora] = await modelsOf(harness, places[0])
  valueOf(await harness.app.engine.addFound([lora?.id ?? ''], alwaysConfirm))
  await harness.app.stop()
  const next = await harness.open()
  await next.until(({ rows }) => rows.some(({ phase }) => phase === 'review'))
  const declines = async () => false
  expect(
    valueOf(
      await next.engine.approveReview(
        { review: await reviewIdOf(next), ids: null, team: teamOf(next, ALICES_TEAM_ID) },
        declines,
      ),
    ),
  ).toBeNull()
})

test('found models that were added for the review stay in it if the settings turn reviews off', async () => {
  const { app, file } = await setup({ settings: { review: 'never' } })
  const request = { review: 'first', isFound: true } as const
  valueOf(await app.engine.add([await file('one.safetensors')], request))
  expect(app.rows().map(({ phase }) => phase)).toEqual(['review'])
})

test('without reviews, nothing is added before the question', async () => {
  const harness = await setup({ settings: { review: 'never' } })
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const { places } = await findPlaces(harness)
  const [lora] = await modelsOf(harness, places[0])
  const ids = [lora?.id ?? '']
  expect(valueOf(await harness.app.engine.addFound(ids, async () => false))).toBeNull()
  expect(harness.app.rows()).toEqual([])
  expect(valueOf(await harness.app.engine.addFound(ids, alwaysConfirm))).toMatchObject({ added: 1 })
  await allRegistered(harness.app)
})

/** Selects one found file without reviews; returns the question and the rows that it leads to. */
async function addFoundWithoutReview(
  write: (harness: EngineHarness) => Promise<unknown> | void,
  selected: string,
) {
  const harness = await setup({ settings: { review: 'never' } })
  await harness.app.calls.pauseAll(undefined)
  await write(harness)
  const { places } = await findPlaces(harness)
  const found = await Promise.all(places.map((place) => modelsOf(harness, place)))
  const model = found.flat().find(({ name }) => name === selected)
  const questions: UploadConfirmation[] = []
  const confirm = async (question: UploadConfirmation) => questions.push(question) > 0
  valueOf(await harness.app.engine.addFound([model?.id ?? ''], confirm))
  const rows = harness.app.rows()
  const sizeBytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0)
  const paths = rows.map(({ target }) => target.modelPath)
  return { questions, queued: { count: rows.length, sizeBytes }, paths: paths.toSorted() }
}

test('without reviews, asks about all shards and the index that come with a selected one', async () => {
  const folder = 'ComfyUI/models/text_encoders'
  const names = ['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors']
  const { questions, queued, paths } = await addFoundWithoutReview(async (harness) => {
    for (const name of names) await writeToHome(harness, `${folder}/${name}`)
    writeFile(harness, `person/${folder}/m.safetensors.index.json`, '{"weight_map": {}}')
  }, 'm-00002-of-00002.safetensors')
  expect(paths).toEqual([...names, 'm.safetensors.index.json'].map((name) => `models/text_encoders/${name}`))
  expect(questions).toMatchObject([queued])
})

test('without reviews, gives all shards of a selected one the type that a yaml file has', async () => {
  const harness = await setup({ settings: { review: 'never' } })
  await harness.app.calls.pauseAll(undefined)
  const names = ['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors']
  for (const name of names) await harness.file(`disk/Encoders/big/${name}`)
  const yaml = writeFile(harness, 'x.yaml', 'mine:\n  base_path: files/disk\n  text_encoders: Encoders\n')
  await harness.app.calls.addFiles({ paths: [yaml] })
  const { places } = valueOf(await harness.app.calls.findPlaces(undefined))
  const [model] = await modelsOf(
    harness,
    places.find(({ kind }) => kind === 'extra-paths'),
  )
  await harness.app.engine.addFound([model?.id ?? ''], alwaysConfirm)
  const paths = harness.app.rows().map(({ target }) => target.modelPath)
  expect(paths.toSorted()).toEqual(names.map((name) => `models/text_encoders/big/${name}`))
})

test('a model of the same name and size is not said to be in the library', async () => {
  const harness = await setup()
  const path = await harness.file('loras/one.safetensors')
  valueOf(await harness.app.calls.addFiles({ paths: [path] }))
  await allRegistered(harness.app)
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const { places } = await findPlaces(harness)
  await expect
    .poll(async () => (await modelsOf(harness, places[0])).map(({ state }) => state))
    .toEqual(['same-name-and-size'])
})

test('files of a disk that was removed after the search are in the review as missing', async () => {
  const harness = await setupReview()
  await writeToHome(harness, 'ComfyUI/models/loras/one.safetensors')
  const { places } = await findPlaces(harness)
  const [lora] = await modelsOf(harness, places[0])
  rmSync(join(harness.folder, 'person/ComfyUI'), { recursive: true })
  const report = valueOf(await harness.app.engine.addFound([lora?.id ?? ''], alwaysConfirm))
  expect(report).toMatchObject({ added: 0, refused: 1, review: expect.any(String) as string })
  expect(harness.app.rows().map(({ failure }) => failure?.code)).toEqual(['file-missing'])
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
  const { places } = valueOf(await harness.app.calls.findPlaces(undefined))
  const place = places.find(({ kind }) => kind === 'extra-paths')
  const models = await modelsOf(harness, place)
  expect(models).toMatchObject([{ name: 'one.safetensors', modelType: 'loras' }])
  await harness.app.engine.addFound(
    models.map(({ id }) => id),
    alwaysConfirm,
  )
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
  const { places } = valueOf(await harness.app.calls.findPlaces(undefined))
  expect(places.map(({ kind }) => kind)).toEqual(['extra-paths'])
  expect(await modelsOf(harness, places[0])).toMatchObject([{ modelType: 'controlnet' }])
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
  await harness.app.calls.findPlaces(undefined)
  await harness.app.calls.stopFinding(undefined)
  expect((await stopped).state).toBe('stopped')
})
