import { expect, test } from 'vitest'
import type { UploadDetails } from '../../../electron/contract/upload-details.ts'
import {
  setup,
  usualSettings,
  valueOf,
  type EngineOptions,
  type EngineHarness,
} from '../../support/engine.ts'
import { advanceUntil, begunUpload } from '../faults/fault.ts'

const mebi = 1024 * 1024
/** Four parts of the smallest size that S3 accepts, and a short last one. */
const partBytes = 5 * mebi
const fileBytes = 4 * partBytes + 123
const inParts: EngineOptions = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes, streamsMost: 2 },
}

async function addWatched({ app, file }: EngineHarness, sizeBytes = fileBytes) {
  const reports: UploadDetails[] = []
  app.engine.subscribe({ details: (details) => void reports.push(details) })
  const [id = ''] = await app.add(await file('large.safetensors', { sizeBytes }))
  valueOf(await app.calls.watch({ id }))
  const now = async () => valueOf(await app.calls.watch({ id }))
  return { id, reports, now }
}

test('reports each part of a watched upload from waiting to sent', async () => {
  const harness = await setup(inParts)
  const { id, reports, now } = await addWatched(harness)
  await harness.app.settled(id)
  expect(await now()).toMatchObject({
    parts: { partSizeBytes: partBytes, states: 's'.repeat(5), flying: [] },
  })
  const seen = reports.flatMap(({ parts }) => (parts ? [parts] : []))
  for (const { states, flying } of seen) {
    expect(states).toHaveLength(5)
    expect(states.match(/f/g)?.length ?? 0).toBe(flying.length)
    expect(flying.length).toBeLessThanOrEqual(2)
  }
})

test('marks parts that are retried and parts that were sent before a restart', async () => {
  const harness = await setup(inParts)
  const { cloud, app } = harness
  cloud.fail({ on: 'put-part', how: 'cut', after: mebi, when: ({ partNumber }) => partNumber === 2 })
  // Only the last part, so that the retry of the second is not held too.
  const hold = cloud.hold('put-part', 'arrival', { when: ({ partNumber }) => partNumber === 5 })
  const { id, now } = await addWatched(harness)
  // The clock is advanced over the delay before the retry.
  await advanceUntil(begunUpload(harness, id), () => app.row(id).sentBytes >= 3 * partBytes)
  await hold.arrived
  // The retry may only be scheduled now; advanceUntil does not advance the clock during a held request.
  await expect
    .poll(async () => {
      harness.clock.advance(1_000)
      return (await now())?.parts?.states.slice(0, 2)
    })
    .toBe('sS')
  await app.pauseNow(id)
  expect((await now())?.parts).toMatchObject({ states: expect.not.stringMatching(/[fu]/i), flying: [] })
  hold.release()
  await app.stop()

  const again = await harness.open()
  const before = valueOf(await again.calls.watch({ id }))
  expect(before?.parts?.states).toMatch(/^bb[bw]{3}$/)
  await again.calls.resume({ ids: [id] })
  await again.settled(id)
  expect(valueOf(await again.calls.watch({ id }))?.parts?.states).toMatch(/^bb[bs]{2}s$/)
})

test('reports no details of an upload that is not watched', async () => {
  const harness = await setup(inParts)
  const { id, reports } = await addWatched(harness)
  valueOf(await harness.app.calls.watch({ id: null }))
  const before = reports.length
  await harness.app.settled(id)
  expect(reports.length).toBe(before)
})

test('reports an upload in a single PUT as one part', async () => {
  const harness = await setup()
  const hold = harness.cloud.hold('put-object', 100_000)
  const { id, now } = await addWatched(harness, 20_000_000)
  await hold.arrived
  await harness.app.until(({ rows }) => rows.some(({ inFlightBytes }) => inFlightBytes > 0))
  expect(await now()).toMatchObject({ parts: { states: 'f', flying: [{ number: 1 }] } })
  hold.release()
  await harness.app.settled(id)
  expect(await now()).toMatchObject({ parts: { states: 's', flying: [] } })
})

test('applies a lower connection limit from the next part on', async () => {
  const harness = await setup(inParts)
  const { app, cloud } = harness
  app.engine.applySettings({
    ...usualSettings,
    server: cloud.url,
    streamsMost: 1,
    singlePutLimitBytes: partBytes,
  })
  const { id, reports } = await addWatched(harness)
  await app.settled(id)
  expect(app.engine.snapshot().flow.streamsLimit).toBe(1)
  for (const { parts } of reports) expect(parts?.flying.length ?? 0).toBeLessThanOrEqual(1)
})
