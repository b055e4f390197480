import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, type EngineHarness } from '../../support/engine.ts'
import { teamOf } from '../../support/review.ts'
import { advanceUntil, begunUpload } from '../faults/fault.ts'

const partBytes = 5 * 1024 * 1024
const inParts = { cloud: { partSizeBytes: partBytes }, settings: { singlePutLimitBytes: partBytes } }

/** Begins to send a file in parts, the first of which are not answered until they are released. */
async function beginParts({ app, cloud, file }: EngineHarness) {
  const held = cloud.hold('put-part', 'answer')
  const [id = ''] = await app.add(await file('large.safetensors', { sizeBytes: 4 * partBytes }))
  await held.arrived
  return { id, held }
}

test('cleans up and verifies what was left once the connection is back', async () => {
  const harness = await setup(inParts)
  const { app, cloud, clock, file } = harness
  // Too long for one verification to wait.
  cloud.fail({ on: 'getModel', how: 503, retryAfterSeconds: 90 })
  const [registered = ''] = await app.add(await file('a.safetensors'))
  await app.until(({ rows }) =>
    rows.some(({ id, verification }) => id === registered && verification?.kind === 'not-verified'),
  )
  const { id, held } = await beginParts(harness)
  const reconnect = await cloud.unplug()
  held.release()
  await advanceUntil(begunUpload(harness, id), () => app.engine.snapshot().line === 'offline')
  await app.calls.cancel({ ids: [id] })
  await reconnect()
  const aborted = cloud.ended('abortMultipart')
  clock.advance(1_000)
  await aborted
  expect(await cloud.unfinishedUploads()).toEqual([])
  await app.until(({ rows }) => rows.some(({ verification }) => verification?.kind === 'verified'))
})

test('cleans up what is left when the computer has another network', async () => {
  const harness = await setup(inParts)
  const { app, cloud, environment } = harness
  cloud.fail({ on: 'abortMultipart', how: 503 })
  const { id, held } = await beginParts(harness)
  await app.calls.cancel({ ids: [id] })
  held.release()
  await expect
    .poll(() => environment.lines.map(({ message }) => message))
    .toContain('a multipart upload could not be aborted yet')
  expect(await cloud.unfinishedUploads()).toHaveLength(1)
  app.engine.networkChanged()
  await expect.poll(() => cloud.unfinishedUploads()).toEqual([])
})

test('lists a library again that could not be listed before the computer had another network', async () => {
  const { app, cloud, countOf } = await setup()
  cloud.fail({ on: 'listModels', how: 403, times: Infinity })
  const choice = teamOf(app, ALICES_TEAM_ID)
  const list = async () => [(await app.calls.library({ choice })).ok, countOf('listModels')]
  expect(await list()).toEqual([false, 1])
  cloud.clearFailures()
  expect(await list()).toEqual([false, 1])
  app.engine.networkChanged()
  expect(await list()).toEqual([true, 2])
})

test('looks for another network while a single upload waits', async () => {
  const network = { address: '10.0.0.1' }
  const { app, clock, cloud, file } = await setup({ networkAddresses: () => network.address })
  cloud.fail({ on: 'presignModel', how: 429, retryAfterSeconds: 3_000 })
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.phase(id, 'retrying')
  await expect.poll(() => clock.waits().some((waitMs) => waitMs <= 5_000)).toBe(true)
  let changes = 0
  app.engine.subscribe({ networkChanged: () => (changes += 1) })
  network.address = '10.0.0.2'
  await expect
    .poll(() => {
      clock.advance(1_000)
      return changes
    })
    .toBe(1)
})
