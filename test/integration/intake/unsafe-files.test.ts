import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, shellCall, torchZip } from '../../fixtures/pickles.ts'
import { setup, sha256Of, valueOf } from '../../support/engine.ts'

const trainer = torchZip(pickleOf(imported('some_trainer.callbacks', 'Checkpoint')))

test('holds a file that could run code until it is allowed, and remembers the answer', async () => {
  const { app, folder, open, asked } = await setup()
  const { path } = await writeText(join(folder, 'files/style.pt'), trainer)
  const [id = ''] = await app.add(path)
  expect([app.row(id).phase, app.row(id).failure]).toEqual([
    'failed',
    { code: 'file-suspicious', params: { imports: 'some_trainer.callbacks.Checkpoint' } },
  ])
  // A retry doesn’t allow the file.
  valueOf(await app.calls.retry({ ids: [id] }))
  expect(app.row(id).failure?.code).toBe('file-suspicious')
  expect(asked()).not.toContain('presignModel')

  valueOf(app.engine.allow([id]))
  expect((await app.settled(id)).phase).toBe('registered')
  await app.stop()
  const later = await open()
  expect(later.row(id).phase).toBe('registered')
})

test('asks again when an allowed file has changed', async () => {
  const { app, folder } = await setup()
  const { path } = await writeText(join(folder, 'files/style.pt'), trainer)
  const [id = ''] = await app.add(path)
  await app.calls.pauseAll(undefined)
  valueOf(app.engine.allow([id]))
  expect(app.row(id).phase).toBe('waiting')
  await writeFile(path, torchZip(shellCall))
  await app.calls.resumeAll(undefined)
  expect((await app.settled(id)).failure?.code).toBe('file-changed')
  valueOf(await app.calls.retry({ ids: [id] }))
  expect(app.row(id).failure).toEqual({ code: 'file-dangerous', params: { imports: 'posix.system' } })
})

test('an advance permission covers dangerous files only if it names them', async () => {
  const { app, folder } = await setup()
  const odd = await writeText(join(folder, 'files/odd.pt'), trainer)
  const bad = await writeText(join(folder, 'files/bad.pt'), shellCall)
  const [oddId = '', badId = ''] = await app.add([odd.path, bad.path], {
    allow: new Set(['file-suspicious']),
  })
  expect((await app.settled(oddId)).phase).toBe('registered')
  expect(app.row(badId).failure?.code).toBe('file-dangerous')
  // Adding an existing row with permission continues it instead of creating another one.
  await app.add(bad.path, { allow: new Set(['file-dangerous']) })
  expect((await app.settled(badId)).phase).toBe('registered')
})

test('never registers the bytes of a file that was replaced later', async () => {
  const { app, cloud, clock, folder, countOf } = await setup()
  const { path } = await writeText(join(folder, 'files/style.pt'), trainer)
  cloud.fail({ on: 'registerModel', how: 500 })
  const [id = ''] = await app.add(path, { allow: new Set(['file-suspicious']) })
  await app.phase(id, 'retrying')
  await rm(path)
  clock.advance(60_000)
  expect((await app.settled(id)).failure?.code).toBe('file-missing')
  await writeFile(path, torchZip(shellCall))
  valueOf(await app.calls.retry({ ids: [id] }))
  expect(app.row(id).failure?.code).toBe('file-dangerous')
  valueOf(app.engine.allow([id]))
  const row = await app.settled(id)
  expect([row.phase, row.sha256, countOf('put-object')]).toEqual(['registered', sha256Of(path), 2])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})
