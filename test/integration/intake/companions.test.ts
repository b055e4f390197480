import { rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../electron/contract/discovery.ts'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'
import type { ReviewView } from '../../../electron/contract/review.ts'
import { ALICES_TEAM_ID, BOB } from '../../cloud/accounts.ts'
import { families } from '../../fixtures/families.ts'
import { flux, half } from '../../fixtures/family.ts'
import { writeSafetensors, writeText, type FixtureTensors } from '../../fixtures/model-files.ts'
import { valueOf, type App } from '../../support/engine.ts'
import {
  addFiles,
  allRegistered,
  approve,
  comparedView,
  idsInGroup,
  setupReview,
  viewOf,
} from '../../support/review.ts'

/** The first size shows the encoder; the second one would make the file hundreds of megabytes large. */
const t5 = { 'encoder.block.23.layer.1.DenseReluDense.wi_1.weight': half(10_240, 4) }
const clipL = families['CLIP-L'].tensors
const vae = families['Flux.1 VAE'].tensors

/** Sparse, as most of its size is never read. */
const write = async (path: string, tensors: FixtureTensors) =>
  (await writeSafetensors(path, { tensors })).path

/** An app with an installation of ComfyUI on its computer. */
async function setup(settings: Parameters<typeof setupReview>[0] = {}) {
  const harness = await setupReview({ ...settings, settings: { review: 'always', ...settings?.settings } })
  const models = join(harness.folder, 'person/ComfyUI/models')
  return { ...harness, models, at: (path: string) => join(models, path) }
}

/** The view once `isComplete` accepts it. */
async function viewWhen(app: App, isComplete: (view: ReviewView) => boolean): Promise<ReviewView> {
  const view = await comparedView(app)
  if (isComplete(view)) return view
  return new Promise((resolve) => {
    const end = app.engine.subscribe({
      reviews([next]) {
        if (!next || !isComplete(next)) return
        end()
        resolve(next)
      },
    })
  })
}

const summary = (companions: readonly MissingCompanion[]) =>
  companions.map(({ base, role, isCertain, offers }) => [
    `${base} ${role}`,
    isCertain,
    offers.map(({ fileName }) => fileName),
  ])
const offersOf = ({ missingCompanions }: ReviewView) => missingCompanions.flatMap(({ offers }) => offers)

function confirming(isConfirmed: boolean) {
  const questions: UploadConfirmation[] = []
  const confirm = (question: UploadConfirmation) => {
    questions.push(question)
    return Promise.resolve(isConfirmed)
  }
  return { questions, confirm }
}

test('shows what a model lacks, offers files of this computer, and adds them to the review', async () => {
  const { app, at, cloud, folder } = await setup()
  await write(at('clip/renamed.safetensors'), t5)
  await write(at('vae/ae.safetensors'), vae)
  // A name alone is no evidence.
  await write(at('clip/clip_l.safetensors'), { weight: half(64, 64) })
  const dropped = await write(join(folder, 'Downloads/flux1-dev.safetensors'), flux)
  expect(await addFiles(app, [dropped])).toMatchObject({ added: 1, review: expect.any(String) as string })

  const view = await viewWhen(app, (found) => offersOf(found).length === 2)
  expect(summary(view.missingCompanions)).toEqual([
    ['CLIP-L text-encoder', true, []],
    ['T5-XXL text-encoder', true, ['renamed.safetensors']],
    ['Flux.1 vae', true, ['ae.safetensors']],
  ])
  const [id = ''] = idsInGroup(view, 'missing-companion')
  expect(JSON.stringify(view)).not.toContain(folder)

  const offers = offersOf(view).map((offer) => offer.id)
  const declined = confirming(false)
  expect(valueOf(await app.engine.addCompanions(id, offers, declined.confirm))).toBeNull()
  expect([declined.questions.length, app.rows().length]).toEqual([1, 1])
  const confirmed = confirming(true)
  const report = valueOf(await app.engine.addCompanions(id, offers, confirmed.confirm))
  expect(report).toMatchObject({ added: 2, review: expect.any(String) as string })
  expect(confirmed.questions).toMatchObject([{ count: 2, team: "Alice's Team" }])
  expect(app.rows().map(({ phase, target }) => [phase, target.modelPath])).toEqual([
    ['review', expect.stringContaining('flux1-dev.safetensors')],
    ['review', 'models/text_encoders/renamed.safetensors'],
    ['review', 'models/vae/ae.safetensors'],
  ])
  const after = await viewWhen(app, ({ missingCompanions }) => missingCompanions.length === 1)
  expect(summary(after.missingCompanions)).toEqual([['CLIP-L text-encoder', true, []]])

  // The group never blocks an upload.
  expect(await approve(app)).toMatchObject({ approvedCount: 3 })
  await allRegistered(app)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(3)
})

test('offers another user nothing that was found beside the files of one who has signed out', async () => {
  const { app, at, folder } = await setup()
  await write(at('vae/ae.safetensors'), vae)
  await write(join(folder, 'alice/zq-private.safetensors'), t5)
  await addFiles(app, [await write(join(folder, 'alice/flux1-dev.safetensors'), flux)])
  await viewWhen(app, (view) => offersOf(view).length === 2)
  valueOf(await app.calls.signOut({ accountId: app.session().chosen?.accountId ?? '' }))

  await app.signIn(BOB)
  await addFiles(app, [await write(join(folder, 'bob/flux1-dev.safetensors'), flux)])
  // The usual places are searched last.
  const view = await viewWhen(app, (found) => offersOf(found).length > 0)
  expect(offersOf(view).map(({ fileName }) => fileName)).toEqual(['ae.safetensors'])
})

test('counts companions of the same drop, of the queue and of the library', async () => {
  const { app, folder, cloud } = await setup()
  const at = (name: string) => join(folder, 'set', name)
  await write(at('flux1-dev.safetensors'), flux)
  await write(at('a.safetensors'), t5)
  await write(at('b.safetensors'), clipL)
  await write(at('ae.safetensors'), vae)
  await addFiles(app, [at('')])
  expect((await comparedView(app)).groups).toEqual([])
  await approve(app)
  await allRegistered(app)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(4)
  // Their names show nothing, but this computer has uploaded them.
  await addFiles(app, [
    await write(join(folder, 'flux1-schnell.safetensors'), { ...flux, 'txt_in.weight': half(8, 8) }),
  ])
  expect((await comparedView(app)).groups).toEqual([])
})

test('recognises after a restart what was uploaded under another name', async () => {
  const { app, open, folder } = await setup()
  await addFiles(app, [await write(join(folder, 'mine.safetensors'), t5)])
  await approve(app)
  await allRegistered(app)
  await app.stop()
  const next = await open()
  const chroma = {
    ...flux,
    'distilled_guidance_layer.in_proj.weight': half(64, 64),
    'nerf_blocks.0.a': half(8),
  }
  await addFiles(next, [await write(join(folder, 'radiance.safetensors'), chroma)])
  expect((await comparedView(next)).groups).toEqual([])
})

test('shows in the list and in the details what an upload lacks, and queues what it is given', async () => {
  const { app, at, folder } = await setup({ settings: { review: 'never' } })
  await write(at('text_encoders/t5xxl_fp8_e4m3fn.safetensors'), t5)
  const [id = ''] = await app.add(await write(join(folder, 'flux1-dev.safetensors'), flux))
  await app.phase(id, 'registered')
  const listed = () =>
    app.calls.missingCompanions(undefined).then((result) => {
      const { companions: all, files } = valueOf(result)
      const missing = files.find((file) => file.id === id)?.missing ?? []
      return all.filter(({ key }) => missing.includes(key)).map(({ base }) => base)
    })
  expect(await listed()).toEqual(['CLIP-L', 'T5-XXL', 'Flux.1'])
  const companions = async (isSearched: boolean) => valueOf(await app.calls.companions({ id, isSearched }))
  expect(summary(await companions(false)).map(([name]) => name)).toEqual([
    'CLIP-L text-encoder',
    'T5-XXL text-encoder',
    'Flux.1 vae',
  ])
  const offers = (await companions(true)).flatMap((companion) => companion.offers)
  expect(offers).toMatchObject([
    { fileName: 't5xxl_fp8_e4m3fn.safetensors', where: '~/ComfyUI/models/text_encoders' },
  ])
  const { confirm } = confirming(true)
  const report = await app.engine.addCompanions(id, [offers[0]?.id ?? '', 'unknown'], confirm)
  expect(valueOf(report)).toMatchObject({ added: 1 })
  await allRegistered(app)
  expect(summary(await companions(true)).map(([name]) => name)).toEqual(['CLIP-L text-encoder', 'Flux.1 vae'])
  expect(await listed()).toEqual(['CLIP-L', 'Flux.1'])
})

test('says nothing while the library can’t be listed', async () => {
  const { app, folder, cloud } = await setup()
  cloud.fail({ on: 'listModels', how: 403, times: Infinity })
  await addFiles(app, [await write(join(folder, 'flux1-dev.safetensors'), flux)])
  const view = await comparedView(app)
  expect([view.groups, view.missingCompanions]).toEqual([[], []])
  const [row] = app.rows()
  expect(valueOf(await app.calls.companions({ id: row?.id ?? '', isSearched: true }))).toEqual([])
  await approve(app)
  expect(valueOf(await app.calls.missingCompanions(undefined)).files).toEqual([])
})

test('starts a single model at once although it lacks something', async () => {
  const { app, folder } = await setup({ settings: { review: 'when-needed' } })
  const report = await addFiles(app, [await write(join(folder, 'flux1-dev.safetensors'), flux)])
  expect(report.review).toBeUndefined()
  await allRegistered(app)
  expect(await viewOf(app)).toBeNull()
})

test('offers files of a linked folder, and refuses one that became a link to a private file', async () => {
  const { app, at, folder } = await setup()
  const stored = await write(join(folder, 'disk/t5xxl_fp16.safetensors'), t5)
  await write(at('vae/other.safetensors'), { weight: half(64, 64) })
  symlinkSync(join(folder, 'disk'), at('text_encoders'))
  await addFiles(app, [await write(at('unet/flux1-dev.safetensors'), flux)])
  const view = await viewWhen(app, (found) => offersOf(found).length === 1)
  const [offer] = offersOf(view)
  rmSync(stored)
  await writeText(join(folder, 'private.txt'), 'secret '.repeat(1_000))
  symlinkSync(join(folder, 'private.txt'), stored)
  const [id = ''] = idsInGroup(view, 'missing-companion')
  const report = valueOf(await app.engine.addCompanions(id, [offer?.id ?? ''], confirming(true).confirm))
  expect(report).toMatchObject({ added: 0 })
  expect(app.rows().flatMap(({ failure }) => failure?.code ?? [])).toHaveLength(1)
})

test('offers no broken file', async () => {
  const { app, at, folder } = await setup()
  truncateSync(await write(at('text_encoders/a_t5xxl.safetensors'), t5), 50_000)
  await write(at('text_encoders/b_t5xxl.safetensors'), t5)
  await addFiles(app, [await write(join(folder, 'flux1-dev.safetensors'), flux)])
  const view = await viewWhen(app, (found) => offersOf(found).length > 0)
  expect(offersOf(view).map(({ fileName }) => fileName)).toEqual(['b_t5xxl.safetensors'])
})
