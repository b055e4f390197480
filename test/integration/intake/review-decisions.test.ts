import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { shellCall, torchZip } from '../../fixtures/pickles.ts'
import { setup, usualSettings, valueOf, type App } from '../../support/engine.ts'
import {
  addFiles,
  allRegistered,
  approve,
  chooseTeam,
  comparedView,
  filesInGroup,
  idsInGroup,
  reviewChange,
  setupReview,
  teamOf,
  viewOf,
  writeFiles,
  reviewIdOf,
} from '../../support/review.ts'

const idOf = (app: App, name: string) => app.rows().find(({ fileName }) => fileName === name)?.id ?? ''

test('restores the review of a killed process, without removed files', async () => {
  const harness = await setupReview()
  const { app, open, home, folder } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const [first = '', second = ''] = app.rows().map(({ id }) => id)
  valueOf(await app.calls.excludeFromReview({ ids: [first, second] }))
  valueOf(await app.calls.undoRemove({ ids: [second] }))
  const ids = app.rows().map(({ id }) => id)
  // The folder as a kill leaves it.
  const killed = join(folder, 'killed')
  cpSync(home, killed, { recursive: true })
  const next = await open({}, killed)
  expect(new Set(next.rows().map(({ id }) => id))).toEqual(new Set(ids))
  expect(await viewOf(next)).toMatchObject({ fileCount: 5 })
  // What can be undone ends with the process.
  expect(valueOf(await next.calls.undoRemove({ ids: [first] }))).toEqual([])
})

test('restores waiting rows that were removed, and uploads them', async () => {
  const { app, file, cloud } = await setupReview()
  await app.pauseNow()
  await addFiles(app, [await file('a.safetensors'), await file('b.safetensors')])
  const ids = app.rows().map(({ id }) => id)
  valueOf(await app.calls.cancel({ ids: [...ids] }))
  expect(app.rows()).toEqual([])
  expect(valueOf(await app.calls.undoRemove({ ids: [...ids] }))).toEqual(ids)
  expect(app.rows().map(({ phase }) => phase)).toEqual(['waiting', 'waiting'])
  valueOf(await app.calls.resumeAll(undefined))
  await allRegistered(app)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('does not restore an upload of which bytes were sent', async () => {
  const { app, file, cloud } = await setupReview()
  cloud.fail({ on: 'put-object', how: 'stall', times: Infinity })
  await addFiles(app, [await file('a.safetensors')])
  const [{ id } = { id: '' }] = app.rows()
  await app.until(({ rows }) => rows[0]?.started)
  valueOf(await app.calls.cancel({ ids: [id] }))
  expect(valueOf(await app.calls.undoRemove({ ids: [id] }))).toEqual([])
  expect(app.rows()).toEqual([])
})

test('hides the review of an account that signed out from other accounts', async () => {
  const harness = await setupReview()
  const { app } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const { accountId } = teamOf(app, '')
  valueOf(await app.calls.signOut({ accountId }))
  expect(await viewOf(app)).toBeNull()
  await app.signIn(BOB)
  expect(await viewOf(app)).toBeNull()
  expect(await approve(app, null, BOBS_TEAM_ID)).toMatchObject({ approvedCount: 0 })
  expect(valueOf(await app.calls.discardReview({ review: await reviewIdOf(app) }))).toEqual([])
  await app.signIn()
  await app.until(({ rows }) => rows.length === 6)
  expect(await comparedView(app)).toMatchObject({
    fileCount: 6,
    team: { accountId, teamId: ALICES_TEAM_ID },
  })
  expect(app.rows().map(({ phase }) => phase)).toEqual(Array(6).fill('review'))
})

test('shows no team in review once the user is no longer a member of it', async () => {
  const harness = await setupReview()
  const { app, cloud } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const team = teamOf(app, ALICES_TEAM_ID)
  expect((await comparedView(app)).team).toEqual(team)
  cloud.removeMember(ALICE.email, ALICES_TEAM_ID)
  const next = reviewChange(app)
  await app.engine.confirmSignIns()
  await next
  expect(await viewOf(app)).toMatchObject({ fileCount: 6, team: null })
  expect(
    await app.engine.approveReview({ review: await reviewIdOf(app), ids: null, team }, async () => true),
  ).toMatchObject({
    failure: { code: 'no-team' },
  })
})

test('refuses to approve files for a team that is not available', async () => {
  const harness = await setupReview()
  const { app } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const team = teamOf(app, BOBS_TEAM_ID)
  expect(
    await app.engine.approveReview({ review: await reviewIdOf(app), ids: null, team }, async () => true),
  ).toMatchObject({
    failure: { code: 'no-team' },
  })
  expect(await app.calls.setReviewTeam({ review: await reviewIdOf(app), team })).toMatchObject({
    failure: { code: 'no-team' },
  })
  expect(app.rows().map(({ phase }) => phase)).toEqual(Array(6).fill('review'))
})

test('finds models of the library, and compares again for another team', async () => {
  const harness = await setupReview()
  const { app, cloud } = harness
  const paths = await writeFiles(harness, 6)
  await addFiles(app, paths.slice(0, 1))
  await allRegistered(app)
  await addFiles(app, paths)
  const [id = ''] = await filesInGroup(app, 'in-library', 1)
  expect((await comparedView(app)).groups[0]?.files[0]).toMatchObject({
    id,
    path: app.row(id).target.modelPath,
    isCertain: true,
  })
  valueOf(
    await app.calls.setReviewTeam({ review: await reviewIdOf(app), team: teamOf(app, STUDIO_NORTH_ID) }),
  )
  await filesInGroup(app, 'in-library', 0)
  expect((await viewOf(app))?.team).toEqual(teamOf(app, STUDIO_NORTH_ID))
  await approve(app, null, STUDIO_NORTH_ID)
  await allRegistered(app)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(6)
})

test('finds path conflicts with the library and in the drop, and resolves them in review', async () => {
  const harness = await setupReview()
  const { app, file, cloud } = harness
  await addFiles(app, [await file('one/taken.safetensors', { sizeBytes: 90_000 })])
  await allRegistered(app)
  const [old] = app.rows()
  const drop = [
    ...(await writeFiles(harness, 5)),
    await file('two/taken.safetensors'),
    await file('three/style-0.safetensors', { sizeBytes: 80_000 }),
  ]
  await addFiles(app, drop)
  const inReview = () => app.rows().filter(({ phase }) => phase === 'review')
  const sameName = inReview().filter(({ fileName }) => fileName === 'style-0.safetensors')
  const [taken] = inReview().filter(({ fileName }) => fileName === 'taken.safetensors')
  const conflicting = await filesInGroup(app, 'path-conflict', 2)
  expect(conflicting).toContain(taken?.id)
  expect(sameName.filter(({ id }) => conflicting.includes(id))).toHaveLength(1)
  expect(app.row(taken?.id ?? '').failure).toMatchObject({
    code: 'path-taken',
    params: { modelId: old?.modelId ?? '' },
  })

  // One is renamed by hand, the other gets the next free path when it runs.
  const other = conflicting.find((id) => id !== taken?.id) ?? ''
  valueOf(await app.calls.editTarget({ id: other, change: { modelPath: 'models/loras/free.safetensors' } }))
  // The decision can be changed until the approval.
  for (const choice of ['replace', 'keep-both'] as const) {
    valueOf(await app.engine.decide({ ids: [taken?.id ?? ''], choice, fate: 'disable' }))
    await filesInGroup(app, 'path-conflict', 0)
    expect(app.row(taken?.id ?? '').decided).toMatchObject({ choice, conflict: { code: 'path-taken' } })
  }
  expect(inReview()).toHaveLength(7)
  expect(await approve(app)).toMatchObject({ approvedCount: 7 })
  await allRegistered(app)
  expect(new Set(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path: path }) => path)).size).toBe(8)
})

test('compares a drop with the library as it is now, not as it was a minute ago', async () => {
  const harness = await setupReview()
  const { app, cloud, clock } = harness
  await addFiles(app, await writeFiles(harness, 6))
  await comparedView(app)
  const [taken] = app.rows()
  await app.calls.discardReview({ review: await reviewIdOf(app) })
  cloud.addModel(ALICES_TEAM_ID, { model_path: taken?.target.modelPath ?? '' })
  clock.advance(60_000)
  await addFiles(app, await writeFiles(harness, 6))
  await filesInGroup(app, 'path-conflict', 1)
})

test('keeps an accepted unsafe file in review, and sends it only after the approval', async () => {
  const { app, folder, asked } = await setupReview()
  const { path } = await writeText(join(folder, 'files/bad.ckpt'), torchZip(shellCall))
  await addFiles(app, [path])
  const id = idOf(app, 'bad.ckpt')
  expect(idsInGroup(await comparedView(app), 'unsafe')).toEqual([id])
  valueOf(app.engine.allow([id]))
  expect(idsInGroup(await comparedView(app), 'unsafe')).toEqual([])
  valueOf(await app.calls.disallow({ ids: [id] }))
  expect(await filesInGroup(app, 'unsafe', 1)).toEqual([id])
  expect(await approve(app, [id])).toMatchObject({ approvedCount: 0 })
  valueOf(app.engine.allow([id]))
  expect(asked()).not.toContain('presignModel')
  await approve(app)
  await allRegistered(app)
})

test('asks again about an unsafe file that is given to another team', async () => {
  const { app, folder, cloud } = await setupReview()
  const { path } = await writeText(join(folder, 'files/bad.ckpt'), torchZip(shellCall))
  await addFiles(app, [path])
  const id = idOf(app, 'bad.ckpt')
  valueOf(app.engine.allow([id]))
  const team = teamOf(app, STUDIO_NORTH_ID)
  expect(await approve(app, null, STUDIO_NORTH_ID)).toMatchObject({ approvedCount: 0 })
  valueOf(await app.calls.setReviewTeam({ review: await reviewIdOf(app), team }))
  expect(await filesInGroup(app, 'unsafe', 1)).toEqual([id])
  valueOf(app.engine.allow([id]))
  expect(await approve(app, null, STUDIO_NORTH_ID)).toMatchObject({ approvedCount: 1 })
  await allRegistered(app)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('replaces a model only in the team that the user decided for', async () => {
  const { app, file, cloud } = await setupReview()
  for (const teamId of [ALICES_TEAM_ID, STUDIO_NORTH_ID]) {
    await chooseTeam(app, teamId)
    await addFiles(app, [await file(`${teamId}/taken.safetensors`, { sizeBytes: 90_000 })])
    await allRegistered(app)
  }
  await chooseTeam(app, ALICES_TEAM_ID)
  const [old] = cloud.modelsOf(STUDIO_NORTH_ID)
  await addFiles(app, [await file('new/taken.safetensors')])
  const [id = ''] = await filesInGroup(app, 'path-conflict', 1)
  valueOf(await app.engine.decide({ ids: [id], choice: 'replace', fate: 'delete' }))
  valueOf(
    await app.calls.setReviewTeam({ review: await reviewIdOf(app), team: teamOf(app, STUDIO_NORTH_ID) }),
  )
  expect(await filesInGroup(app, 'path-conflict', 1)).toEqual([id])
  expect(await approve(app, null, STUDIO_NORTH_ID)).toMatchObject({ approvedCount: 0 })
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toEqual([old])
})

test('reviews a single file with private data and a restrictive licence', async () => {
  const { app, file } = await setupReview()
  const metadata = { prompt: '{"3": {}}', 'modelspec.license': 'FLUX.1 [dev] Non-Commercial License' }
  await addFiles(app, [await file('a.safetensors', { metadata })])
  const id = idOf(app, 'a.safetensors')
  expect((await comparedView(app)).groups).toEqual([
    { kind: 'private-content', files: [{ id, content: ['prompt'] }] },
    { kind: 'licence', files: [{ id, licence: 'FLUX.1 [dev] Non-Commercial License' }] },
  ])
  await approve(app)
  await allRegistered(app)
})

test('refuses formats that the settings do not allow', async () => {
  const { app, file } = await setupReview({ settings: { allowedFormats: ['gguf'] } })
  await addFiles(app, [await file('a.safetensors')])
  expect(app.rows()[0]).toMatchObject({ phase: 'failed', failure: { code: 'file-format-not-allowed' } })
  // The file is inspected again, and is still not allowed.
  valueOf(await app.calls.retry({ ids: [idOf(app, 'a.safetensors')] }))
  expect(app.rows()[0]).toMatchObject({ phase: 'failed', failure: { code: 'file-format-not-allowed' } })
})

test('refuses files in review when the settings forbid their format, until they allow it', async () => {
  const harness = await setupReview()
  const { app, cloud } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const settings = { ...usualSettings, server: cloud.url, review: 'when-needed' } as const
  app.engine.applySettings({ ...settings, allowedFormats: ['gguf'] })
  expect(app.rows()[0]).toMatchObject({ phase: 'review', failure: { code: 'file-format-not-allowed' } })
  app.engine.applySettings(settings)
  await app.until(({ rows }) => rows.every(({ failure }) => failure === null))
  expect(await approve(app)).toMatchObject({ approvedCount: 6 })
  await allRegistered(app)
})

test('reviews files that were dropped while no account was signed in', async () => {
  const { app, file, cloud } = await setup({ as: null, settings: { review: 'when-needed' } })
  await addFiles(app, [await file('a.safetensors')])
  expect(app.rows()).toEqual([])
  await app.signIn()
  await app.until(({ rows }) => rows.length === 1)
  expect(await comparedView(app)).toMatchObject({ fileCount: 1, team: null })
  await chooseTeam(app, STUDIO_NORTH_ID)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toEqual([])
  await approve(app, null, STUDIO_NORTH_ID)
  await allRegistered(app)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('reviews a named licence even if nothing else is reviewed', async () => {
  const settings = { review: 'never', confirmLicences: ['openrail'] } as const
  const { app, file } = await setupReview({ settings })
  await addFiles(app, [await file('a.safetensors', { metadata: { license: 'CreativeML OpenRAIL-M' } })])
  expect(app.rows()[0]?.phase).toBe('review')
  await addFiles(app, [await file('b.safetensors', { metadata: { license: 'mit' } })])
  await app.phase(idOf(app, 'b.safetensors'), 'registered')
})
