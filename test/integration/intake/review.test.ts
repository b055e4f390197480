import { truncateSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { leasedFile } from '../../support/leased-file.ts'
import {
  addFiles,
  allRegistered,
  approve,
  comparedView,
  idsInGroup,
  setupReview,
  teamOf,
  viewOf,
  writeFiles,
  reviewIdOf,
} from '../../support/review.ts'

test('starts a single sound file at once', async () => {
  const { app, file } = await setupReview()
  const report = await addFiles(app, [await file('a.safetensors')])
  const newIds = [expect.any(String) as string]
  expect(report).toEqual({ added: 1, refused: 0, skipped: [], drop: expect.any(String) as string, newIds })
  const [row] = app.rows()
  await app.phase(row?.id ?? '', 'registered')
  expect(await viewOf(app)).toBeNull()
})

test('keeps more than five files for approval and sends nothing before it', async () => {
  const harness = await setupReview()
  const { app, asked } = harness
  const report = await addFiles(app, await writeFiles(harness, 6))
  expect(report).toMatchObject({ added: 6, review: expect.any(String) as string })
  const view = await comparedView(app)
  expect(view).toMatchObject({
    team: teamOf(app, ALICES_TEAM_ID),
    fileCount: 6,
    totalBytes: app.rows().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    inspectingCount: 0,
    groups: [],
  })
  expect(app.rows().map(({ phase }) => phase)).toEqual(Array(6).fill('review'))
  expect(new Set(asked())).toEqual(new Set(['listModels']))
  expect(app.engine.snapshot().totals).toMatchObject({ running: 0, waiting: 0, needsYou: 0, totalBytes: 0 })

  expect(await approve(app)).toMatchObject({ approvedCount: 6 })
  await allRegistered(app)
  expect(await viewOf(app)).toBeNull()
})

test('starts the sound files of a small drop at once, though another is broken', async () => {
  const { app, file } = await setupReview()
  const broken = await file('broken.safetensors')
  truncateSync(broken, 100_000)
  expect(await addFiles(app, [await file('a.safetensors'), broken])).toMatchObject({ added: 1, refused: 1 })
  await app.until(({ rows }) => rows.some(({ phase }) => phase === 'registered'))
  const [refused] = app.rows().filter(({ fileName }) => fileName === 'broken.safetensors')
  expect(refused).toMatchObject({ phase: 'failed', failure: { code: 'file-cut-short' } })
  expect(await viewOf(app)).toBeNull()
})

test('a broken file leaves the review with the others, and an Undo returns all of them', async () => {
  const harness = await setupReview()
  const { app, file, cloud } = harness
  cloud.fail({ on: 'put-object', how: 'stall', times: Infinity })
  const broken = await file('broken.safetensors')
  truncateSync(broken, 100_000)
  await addFiles(app, [...(await writeFiles(harness, 5)), broken])
  const [id = ''] = idsInGroup(await comparedView(app), 'broken')
  const { approvedCount, drop = '' } = await approve(app)
  expect([approvedCount, app.row(id).phase, await viewOf(app)]).toEqual([5, 'failed', null])
  valueOf(await app.calls.undoAdd({ drop }))
  expect(app.rows().map(({ phase }) => phase)).toEqual(Array(6).fill('review'))
  expect(app.row(id).failure).toMatchObject({ code: 'file-cut-short' })
})

test('keeps files in review across a restart, and sends nothing then', async () => {
  const harness = await setupReview()
  const { app, open, asked, cloud } = harness
  await addFiles(app, await writeFiles(harness, 6))
  await app.stop()
  cloud.forgetOperations()
  const next = await open()
  expect(next.rows().map(({ phase }) => phase)).toEqual(Array(6).fill('review'))
  expect(await comparedView(next)).toMatchObject({ fileCount: 6, team: teamOf(next, ALICES_TEAM_ID) })
  expect(asked().filter((name) => !['refreshToken', 'getCurrentUser', 'listModels'].includes(name))).toEqual(
    [],
  )
  await approve(next)
  await allRegistered(next)
})

test('reviews files without a team if there are several and none was chosen', async () => {
  const { app, file, cloud } = await setup({ settings: { review: 'when-needed' }, isTeamChosen: false })
  await addFiles(app, [await file('a.safetensors')])
  expect(await comparedView(app)).toMatchObject({ team: null, fileCount: 1 })
  expect(app.rows()[0]?.team).toEqual({ id: '', name: '' })
  valueOf(await app.calls.chooseTeam(teamOf(app, ALICES_TEAM_ID)))
  await app.until(({ rows: [row] }) => row?.team.id === ALICES_TEAM_ID)
  await approve(app, null, STUDIO_NORTH_ID)
  await allRegistered(app)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('restores excluded files with their targets and places', async () => {
  const harness = await setupReview()
  const { app, open } = harness
  await addFiles(app, await writeFiles(harness, 6))
  const [first] = app.rows()
  const id = first?.id ?? ''
  valueOf(await app.calls.editTarget({ id, change: { displayName: 'Mine' } }))
  const removed = valueOf(await app.calls.discardReview({ review: await reviewIdOf(app) }))
  expect([removed.length, app.rows()]).toEqual([6, []])
  expect(valueOf(await app.calls.undoRemove({ ids: [...removed] }))).toEqual(removed)
  expect(app.row(id)).toMatchObject({ phase: 'review', target: { displayName: 'Mine' } })
  expect(valueOf(await app.calls.undoRemove({ ids: [...removed] }))).toEqual([])
  await app.stop()
  expect((await open()).rows()).toHaveLength(6)
})

test('cancelling a review ends the inspection of its other files, and Undo restores those that were shown', async () => {
  const harness = await setupReview()
  const { app } = harness
  const slow = await leasedFile()
  const adding = addFiles(app, [...(await writeFiles(harness, 100)), slow.path])
  await expect.poll(() => viewOf(app)).toMatchObject({ fileCount: 100, inspectingCount: 1 })
  const removed = valueOf(await app.calls.discardReview({ review: await reviewIdOf(app) }))
  slow.release()
  expect(await adding).toEqual({ added: 0, refused: 0, skipped: [] })
  expect([removed.length, app.rows(), await viewOf(app)]).toEqual([100, [], null])
  expect(valueOf(await app.calls.undoRemove({ ids: [...removed] }))).toEqual(removed)
  expect(await viewOf(app)).toMatchObject({ fileCount: 100, inspectingCount: 0 })
})

test('undoes a drop until all of its files are registered', async () => {
  const { app, file, cloud } = await setupReview()
  cloud.fail({ on: 'put-object', how: 'stall', times: Infinity })
  const { drop = '' } = await addFiles(app, [await file('a.safetensors')])
  const id = app.rows()[0]?.id ?? ''
  await app.until(() => app.row(id).started)
  expect(valueOf(await app.calls.undoAdd({ drop }))).toEqual([id])
  expect(app.rows()).toEqual([])
  cloud.clearFailures()
  const late = await addFiles(app, [await file('b.safetensors')])
  const next = app.rows()[0]?.id ?? ''
  await app.phase(next, 'registered')
  expect(await app.calls.undoAdd({ drop: late.drop ?? '' })).toMatchObject({
    ok: false,
    failure: { code: 'undo-too-late' },
  })
  expect(app.row(next).phase).toBe('registered')
})

test('undoing an approval returns the files to the review as they were edited there', async () => {
  const harness = await setupReview({ settings: { review: 'always' } })
  const { app, file, cloud } = harness
  const held = cloud.hold('put-object')
  await addFiles(app, [await file('a.safetensors'), await file('b.safetensors'), await file('c.safetensors')])
  const [first = '', second = '', third = ''] = app.rows().map(({ id }) => id)
  valueOf(await app.calls.editTarget({ id: first, change: { displayName: 'Mine' } }))
  const { drop = '' } = await approve(app)
  await held.arrived
  await app.pauseNow(third)
  expect(valueOf(await app.calls.undoAdd({ drop }))).toEqual([first, second, third])
  expect(app.rows().map(({ phase, failure }) => [phase, failure])).toEqual(
    Array.from({ length: 3 }, () => ['review', null]),
  )
  expect(app.row(first)).toMatchObject({ target: { displayName: 'Mine' }, sentBytes: 0 })
  held.release()
  expect(await comparedView(app)).toMatchObject({ fileCount: 3 })
  const again = await approve(app)
  await allRegistered(app)
  expect(await app.calls.undoAdd({ drop: again.drop ?? '' })).toMatchObject({
    failure: { code: 'undo-too-late' },
  })
})

test('undoes a drop with a file that the library had before, and keeps its model', async () => {
  const { app, file, cloud } = await setupReview({ settings: { review: 'never' } })
  const known = await file('a.safetensors')
  await addFiles(app, [known])
  await app.phase(app.rows()[0]?.id ?? '', 'registered')
  cloud.fail({ on: 'put-object', how: 'stall', times: Infinity })
  const { drop = '' } = await addFiles(app, [known, await file('b.safetensors')])
  const added = app.rows().slice(1)
  const duplicate = added.find(({ fileName }) => fileName === 'a.safetensors')?.id ?? ''
  const other = added.find(({ fileName }) => fileName === 'b.safetensors')?.id ?? ''
  await app.phase(duplicate, 'registered')
  await app.until(() => app.row(other).started)
  expect(valueOf(await app.calls.undoAdd({ drop }))).toEqual([other])
  expect(app.row(duplicate).already).toBeDefined()
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('does not undo a drop while one of its files is being registered', async () => {
  const { app, file, cloud } = await setupReview()
  const held = cloud.hold('registerModel')
  const { drop = '' } = await addFiles(app, [await file('a.safetensors')])
  const id = app.rows()[0]?.id ?? ''
  await held.arrived
  await app.phase(id, 'registering')
  expect(await app.calls.undoAdd({ drop })).toMatchObject({ failure: { code: 'undo-too-late' } })
  held.release()
  await app.phase(id, 'registered')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('a drop never joins an older review, and each is approved for its own team', async () => {
  const harness = await setupReview({ settings: { review: 'always' } })
  const { app, file, cloud, open } = harness
  const add = async (name: string, teamId: string) =>
    valueOf(await app.calls.addFiles({ paths: [await file(name)], team: teamOf(app, teamId) })).review
  const older = await add('a.safetensors', ALICES_TEAM_ID)
  const newer = await add('b.safetensors', STUDIO_NORTH_ID)
  await app.stop()
  const next = await open()
  await next.until(({ rows }) => rows.length === 2)
  const views = valueOf(await next.calls.reviews(undefined))
  expect(views.map(({ id, team }) => [id, team?.teamId])).toEqual([
    [older, ALICES_TEAM_ID],
    [newer, STUDIO_NORTH_ID],
  ])
  // The page names files of both.
  const ids = next.rows().map(({ id }) => id)
  expect(await approve(next, ids, STUDIO_NORTH_ID, newer)).toMatchObject({ approvedCount: 1 })
  await next.until(({ rows }) => rows.some(({ phase }) => phase === 'registered'))
  expect(cloud.modelsOf(STUDIO_NORTH_ID).map((model) => model.display_name)).toEqual(['b'])
  expect(valueOf(await next.calls.reviews(undefined)).map(({ id }) => id)).toEqual([older])
})

test('follows the setting for paths in use when a file is given to another team', async () => {
  const { app, file, cloud } = await setupReview({ settings: { review: 'always', onConflict: 'rename' } })
  const target = { modelPath: 'models/loras/style.safetensors' }
  for (const name of ['first.safetensors', 'second.safetensors']) {
    await app.add(await file(name), { target })
    await approve(app, null, STUDIO_NORTH_ID)
    await allRegistered(app)
  }
  expect(cloud.modelsOf(STUDIO_NORTH_ID).map(({ model_path: path }) => path)).toEqual([
    'models/loras/style.safetensors',
    'models/loras/style-2.safetensors',
  ])
})

test('adds files that were dropped for a team to no other one', async () => {
  const { app, file } = await setup()
  const { accountId } = teamOf(app, ALICES_TEAM_ID)
  const paths = [await file('a.safetensors')]
  expect(await app.calls.addFiles({ paths, team: { accountId, teamId: 'team_of_others' } })).toMatchObject({
    failure: { code: 'no-team' },
  })
  expect([app.rows(), valueOf(await app.calls.waitingFiles(undefined)).count]).toEqual([[], 0])
  valueOf(await app.calls.addFiles({ paths, team: { accountId, teamId: STUDIO_NORTH_ID } }))
  expect(app.rows()).toMatchObject([{ team: { id: STUDIO_NORTH_ID } }])
  expect(app.session().chosen).toMatchObject({ teamId: ALICES_TEAM_ID })
})
