import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { expectInLibrary, expectNothingLeft } from './ends.ts'
import { beginUpload, fault, partBytes, setupFor } from './fault.ts'

/** From 4 MiB on a PUT is announced: storage that has the object says so before a byte goes. */
const wholeBytes = 6_000_000

fault('a pause while a whole file waits for its answer alone sends nothing again', null, async () => {
  const harness = await setupFor('whole')
  const held = harness.cloud.hold('put-object', 'answer')
  const begun = await beginUpload(harness, 'whole', { sizeBytes: wholeBytes })
  await held.arrived
  await harness.app.phase(begun.id, 'finishing')
  await harness.app.calls.pause({ ids: [begun.id] })
  held.release()
  await harness.cloud.ended('put-object')
  await harness.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  const puts = harness.cloud.operations.filter(({ name }) => name === 'put-object')
  expect(puts.map(({ bytes }) => bytes ?? 0).reduce((sum, bytes) => sum + bytes, 0)).toBe(wholeBytes)
  expect(harness.countOf('presignModel')).toBe(1)
})

fault('a pause while parts are opened waits for their name, and goes on under it', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('initiateMultipart', 'answer')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  const pausing = harness.app.calls.pause({ ids: [begun.id] })
  held.release()
  await pausing
  await harness.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  expect(harness.countOf('initiateMultipart')).toBe(1)
})

fault('a cancel while parts are opened waits for their name, and frees them', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('initiateMultipart', 'answer')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  const cancelling = harness.app.calls.cancel({ ids: [begun.id] })
  held.release()
  await cancelling
  await expectNothingLeft(begun)
})

fault('a pause does not wait long for the name of parts', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('initiateMultipart', 'answer')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  const pausing = harness.app.calls.pause({ ids: [begun.id] })
  while (harness.app.row(begun.id).phase !== 'paused') {
    harness.clock.advance(1_000)
    await setImmediate()
  }
  await pausing
  held.release()
  await harness.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun, { nameless: 1 })
})

fault('a restart shows what a paused upload has sent already', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', 'arrival', { skip: 2 })
  const begun = await beginUpload(harness, 'parts')
  await harness.app.until(() => harness.app.row(begun.id).sentBytes >= 2 * partBytes)
  await harness.app.calls.pause({ ids: [begun.id] })
  held.release()
  const sentBytes = harness.app.row(begun.id).sentBytes
  await harness.app.stop()
  const app = await harness.open()
  expect(app.row(begun.id)).toMatchObject({ phase: 'paused', sentBytes })
  await app.calls.resume({ ids: [begun.id] })
  await expectInLibrary({ ...begun, app })
})
