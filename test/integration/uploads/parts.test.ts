import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import { setup, sha256Of, type EngineOptions, type EngineHarness } from '../../support/engine.ts'

const mebi = 1024 * 1024
/** A little more than six parts of S3’s minimum size. */
const partBytes = 5 * mebi
const fileBytes = 6 * partBytes + 123
const inParts: EngineOptions = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes },
}

async function add(context: EngineHarness, sizeBytes = fileBytes) {
  const path = await context.file('large.safetensors', { sizeBytes })
  const [id = ''] = await context.app.add(path)
  return { path, id }
}

const partsIn = ({ cloud }: EngineHarness, status = 200) =>
  cloud.operations.filter((operation) => operation.name === 'put-part' && operation.status === status)

/** One model and one object with the file's bytes, and nothing else in storage. */
async function expectOne({ cloud }: EngineHarness, path: string) {
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  const objects = await cloud.objects()
  expect(models.map((model) => model.file_hash)).toEqual([`sha256:${sha256Of(path)}`])
  expect(await Promise.all(objects.map((object) => object.sha256()))).toEqual([sha256Of(path)])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

/** Nothing is registered and no parts are in storage. */
async function expectNothing({ cloud }: EngineHarness) {
  await cloud.ended('abortMultipart')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(await cloud.objects()).toEqual([])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

test.each(STORAGE_KINDS)('a large file is sent in parts and stored completely (%s)', async (kind) => {
  const storage = await startStorage(kind)
  const context = await setup({ ...inParts, cloud: { ...inParts.cloud, ...storage.options } })
  const { path, id } = await add(context)
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered', sentBytes: fileBytes })
  expect(
    partsIn(context)
      .map(({ bytes }) => bytes ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0),
  ).toBe(fileBytes)
  await expectOne(context, path)
})

test('another file uses the only connection while a part waits for a Retry-After of a minute', async () => {
  const context = await setup({ ...inParts, settings: { ...inParts.settings, streamsMost: 1 } })
  const { app, cloud, clock, countOf } = context
  cloud.fail({ on: 'put-part', how: 503, retryAfterSeconds: 60 })
  const { id } = await add(context)
  await cloud.ended('put-part')
  const [otherId = ''] = await app.add(await context.file('other.safetensors'))
  expect(await app.settled(otherId)).toMatchObject({ phase: 'registered' })
  // The other parts would be refused too.
  expect(countOf('put-part')).toBe(1)
  expect(app.row(id).phase).toBe('sending')
  clock.advance(61_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect(countOf('put-part')).toBe(8)
})

test('an upload of which a part has to wait for long says why and until when', async () => {
  const context = await setup(inParts)
  const { app, cloud, clock, countOf } = context
  cloud.fail({ on: 'put-part', how: 503, retryAfterSeconds: 600 })
  const { path, id } = await add(context)
  const row = await app.phase(id, 'retrying')
  expect(row.failure).toMatchObject({ code: 'storage-busy' })
  expect(row.retryAtMs).toBeGreaterThanOrEqual(clock.now() + 600_000)
  clock.advance(660_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect(countOf('put-part')).toBe(8)
  await expectOne(context, path)
})

test('parts that storage acknowledged before a restart are not sent again', async () => {
  const context = await setup(inParts)
  // The others are held, so that the upload is not over before the restart, however fast the parts are.
  const held = context.cloud.hold('put-part', 'arrival', { skip: 3 })
  const { path, id } = await add(context)
  await context.app.until(({ rows }) => rows.some(({ sentBytes }) => sentBytes >= 3 * partBytes))
  await context.app.stop()
  held.release()
  const sent = partsIn(context).length
  const next = await context.open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered' })
  expect(partsIn(context).length - sent).toBeLessThanOrEqual(7 - 3)
  expect(context.cloud.operations.filter(({ name }) => name === 'initiateMultipart')).toHaveLength(1)
  await expectOne(context, path)
})

test('pausing keeps the acknowledged parts and resuming sends the others', async () => {
  const context = await setup(inParts)
  const { path, id } = await add(context)
  await context.cloud.ended('put-part', 2)
  await context.app.calls.pause({ ids: [id] })
  expect(context.app.row(id).phase).toBe('paused')
  expect(await context.cloud.unfinishedUploads()).toHaveLength(1)
  await context.app.calls.resume({ ids: [id] })
  expect((await context.app.settled(id)).phase).toBe('registered')
  expect(context.cloud.operations.filter(({ name }) => name === 'initiateMultipart')).toHaveLength(1)
  await expectOne(context, path)
})

test('a part size that does not fit the file fails before a byte is sent', async () => {
  const context = await setup({ ...inParts, cloud: { partSizeBytes: mebi, minimumPartBytes: 1 } })
  const { id } = await add(context)
  expect((await context.app.settled(id)).failure?.code).toBe('parts-do-not-fit')
  expect(partsIn(context)).toEqual([])
  await expectNothing(context)
})

test('a small file is uploaded while large parts use all slots', async () => {
  const context = await setup({ ...inParts, settings: { ...inParts.settings, atOnce: 1 } })
  context.cloud.fail({ on: 'put-part', how: 'stall', times: Infinity })
  const { id: large } = await add(context)
  // Storage reads no part, so each part keeps its slot.
  await context.app.until(({ totals }) => totals.running === 1 && context.countOf('put-part') > 0)
  const [small = ''] = await context.app.add(await context.file('small.safetensors'))
  await context.app.phase(small, 'registered')
  expect(context.app.row(large)).toMatchObject({ phase: 'sending', sentBytes: 0 })
})

// Node keeps a combined signal with a listener in memory for as long as its sources may abort.
test('an upload in parts leaves no listener on a combined signal', async () => {
  const combined: AbortSignal[] = []
  const combine = AbortSignal.any.bind(AbortSignal)
  const spy = vi.spyOn(AbortSignal, 'any').mockImplementation((signals) => {
    const signal = combine(signals)
    combined.push(signal)
    return signal
  })
  onTestFinished(() => spy.mockRestore())
  const context = await setup(inParts)
  const { id } = await add(context)
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(combined.length).toBeGreaterThan(6)
  const listeners = () => combined.flatMap((signal) => getEventListeners(signal, 'abort').map(String))
  // Node removes the listener of a request a moment after its response.
  await expect.poll(listeners).toEqual([])
})
