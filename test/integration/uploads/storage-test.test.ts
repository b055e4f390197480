import { expect, test } from 'vitest'
import type { StorageTest } from '../../../electron/contract/storage-test.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, type World } from '../../support/engine.ts'
import { setupPairing } from '../../support/pairing.ts'

const wholeBytes = 8 * 1024 * 1024
const partSizeBytes = 5 * 1024 * 1024

async function begin({ app }: Pick<World, 'app'>, signal = new AbortController().signal) {
  const { chosen } = app.session()
  if (!chosen) throw new Error('no team is chosen')
  const told: StorageTest[] = []
  const found = await app.engine.testStorage(chosen, signal, (now) => told.push(now))
  return { found, told }
}

/** What storage and library hold after a test of storage: nothing, whatever came of it. */
async function heldBy({ cloud, app }: Pick<World, 'cloud' | 'app'>) {
  return {
    uploads: await cloud.unfinishedUploads(),
    objects: await cloud.objects(),
    models: cloud.modelsOf(ALICES_TEAM_ID),
    leftovers: app.engine.abandonedCount(),
  }
}
const nothing = { uploads: [], objects: [], models: [], leftovers: 0 }

test('8 MiB go to storage and are taken back, and nothing is registered', async () => {
  const world = await setup()
  const { found, told } = await begin(world)
  expect(found).toMatchObject({ state: 'good', sentBytes: wholeBytes, failure: null, isLeft: false })
  expect(found.tookMs).toBeGreaterThan(0)
  expect(told[0]).toMatchObject({ state: 'running', sentBytes: 0 })
  const puts = world.cloud.operations.filter(({ name }) => name === 'put-part')
  expect(puts.map(({ headers }) => headers['content-length'])).toEqual([String(wholeBytes)])
  expect(world.asked()).not.toContain('completeMultipart')
  expect(world.asked()).not.toContain('registerModel')
  expect(await heldBy(world)).toEqual(nothing)
})

test('a server that cuts smaller gets the same 8 MiB in two parts', async () => {
  const world = await setup({ cloud: { partSizeBytes } })
  expect((await begin(world)).found).toMatchObject({ state: 'good', sentBytes: wholeBytes })
  expect(world.countOf('put-part')).toBe(2)
  expect(await heldBy(world)).toEqual(nothing)
})

test('what storage refuses is told with its reason, and is taken back', async () => {
  const world = await setup()
  world.cloud.fail({ on: 'put-part', how: 403, times: Infinity })
  const { found } = await begin(world)
  expect(found).toMatchObject({ state: 'bad', failure: { code: 'storage-refused' }, isLeft: false })
  expect(await heldBy(world)).toEqual(nothing)
})

test('called off midway it is taken back all the same', async () => {
  const world = await setup()
  const held = world.cloud.hold('put-part', 1)
  const stop = new AbortController()
  const running = begin(world, stop.signal)
  await held.arrived
  stop.abort()
  expect((await running).found).toMatchObject({ state: 'cancelled', isLeft: false })
  held.release()
  expect(await heldBy(world)).toEqual(nothing)
})

test('it is written down before a byte goes, and a sweep meanwhile leaves it alone', async () => {
  const world = await setup()
  const held = world.cloud.hold('put-part', 1)
  const running = begin(world)
  await held.arrived
  expect(world.app.engine.abandonedCount()).toBe(1)
  await world.app.engine.cleanUpAbandoned()
  expect(await world.cloud.unfinishedUploads()).toHaveLength(1)
  held.release()
  expect((await running).found.state).toBe('good')
  expect(await heldBy(world)).toEqual(nothing)
})

test('what can’t be taken back now is told, and swept later', async () => {
  const world = await setup()
  world.cloud.fail({ on: 'abortMultipart', how: 500, times: Infinity })
  expect((await begin(world)).found).toMatchObject({ state: 'good', isLeft: true })
  expect(await heldBy(world)).toMatchObject({ uploads: [{}], leftovers: 1 })
  world.cloud.clearFailures()
  await world.app.engine.cleanUpAbandoned()
  expect(await heldBy(world)).toEqual(nothing)
})

test('an app that ends in the middle of it leaves nothing in storage', async () => {
  const world = await setup()
  const held = world.cloud.hold('put-part', 1)
  const running = begin(world)
  await held.arrived
  await world.app.stop()
  expect((await running).found.state).toBe('cancelled')
  held.release()
  expect(await world.cloud.unfinishedUploads()).toEqual([])
})

test('a paired computer sends nothing, since it could not in parts', async () => {
  const world = await setupPairing()
  await world.pair()
  world.cloud.forgetOperations()
  expect((await begin(world)).found).toMatchObject({
    state: 'bad',
    failure: { code: 'signed-out' },
    sentBytes: 0,
  })
  expect(world.countOf('presignModel')).toBe(0)
})

test('a server that is gone is told of, and nothing is left', async () => {
  const world = await setup()
  const plugIn = await world.cloud.unplug()
  expect((await begin(world)).found).toMatchObject({ state: 'bad', sentBytes: 0, isLeft: false })
  await plugIn()
  expect(await heldBy(world)).toEqual(nothing)
})
