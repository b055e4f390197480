import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { dayMs, setup, sha256Of, type EngineHarness } from '../../support/engine.ts'
import { advanceUntil, begunUpload, settled } from '../faults/fault.ts'

const partBytes = 5 * 1024 * 1024
const inParts = { cloud: { partSizeBytes: partBytes }, settings: { singlePutLimitBytes: partBytes } }

const hashesIn = ({ cloud }: EngineHarness) =>
  cloud
    .modelsOf(ALICES_TEAM_ID)
    .map((model) => model.file_hash)
    .toSorted()

test('holds the whole queue while offline, and continues within seconds', async () => {
  const harness = await setup()
  const { app, cloud, clock, file } = harness
  const reconnect = await cloud.unplug()
  const paths = [await file('a.safetensors'), await file('b.safetensors'), await file('c.safetensors')]
  const ids = await app.add(paths)
  await app.until(({ line }) => line === 'offline')
  await app.until(({ totals }) => totals.running === 0)
  expect(app.rows().map(({ retryAtMs }) => retryAtMs)).toEqual([null, null, null])
  expect(app.engine.snapshot().totals).toMatchObject({ waiting: 3, needsYou: 0 })
  await reconnect()
  clock.advance(1_000)
  await app.until(({ line }) => line === 'ok')
  for (const id of ids) expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect(hashesIn(harness)).toEqual(paths.map((path) => `sha256:${sha256Of(path)}`).toSorted())
})

test('does not start a file that is added while offline', async () => {
  const { app, cloud, clock, file } = await setup()
  const reconnect = await cloud.unplug()
  await app.add(await file('a.safetensors'))
  await app.until(({ line }) => line === 'offline')
  const [late = ''] = await app.add(await file('b.safetensors'))
  expect(app.row(late)).toMatchObject({ phase: 'waiting', failure: null })
  await reconnect()
  app.engine.networkChanged()
  expect(await app.settled(late)).toMatchObject({ phase: 'registered' })
  expect(clock.waits().filter((waitMs) => waitMs > 60_000 && waitMs < dayMs / 2)).toEqual([])
})

test('keeps stored parts over repeated outages', async () => {
  const harness = await setup(inParts)
  const { app, cloud, file } = harness
  const held = cloud.hold('put-part')
  // The completion is held so that the upload isn’t over before the last outage, however fast the parts are.
  const finishing = cloud.hold('completeMultipart')
  const path = await file('large.safetensors', { sizeBytes: 4 * partBytes })
  const [id = ''] = await app.add(path)
  const begun = begunUpload(harness, id, path)
  await held.arrived
  for (let outage = 0; outage < 4; outage += 1) {
    const reconnect = await cloud.unplug()
    held.release()
    app.engine.networkChanged()
    await advanceUntil(begun, () => app.engine.snapshot().line === 'offline')
    await reconnect()
    app.engine.networkChanged()
    await advanceUntil(begun, () => app.engine.snapshot().line === 'ok')
  }
  finishing.release()
  expect(await settled(begun)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(harness)).toEqual([`sha256:${sha256Of(path)}`])
  expect(harness.countOf('initiateMultipart')).toBe(1)
  expect(await cloud.unfinishedUploads()).toEqual([])
})

test('does not report offline when only storage fails', async () => {
  const harness = await setup()
  const { app, cloud, file } = harness
  cloud.fail({ on: 'put-object', how: 'cut', times: Infinity })
  const [id = ''] = await app.add(await file('a.safetensors'))
  const row = await app.phase(id, 'retrying')
  expect([row.failure?.code, row.retryAtMs === null]).toEqual(['connection-lost', false])
  const other = await app.add(await file('b.safetensors'))
  await app.phase(other[0] ?? '', 'retrying')
  expect(app.engine.snapshot().line).toBe('ok')
  cloud.clearFailures()
  expect(await settled(begunUpload(harness, id))).toMatchObject({ phase: 'registered' })
})

test('still obeys Retry-After when the connection is back', async () => {
  const { app, cloud, clock, file, countOf } = await setup()
  cloud.fail({ on: 'presignModel', how: 429, retryAfterSeconds: 3_000 })
  const [slow = ''] = await app.add(await file('a.safetensors'))
  const { retryAtMs } = await app.phase(slow, 'retrying')
  clock.advance(1_000)
  expect(countOf('presignModel')).toBe(1)
  expect((retryAtMs ?? 0) - clock.now()).toBeGreaterThan(2_800_000)
  clock.advance(3_060_000)
  expect(await app.settled(slow)).toMatchObject({ phase: 'registered' })
})

test('cleans up an upload cancelled while offline once it is online', async () => {
  const harness = await setup(inParts)
  const { app, cloud, file } = harness
  const [id = ''] = await app.add(await file('large.safetensors', { sizeBytes: 4 * partBytes }))
  const held = cloud.hold('put-part', 'answer')
  await held.arrived
  const reconnect = await cloud.unplug()
  held.release()
  await advanceUntil(begunUpload(harness, id), () => app.engine.snapshot().line === 'offline')
  await app.calls.cancel({ ids: [id] })
  expect(app.rows()).toEqual([])
  await reconnect()
  const aborted = cloud.ended('abortMultipart')
  app.engine.networkChanged()
  await aborted
  expect(await cloud.unfinishedUploads()).toEqual([])
})
