import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, type World } from '../../support/engine.ts'
import { patiently, settled } from '../faults/fault.ts'

const partBytes = 5 * 1024 * 1024
const sizeBytes = 4 * partBytes
const inParts = { cloud: { partSizeBytes: partBytes }, settings: { singlePutLimitBytes: partBytes } }

async function begun() {
  const world = await setup(inParts)
  return { ...world, path: await world.file('large.safetensors', { sizeBytes }) }
}

/** One model, one object, both the file, and nothing unfinished. */
async function expectOne({ cloud }: World, path: string) {
  const sha256 = sha256Of(path)
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.file_hash)).toEqual([`sha256:${sha256}`])
  expect(await Promise.all((await cloud.objects()).map((object) => object.sha256()))).toEqual([sha256])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

/** The clock is moved on whenever nothing else moves: a "not found" is asked about once more after some seconds. */
const asBegun = (world: World & { readonly path: string }, id: string) => ({ ...world, id, met: new Map() })

test('an upload that was joined while the app ended is registered after the restart, and nothing is sent again', async () => {
  const world = await begun()
  const held = world.cloud.hold('completeMultipart', 'answer')
  const [id = ''] = await world.app.add(world.path)
  await held.arrived
  await world.app.stop()
  held.release()
  await world.cloud.ended('completeMultipart')
  const next = await world.open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect([world.countOf('put-part'), world.countOf('initiateMultipart')]).toEqual([4, 1])
  await expectOne(world, world.path)
})

test('an upload that the server gave up begins anew by itself, and says how much goes out twice', async () => {
  const world = await begun()
  const { app, cloud } = world
  const [id = ''] = await app.add(world.path)
  await cloud.ended('put-part', 2)
  await app.calls.pause({ ids: [id] })
  const acknowledged = app.row(id).sentBytes
  await cloud.dropUploads()
  const held = cloud.hold('initiateMultipart', 'arrival')
  await app.calls.resume({ ids: [id] })
  await patiently(asBegun(world, id), () => world.countOf('initiateMultipart') === 2)
  expect(app.row(id).failure).toMatchObject({ code: 'upload-ended' })
  expect(app.row(id).failure?.params['lostBytes']).toBeGreaterThanOrEqual(Math.min(acknowledged, partBytes))
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  await expectOne(world, world.path)
})

test('an upload that was given up before it was ever joined is not taken for one that was', async () => {
  const world = await begun()
  const { app, cloud } = world
  cloud.fail({ on: 'completeMultipart', how: 404, times: 2 })
  const [id = ''] = await app.add(world.path)
  expect(await settled(asBegun(world, id))).toMatchObject({ phase: 'registered' })
  expect([world.countOf('initiateMultipart'), world.countOf('registerModel')]).toEqual([2, 1])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  await cloud.ended('abortMultipart')
  await expectOne(world, world.path)
})

test('an upload of which nothing is there when it is to be registered is sent anew', async () => {
  const world = await begun()
  const { app, cloud } = world
  cloud.fail({ on: 'completeMultipart', how: 503 })
  cloud.fail({ on: 'completeMultipart', how: 404 })
  const [id = ''] = await app.add(world.path)
  const row = await settled(asBegun(world, id))
  expect(row).toMatchObject({ phase: 'registered', sentBytes: sizeBytes })
  expect(world.countOf('initiateMultipart')).toBe(2)
  await cloud.ended('abortMultipart')
  await expectOne(world, world.path)
})

test('an upload that was joined unheard, and whose path is taken, replaces what is there and is not sent again', async () => {
  const world = await begun()
  const { app, cloud } = world
  const path = 'models/loras/style.safetensors'
  const oldId = cloud.addModel(ALICES_TEAM_ID, { model_path: path, file_size: 1 })
  cloud.fail({ on: 'completeMultipart', how: 'lose-answer' })
  const wishes = { target: { modelPath: path }, onConflict: 'replace' } as const
  const [id = ''] = await app.add(world.path, wishes)
  expect((await app.settled(id)).phase).toBe('registered')
  expect(world.countOf('initiateMultipart')).toBe(1)
  const standing = cloud.modelsOf(ALICES_TEAM_ID).map((model) => [model.id === oldId, model.model_path])
  expect(standing).toContainEqual([false, path])
})

test('a server without the call for parts is told as such, not tried for ever', async () => {
  const world = await begun()
  world.cloud.fail({ on: 'presignPart', how: 404, times: Infinity })
  const [id = ''] = await world.app.add(world.path)
  expect(await settled(asBegun(world, id))).toMatchObject({ phase: 'failed', failure: { code: 'not-found' } })
  expect(world.countOf('initiateMultipart')).toBe(1)
  await world.cloud.ended('abortMultipart')
  expect(await world.cloud.unfinishedUploads()).toEqual([])
})
