import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { expectInLibrary, expectNothingLeft } from './expect-end.ts'
import { beginHeldUpload, beginUpload, fault, setupFor, totalBytes } from './fault.ts'

/** PUTs from 4 MiB on send Expect, so storage that has the object rejects them before the body is sent. */
const wholeBytes = 6_000_000

fault('resends nothing when stopped after the last byte of a whole-file PUT', null, async () => {
  const begun = await beginHeldUpload(
    'whole',
    { on: 'put-object', moment: 'answer' },
    {},
    { sizeBytes: wholeBytes },
  )
  await begun.app.phase(begun.id, 'finishing')
  await begun.app.pauseNow(begun.id)
  begun.release()
  await begun.cloud.ended('put-object')
  await begun.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  const puts = begun.cloud.operations.filter(({ name }) => name === 'put-object')
  expect(puts.map(({ bytes }) => bytes ?? 0).reduce((sum, bytes) => sum + bytes, 0)).toBe(wholeBytes)
  expect(begun.countOf('presignModel')).toBe(1)
})

fault('waits for the upload ID when paused during initiate, and resumes that upload', null, async () => {
  const begun = await beginHeldUpload('parts', { on: 'initiateMultipart', moment: 'answer' })
  const pausing = begun.app.calls.pause({ ids: [begun.id] })
  begun.release()
  await pausing
  await begun.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  expect(begun.countOf('initiateMultipart')).toBe(1)
})

fault('waits for the upload ID when cancelled during initiate, and aborts that upload', null, async () => {
  const begun = await beginHeldUpload('parts', { on: 'initiateMultipart', moment: 'answer' })
  const cancelling = begun.app.calls.cancel({ ids: [begun.id] })
  begun.release()
  await cancelling
  await expectNothingLeft(begun)
})

fault('pauses without an upload ID when initiate takes too long', null, async () => {
  const begun = await beginHeldUpload('parts', { on: 'initiateMultipart', moment: 'answer' })
  const pausing = begun.app.calls.pause({ ids: [begun.id] })
  while (begun.app.row(begun.id).phase !== 'paused') {
    begun.clock.advance(1_000)
    await setImmediate()
  }
  await pausing
  begun.release()
  await begun.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun, { unknownUploads: 1 })
})

fault('shows the bytes already sent of a paused upload after a restart', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', 'arrival', { skip: 2 })
  const begun = await beginUpload(harness, 'parts')
  const stored = await harness.cloud.ended('put-part', 2)
  await harness.app.until(() => harness.app.row(begun.id).sentBytes >= totalBytes(stored))
  await harness.app.pauseNow(begun.id)
  held.release()
  const sentBytes = harness.app.row(begun.id).sentBytes
  await harness.app.stop()
  const app = await harness.open()
  expect(app.row(begun.id)).toMatchObject({ phase: 'paused', sentBytes })
  await app.calls.resume({ ids: [begun.id] })
  await expectInLibrary({ ...begun, app })
})
