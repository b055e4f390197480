import { expect, test } from 'vitest'
import type { StorageTest } from '../../../electron/contract/storage-test.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, type EngineHarness } from '../../support/engine.ts'
import { setupPairing } from '../../support/pairing.ts'

const wholeBytes = 8_000_000
const partSizeBytes = 5 * 1024 * 1024

async function begin({ app }: Pick<EngineHarness, 'app'>, signal = new AbortController().signal) {
  const { chosen } = app.session()
  if (!chosen) throw new Error('no team is chosen')
  const reports: StorageTest[] = []
  const found = await app.engine.testStorage(chosen, signal, (now) => reports.push(now))
  return { found, reports }
}

/** Counts what a storage test has left in storage and library. */
async function remains({ cloud, app }: Pick<EngineHarness, 'cloud' | 'app'>) {
  return {
    uploads: await cloud.unfinishedUploads(),
    objects: await cloud.objects(),
    models: cloud.modelsOf(ALICES_TEAM_ID),
    leftovers: app.engine.abandonedCount(),
  }
}
const nothing = { uploads: [], objects: [], models: [], leftovers: 0 }

test('sends 8 MB to storage, aborts them and registers nothing', async () => {
  const context = await setup()
  const beganMs = performance.now()
  const { found, reports } = await begin(context)
  expect(found).toMatchObject({ state: 'good', sentBytes: wholeBytes, failure: null, isLeft: false })
  expect(found.tookMs).toBeGreaterThan(0)
  expect(found.tookMs).toBeLessThanOrEqual(performance.now() - beganMs)
  expect(reports[0]).toMatchObject({ state: 'running', sentBytes: 0 })
  const puts = context.cloud.operations.filter(({ name }) => name === 'put-part')
  expect(puts.map(({ headers }) => headers['content-length'])).toEqual([String(wholeBytes)])
  expect(context.asked()).not.toContain('completeMultipart')
  expect(context.asked()).not.toContain('registerModel')
  expect(await remains(context)).toEqual(nothing)
})

test('sends the 8 MB in two parts if the server’s part size is smaller', async () => {
  const context = await setup({ cloud: { partSizeBytes } })
  expect((await begin(context)).found).toMatchObject({ state: 'good', sentBytes: wholeBytes })
  expect(context.countOf('put-part')).toBe(2)
  expect(await remains(context)).toEqual(nothing)
})

test('reports the reason of a refusal and aborts the upload', async () => {
  const context = await setup()
  context.cloud.fail({ on: 'put-part', how: 403, times: Infinity })
  const { found } = await begin(context)
  expect(found).toMatchObject({ state: 'bad', failure: { code: 'storage-refused' }, isLeft: false })
  expect(await remains(context)).toEqual(nothing)
})

test('aborts the upload when the test is cancelled', async () => {
  const context = await setup()
  const held = context.cloud.hold('put-part', 1)
  const stop = new AbortController()
  const running = begin(context, stop.signal)
  await held.arrived
  stop.abort()
  expect((await running).found).toMatchObject({ state: 'cancelled', isLeft: false })
  held.release()
  expect(await remains(context)).toEqual(nothing)
})

test('lists the upload as abandoned before sending and protects it meanwhile', async () => {
  const context = await setup()
  const held = context.cloud.hold('put-part', 1)
  const running = begin(context)
  await held.arrived
  expect(context.app.engine.abandonedCount()).toBe(1)
  await context.app.engine.cleanUpAbandoned()
  expect(await context.cloud.unfinishedUploads()).toHaveLength(1)
  held.release()
  expect((await running).found.state).toBe('good')
  expect(await remains(context)).toEqual(nothing)
})

test('reports an upload that can’t be aborted and cleans it up later', async () => {
  const context = await setup()
  context.cloud.fail({ on: 'abortMultipart', how: 500, times: Infinity })
  expect((await begin(context)).found).toMatchObject({ state: 'good', isLeft: true })
  expect(await remains(context)).toMatchObject({ uploads: [{}], leftovers: 1 })
  context.cloud.clearFailures()
  await context.app.engine.cleanUpAbandoned()
  expect(await remains(context)).toEqual(nothing)
})

test('leaves nothing in storage when the app ends during the test', async () => {
  const context = await setup()
  const held = context.cloud.hold('put-part', 1)
  const running = begin(context)
  await held.arrived
  await context.app.stop()
  expect((await running).found.state).toBe('cancelled')
  held.release()
  expect(await context.cloud.unfinishedUploads()).toEqual([])
})

test('sends nothing with a device key, which can’t send parts', async () => {
  const context = await setupPairing()
  await context.pair()
  context.cloud.forgetOperations()
  expect((await begin(context)).found).toMatchObject({
    state: 'bad',
    failure: { code: 'signed-out' },
    sentBytes: 0,
  })
  expect(context.countOf('presignModel')).toBe(0)
})

test('reports an unreachable server and leaves nothing behind', async () => {
  const context = await setup()
  const reconnect = await context.cloud.unplug()
  expect((await begin(context)).found).toMatchObject({ state: 'bad', sentBytes: 0, isLeft: false })
  await reconnect()
  expect(await remains(context)).toEqual(nothing)
})
