import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { writeLfsPointer, writeText, writeWebPage } from '../../fixtures/model-files.ts'
import { setup, valueOf } from '../../support/engine.ts'

test('keeps the structure of a folder in the rows and in the library', async () => {
  const { app, cloud, file, folder } = await setup()
  await file('models/loras/faces/a.safetensors')
  await file('models/loras/b.safetensors')
  await file('models/vae/c.safetensors')
  const ids = await app.add(join(folder, 'files', 'models'))
  await Promise.all(ids.map((id) => app.settled(id)))
  const rows = ids.map((id) => app.row(id)).map((row) => `${row.folder}/${row.fileName}`)
  expect(rows.sort()).toEqual([
    ...['models/loras/b.safetensors', 'models/loras/faces/a.safetensors', 'models/vae/c.safetensors'],
  ])
  expect(
    cloud
      .modelsOf(ALICES_TEAM_ID)
      .map((model) => [model.model_path, model.model_type])
      .sort(),
  ).toEqual([
    ['models/loras/b.safetensors', 'loras'],
    ['models/loras/faces/a.safetensors', 'loras'],
    ['models/vae/c.safetensors', 'vae'],
  ])
})

test('skips and counts junk and loops, and queues the rest', async () => {
  const { app, file, folder } = await setup()
  const inside = join(folder, 'files', 'dropped')
  await file('dropped/a.safetensors')
  await writeText(join(inside, '.DS_Store'), 'x')
  mkdirSync(join(inside, 'deep'))
  symlinkSync(inside, join(inside, 'deep', 'up'), 'dir')
  const report = valueOf(await app.engine.add([inside]))
  expect([report.added, report.refused, report.skipped.map(({ reason }) => reason)]).toEqual([
    ...[1, 0, expect.arrayContaining(['junk', 'loop'])],
  ])
  await app.settled(app.rows()[0]?.id ?? '')
  expect(app.rows()).toHaveLength(1)
})

test('keeps the team of each queued file when another is chosen', async () => {
  const { app, cloud, file } = await setup()
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  await app.calls.pauseAll(undefined)
  const [first = ''] = await app.add(await file('first.safetensors'))
  await app.calls.chooseTeam({ accountId, teamId: STUDIO_NORTH_ID })
  const [second = ''] = await app.add(await file('second.safetensors'))
  await app.calls.resumeAll(undefined)
  await Promise.all([app.settled(first), app.settled(second)])
  const names = (team: string) => cloud.modelsOf(team).map(({ model_path: path }) => path.split('/').at(-1))
  expect([names(ALICES_TEAM_ID), names(STUDIO_NORTH_ID)]).toEqual([
    ['first.safetensors'],
    ['second.safetensors'],
  ])
})

test('shows why a file is refused, without calling the server', async () => {
  const { app, cloud, file, folder } = await setup()
  const at = (name: string) => join(folder, 'files', name)
  const short = await file('short.safetensors', { cutBytes: 100 })
  const { path: pointer } = await writeLfsPointer(at('pointer.safetensors'), 6_800_000_000)
  const { path: page } = await writeWebPage(at('page.safetensors'))
  const { path: empty } = await writeText(at('empty.safetensors'), '')
  cloud.forgetOperations()

  const ids = await app.add([short, pointer, page, empty])
  const rows = ids.map((id) => app.row(id))
  expect(rows.map((row) => [row.fileName, row.phase, row.failure?.code]).sort()).toEqual([
    ['empty.safetensors', 'failed', 'file-empty'],
    ['page.safetensors', 'failed', 'file-web-page'],
    ['pointer.safetensors', 'failed', 'file-pointer'],
    ['short.safetensors', 'failed', 'file-cut-short'],
  ])
  await app.stop()
  expect(cloud.operations).toEqual([])
})

test('inspects files at the next start that were not inspected before the app ended', async () => {
  const { app, file, folder, open, clock } = await setup()
  await app.calls.pauseAll(undefined)
  for (let number = 0; number < 500; number += 1)
    await file(`dropped/${number}.safetensors`, { sizeBytes: 10_000 })
  const adding = app.engine.add([join(folder, 'files', 'dropped')])
  await app.until(() => app.rows().length > 0)
  await app.stop()
  const { refused } = valueOf(await adding)
  expect(refused).toBeGreaterThan(0)

  const later = await open()
  const uninspected = () => later.rows().filter(({ failure }) => failure?.code === 'file-not-inspected')
  expect([later.rows().length, uninspected().length]).toEqual([500, refused])
  clock.advance(5_000)
  await later.until(() => uninspected().length === 0)
  expect(new Set(later.rows().map(({ phase }) => phase))).toEqual(new Set(['waiting']))
})

test('accepts a repaired file on retry', async () => {
  const { app, file } = await setup()
  const [id = ''] = await app.add(await file('half.safetensors', { cutBytes: 100 }))
  await app.calls.retry({ ids: [id] })
  expect(app.row(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-cut-short' } })
  await file('half.safetensors')
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test('queues nothing while no account is signed in', async () => {
  const { app, file } = await setup({ as: null })
  const report = await app.engine.add([await file('a.safetensors')])
  expect([report, app.rows()]).toMatchObject([{ ok: false, failure: { code: 'no-team' } }, []])
})

test('edits name, type and path until the upload starts, and not after', async () => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const change = { displayName: 'Blue hour', modelType: 'vae', modelPath: 'models/vae/blue.safetensors' }
  expect(await app.calls.editTarget({ id, change })).toMatchObject({ ok: true })
  expect(await app.calls.editTarget({ id, change: { modelPath: '../up' } })).toMatchObject({
    failure: { code: 'target-path' },
  })
  await app.calls.resumeAll(undefined)
  await app.settled(id)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
    { display_name: 'Blue hour', model_type: 'vae', model_path: 'models/vae/blue.safetensors' },
  ])
  expect(await app.calls.editTarget({ id, change: { displayName: 'x' } })).toMatchObject({
    failure: { code: 'already-begun' },
  })
})

test('reports a path as edited only if it is not the suggested one for the type', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'), { target: { modelType: 'loras' } })
  expect([app.row(id)?.target.modelPath, app.row(id)?.isPathEdited]).toEqual([
    'models/loras/a.safetensors',
    undefined,
  ])
  await app.calls.editTarget({ id, change: { modelPath: 'models/loras/client/a.safetensors' } })
  expect(app.row(id)?.isPathEdited).toBe(true)
  await app.calls.editTarget({
    id,
    change: { modelType: 'vae', modelPath: 'models/vae/a.safetensors' },
  })
  expect(app.row(id)?.isPathEdited).toBeUndefined()
})

test('continues after a path conflict on the server when the path is changed', async () => {
  const { app, cloud, file } = await setup()
  // A library listing would detect the conflict before anything is sent.
  cloud.fail({ on: 'listModels', how: 404, times: Infinity })
  const target = { modelPath: 'models/loras/same.safetensors' }
  const [first = ''] = await app.add(await file('one.safetensors'), { target })
  await app.settled(first)
  const [second = ''] = await app.add(await file('two.safetensors'), { target })
  expect(await app.settled(second)).toMatchObject({ phase: 'failed', failure: { code: 'conflict' } })
  await app.calls.editTarget({ id: second, change: { modelPath: 'models/loras/other.safetensors' } })
  expect(await app.settled(second)).toMatchObject({ phase: 'registered' })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('sends no PUT above the deployment’s limit', async () => {
  const { app, cloud, file } = await setup({ settings: { singlePutLimitBytes: 5 * 1024 ** 2 } })
  const [id = ''] = await app.add(await file('large.safetensors', { sizeBytes: 5 * 1024 ** 2 + 1 }))
  await app.settled(id)
  const puts = cloud.operations.filter(({ name }) => name === 'put-object')
  expect(puts.filter(({ bytes }) => bytes > 5 * 1024 ** 2)).toEqual([])
})
