import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, valueOf, type EngineHarness } from '../../support/engine.ts'
import { advanceUntil, begunUpload, settled } from '../faults/fault.ts'

const partBytes = 5 * 1024 * 1024
const sizeBytes = 4 * partBytes
const inParts = { cloud: { partSizeBytes: partBytes }, settings: { singlePutLimitBytes: partBytes } }

async function setupInParts() {
  const context = await setup(inParts)
  return { ...context, path: await context.file('large.safetensors', { sizeBytes }) }
}

/** One model and one object with the file's bytes, and no open upload. */
async function expectOneModel({ cloud }: EngineHarness, path: string) {
  const sha256 = sha256Of(path)
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.file_hash)).toEqual([`sha256:${sha256}`])
  expect(await Promise.all((await cloud.objects()).map((object) => object.sha256()))).toEqual([sha256])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

test('an upload completed while the app ended is registered after a restart', async () => {
  const context = await setupInParts()
  const held = context.cloud.hold('completeMultipart', 'answer')
  const [id = ''] = await context.app.add(context.path)
  await held.arrived
  await context.app.stop()
  held.release()
  await context.cloud.ended('completeMultipart')
  const next = await context.open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect([context.countOf('put-part'), context.countOf('initiateMultipart')]).toEqual([4, 1])
  await expectOneModel(context, context.path)
})

test('an upload ended by the server restarts and reports the lost bytes', async () => {
  const context = await setupInParts()
  const { app, cloud } = context
  const [id = ''] = await app.add(context.path)
  await cloud.ended('put-part', 2)
  await app.pauseNow(id)
  const acknowledged = app.row(id).sentBytes
  await cloud.dropUploads()
  const held = cloud.hold('initiateMultipart', 'arrival')
  await app.calls.resume({ ids: [id] })
  await advanceUntil(begunUpload(context, id), () => context.countOf('initiateMultipart') === 2)
  expect(app.row(id).failure).toMatchObject({ code: 'upload-ended' })
  expect(app.row(id).failure?.params['lostBytes']).toBeGreaterThanOrEqual(Math.min(acknowledged, partBytes))
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  await expectOneModel(context, context.path)
})

test('an upload ended before completion does not count as completed', async () => {
  const context = await setupInParts()
  const { app, cloud } = context
  cloud.fail({ on: 'completeMultipart', how: 404, times: 2 })
  const [id = ''] = await app.add(context.path)
  expect(await settled(begunUpload(context, id))).toMatchObject({ phase: 'registered' })
  expect([context.countOf('initiateMultipart'), context.countOf('registerModel')]).toEqual([2, 1])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  await cloud.ended('abortMultipart')
  await expectOneModel(context, context.path)
})

test('an upload that the server ended during a pause restarts when it is resumed', async () => {
  const context = await setupInParts()
  const { app, cloud } = context
  const held = cloud.hold('completeMultipart', 'arrival')
  cloud.fail({ on: 'completeMultipart', how: 404, times: 2 })
  const [id = ''] = await app.add(context.path)
  await held.arrived
  const paused = app.calls.pause({ ids: [id] })
  held.release()
  await advanceUntil(begunUpload(context, id), () => app.row(id).phase === 'paused')
  await paused
  expect(app.row(id)).toMatchObject({ sentBytes: 0, started: false, failure: { code: 'upload-ended' } })
  await app.calls.resume({ ids: [id] })
  expect(await settled(begunUpload(context, id))).toMatchObject({ phase: 'registered', failure: null })
  expect([context.countOf('initiateMultipart'), context.countOf('registerModel')]).toEqual([2, 1])
  await cloud.ended('abortMultipart')
  await expectOneModel(context, context.path)
})

test('an upload whose object is missing at registering is sent again', async () => {
  const context = await setupInParts()
  const { app, cloud } = context
  cloud.fail({ on: 'completeMultipart', how: 503 })
  cloud.fail({ on: 'completeMultipart', how: 404 })
  const [id = ''] = await app.add(context.path)
  const row = await settled(begunUpload(context, id))
  expect(row).toMatchObject({ phase: 'registered', sentBytes: sizeBytes })
  expect(context.countOf('initiateMultipart')).toBe(2)
  await cloud.ended('abortMultipart')
  await expectOneModel(context, context.path)
})

test('an upload with a lost completion replaces the model without sending again', async () => {
  const context = await setupInParts()
  const { app, cloud } = context
  const path = 'models/loras/style.safetensors'
  const oldId = cloud.addModel(ALICES_TEAM_ID, { model_path: path, file_size: 1 })
  cloud.fail({ on: 'completeMultipart', how: 'lose-answer' })
  const uploadOptions = { target: { modelPath: path }, onConflict: 'replace' } as const
  const [id = ''] = await app.add(context.path, uploadOptions)
  expect((await app.settled(id)).phase).toBe('registered')
  expect(context.countOf('initiateMultipart')).toBe(1)
  const remaining = cloud.modelsOf(ALICES_TEAM_ID).map((model) => [model.id === oldId, model.model_path])
  expect(remaining).toContainEqual([false, path])
})

test('a server without multipart uploads is reported and not retried forever', async () => {
  const context = await setupInParts()
  context.cloud.fail({ on: 'presignPart', how: 404, times: Infinity })
  const [id = ''] = await context.app.add(context.path)
  expect(await settled(begunUpload(context, id))).toMatchObject({
    phase: 'failed',
    failure: { code: 'not-found' },
  })
  expect(context.countOf('initiateMultipart')).toBe(1)
  await context.cloud.ended('abortMultipart')
  expect(await context.cloud.unfinishedUploads()).toEqual([])
})

test('a registration that the server did not perform is repeated without listing the library', async () => {
  const { app, cloud, clock, file, countOf } = await setup()
  cloud.fail({ on: 'registerModel', how: 429, times: 2 })
  const [id = ''] = await app.add(await file('a.safetensors'))
  for (let count = 1; count <= 2; count += 1) {
    await app.until(() => countOf('registerModel') === count && app.row(id).phase === 'retrying')
    clock.advance(61_000)
  }
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  // Only before the file was sent.
  expect([countOf('registerModel'), countOf('listModels')]).toEqual([3, 1])
})

test('a registration is searched for before it is repeated after a restart', async () => {
  const { app, cloud, file, countOf, open } = await setup()
  cloud.fail({ on: 'registerModel', how: 429, retryAfterSeconds: 3_000 })
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.phase(id, 'retrying')
  await app.stop()
  const next = await open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered' })
  expect([countOf('registerModel'), countOf('listModels')]).toEqual([2, 2])
})

test('an object is searched for after a conflict before it is registered under another path', async () => {
  const { app, cloud, file, countOf } = await setup()
  const path = await file('a.safetensors')
  const arrival = cloud.hold('registerModel', 'arrival', { times: 1 })
  const [id = ''] = await app.add(path)
  await arrival.arrived
  // The server performs the request, and refuses its repetition by a gateway.
  const { target, storageKey } = app.row(id)
  const record = { file_size: statSync(path).size, file_hash: `sha256:${sha256Of(path)}` }
  const stored = { ...record, storage_key: storageKey ?? '', model_path: target.modelPath }
  const modelId = cloud.addModel(ALICES_TEAM_ID, stored)
  cloud.fail({ on: 'listModels', how: 503, times: Infinity })
  arrival.release()
  expect((await app.settled(id)).failure).toMatchObject({ code: 'conflict' })
  cloud.clearFailures()
  valueOf(await app.calls.editTarget({ id, change: { modelPath: 'models/loras/mine.safetensors' } }))
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', modelId })
  expect([countOf('registerModel'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})
