import { execFileSync } from 'node:child_process'
import { appendFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../electron/contract/discovery.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import { ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, torchZip } from '../../fixtures/pickles.ts'
import { setup, usualSettings, valueOf, type App } from '../../support/engine.ts'
import { setupReview, teamOf, viewOf, writeFiles } from '../../support/review.ts'

const agree = async () => true

/** Adds the files of uploads to Studio North without asking. */
async function addToNorth(app: App, ids: readonly string[]): Promise<AddReport> {
  const report = valueOf(await app.engine.otherTeam.addUploads(ids, teamOf(app, STUDIO_NORTH_ID), agree))
  if (!report) throw new Error('nothing was confirmed')
  return report
}

const rowsOf = (app: App, teamId: string) => app.rows().filter(({ team }) => team.id === teamId)
const idsOf = (app: App, teamId: string) => rowsOf(app, teamId).map(({ id }) => id)

test('uploads the file of an upload to another team, under its present target', async () => {
  const { app, cloud, file, countOf } = await setup()
  const path = await file('a.safetensors')
  const [id = ''] = await app.add(path, { target: { displayName: 'Mine' } })
  await app.phase(id, 'registered')
  const asked: UploadConfirmation[] = []
  const confirm = async (question: UploadConfirmation) => asked.push(question) > 0
  const north = teamOf(app, STUDIO_NORTH_ID)
  expect(valueOf(await app.engine.otherTeam.addUploads([id], north, confirm))).toMatchObject({ added: 1 })
  const [other = ''] = idsOf(app, STUDIO_NORTH_ID)
  await app.phase(other, 'registered')
  expect(asked).toEqual([
    {
      count: 1,
      sizeBytes: 150_000,
      items: [{ name: 'a.safetensors', path, sizeBytes: 150_000 }],
      team: 'Studio North',
      server: new URL(cloud.url).host,
    },
  ])
  const namesIn = (team: string) => cloud.modelsOf(team).map((model) => model.display_name)
  expect([namesIn(ALICES_TEAM_ID), namesIn(STUDIO_NORTH_ID)]).toEqual([['Mine'], ['Mine']])
  // Once for each team: no call of the API copies a model.
  expect(countOf('put-object')).toBe(2)
})

test('adds nothing if the user declines, or without the team', async () => {
  const { app, file } = await setup()
  const [id = ''] = await app.add(await file('a.safetensors'))
  const north = teamOf(app, STUDIO_NORTH_ID)
  expect(valueOf(await app.engine.otherTeam.addUploads([id], north, async () => false))).toBe(null)
  const elsewhere = { ...north, teamId: 'team_of_others' }
  expect(await app.engine.otherTeam.addUploads([id], elsewhere, agree)).toMatchObject({
    failure: { code: 'no-team' },
  })
  expect(app.rows()).toHaveLength(1)
})

test('keeps a waiting upload and its copy for another team apart, also after a restart', async () => {
  const { app, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await addToNorth(app, [id])
  const [other = ''] = idsOf(app, STUDIO_NORTH_ID)
  valueOf(await app.calls.editTarget({ id: other, change: { displayName: 'For the north' } }))
  await app.stop()
  const next = await open()
  expect([next.row(id).target.displayName, next.row(other).target.displayName]).toEqual([
    'a',
    'For the north',
  ])
  valueOf(await next.calls.cancel({ ids: [other] }))
  expect(next.rows().map((row) => row.id)).toEqual([id])
})

test('adds an unchanged file that got another inode, as at a mount', async () => {
  const { app, file } = await setup()
  const path = await file('a.safetensors')
  const [id = ''] = await app.add(path)
  await app.phase(id, 'registered')
  // Keeps the time in nanoseconds.
  execFileSync('cp', ['-p', path, `${path}.copy`])
  await rename(`${path}.copy`, path)
  expect(await addToNorth(app, [id])).toMatchObject({ added: 1, skipped: [] })
})

test('says why files are not added', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const paths = await Promise.all(['gone', 'changed', 'good'].map((name) => file(`${name}.safetensors`)))
  const ids = await app.add(paths)
  await rm(paths[0] ?? '')
  await appendFile(paths[1] ?? '', 'more')
  expect(await addToNorth(app, ids)).toMatchObject({
    added: 1,
    skipped: [
      { name: 'gone.safetensors', reason: 'gone' },
      { name: 'changed.safetensors', reason: 'changed' },
    ],
  })
  const again = await addToNorth(app, [...ids, ...idsOf(app, STUDIO_NORTH_ID)])
  expect([again.added, again.skipped.map(({ name, reason }) => `${name} ${reason}`).sort()]).toEqual([
    0,
    [
      'changed.safetensors changed',
      'gone.safetensors gone',
      'good.safetensors queued',
      'good.safetensors same-team',
    ],
  ])
})

test('adds all files of a model of several files', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const path = await file('big-00001-of-00002.safetensors')
  await file('big-00002-of-00002.safetensors')
  const [first = ''] = await app.add(path)
  expect(app.rows()).toHaveLength(2)
  expect(await addToNorth(app, [first])).toMatchObject({ added: 2, skipped: [] })
  expect(rowsOf(app, STUDIO_NORTH_ID).map(({ recognition }) => recognition.group?.kind)).toEqual([
    'shards',
    'shards',
  ])
})

test('asks again about a file that can run code and was accepted for one team', async () => {
  const { app, folder, asked } = await setup()
  const trainer = torchZip(pickleOf(imported('some_trainer.callbacks', 'Checkpoint')))
  const { path } = await writeText(join(folder, 'files/style.pt'), trainer)
  const [id = ''] = await app.add(path, { allow: new Set(['file-suspicious']) })
  await app.phase(id, 'registered')
  const puts = () => asked().filter((name) => name === 'presignModel').length
  const before = puts()
  await addToNorth(app, [id])
  expect(rowsOf(app, STUDIO_NORTH_ID)).toMatchObject([
    { phase: 'failed', failure: { code: 'file-suspicious' } },
  ])
  expect(puts()).toBe(before)
})

test('reviews many files for the other team', async () => {
  const harness = await setupReview({ settings: { review: 'never' } })
  const { app, cloud } = harness
  const ids = await app.add(await writeFiles(harness, 6))
  await app.until(({ rows }) => rows.every(({ phase }) => phase === 'registered'))
  app.engine.applySettings({ ...usualSettings, server: cloud.url, review: 'when-needed' })
  expect(await addToNorth(app, ids)).toMatchObject({ added: 6, review: expect.any(String) as string })
  expect(await viewOf(app)).toMatchObject({ fileCount: 6, team: teamOf(app, STUDIO_NORTH_ID) })
})

test('does not add files of a user who is signed out and hidden', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const [accountId = ''] = app.session().accounts.map((account) => account.id)
  await app.calls.signOut({ accountId })
  await app.signIn(BOB)
  expect(await addToNorth(app, [id])).toEqual({ added: 0, refused: 0, skipped: [] })
})

test('adds the models of a library whose files are here, and says which are not', async () => {
  const { app, cloud, file } = await setup()
  const paths = await Promise.all(['here', 'changed', 'renamed'].map((name) => file(`${name}.safetensors`)))
  const ids = await app.add(paths)
  await app.until(({ rows }) => rows.every(({ phase }) => phase === 'registered'))
  await appendFile(paths[1] ?? '', 'more')
  const modelIds = ids.map((id) => app.row(id).modelId ?? '')
  const choice = teamOf(app, ALICES_TEAM_ID)
  valueOf(
    await app.calls.changeModel({ choice, modelId: modelIds[2] ?? '', change: { displayName: 'New name' } }),
  )
  // The history of this computer is not needed: the hash of the file is known.
  valueOf(await app.calls.dismiss({ ids: [ids[0] ?? ''] }))
  valueOf(await app.calls.forget({ ids: [ids[0] ?? ''] }))
  const models = { choice, modelIds }
  const report = valueOf(await app.engine.otherTeam.addModels(models, teamOf(app, STUDIO_NORTH_ID), agree))
  expect(report).toMatchObject({ added: 2, skipped: [{ name: 'changed', reason: 'not-here' }] })
  await app.until(() => rowsOf(app, STUDIO_NORTH_ID).every(({ phase }) => phase === 'registered'))
  expect(
    cloud
      .modelsOf(STUDIO_NORTH_ID)
      .map((model) => model.display_name)
      .sort(),
  ).toEqual(['New name', 'here'])
})
