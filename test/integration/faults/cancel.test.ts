import { expect } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { registerLimitMs } from '../../../electron/queue/queue.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { expectInLibrary, expectNothingLeft, type Leftovers } from './expect-end.ts'
import {
  beginHeldUpload,
  beginUpload,
  fault,
  uploadWithFaults,
  partBytes,
  advanceUntil,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

/** More than the socket buffers hold; a smaller file would arrive before its sender can be stopped. */
const wholeBytes = 24_000_000

/** Cancels an upload at this moment. The server continues with the held request only after the cancel. */
async function cancelAt(
  method: UploadMethod,
  on: string,
  moment: HoldMoment,
  leftovers: Leftovers = {},
): Promise<BegunUpload> {
  const begun = await beginHeldUpload(
    method,
    { on, moment },
    {},
    method === 'whole' ? { sizeBytes: wholeBytes } : {},
  )
  await begun.app.calls.cancel({ ids: [begun.id] })
  expect(begun.app.rows()).toEqual([])
  if (moment !== 'arrival' || on === 'put-part') begun.release()
  else if (begun.countOf('initiateMultipart') > 0 && on !== 'initiateMultipart')
    await begun.cloud.ended('abortMultipart')
  begun.release()
  await begun.cloud.ended(on)
  await expectNothingLeft(begun, leftovers)
  return begun
}

fault('leaves nothing when cancelled before presigning is answered', null, async () => {
  await cancelAt('whole', 'presignModel', 'arrival')
})

fault('leaves nothing when cancelled during a whole-file PUT', null, async () => {
  await cancelAt('whole', 'put-object', 1_000_000)
})

fault('leaves the object when cancelled before a whole-file PUT is answered', null, async () => {
  await cancelAt('whole', 'put-object', 'answer', { orphans: 1 })
})

fault('aborts the multipart upload when cancelled while a part is presigned', null, async () => {
  await cancelAt('parts', 'presignPart', 'arrival')
})

fault('aborts the multipart upload when cancelled during a part’s PUT', null, async () => {
  await cancelAt('parts', 'put-part', partBytes / 2)
})

fault('aborts the multipart upload when cancelled before a part’s PUT is answered', null, async () => {
  await cancelAt('parts', 'put-part', 'answer')
})

fault('aborts the multipart upload when cancelled before completing', null, async () => {
  await cancelAt('parts', 'completeMultipart', 'arrival')
})

fault('keeps the upload when cancelled after the server has registered it', null, async () => {
  const begun = await beginHeldUpload('whole', { on: 'registerModel', moment: 'answer' })
  const cancelled = begun.app.calls.cancel({ ids: [begun.id] })
  begun.release()
  expect(await cancelled).toEqual(success(undefined))
  await expectInLibrary(begun)
})

fault(
  'keeps the upload when cancelled while registering isn’t answered',
  'not-registered-yet',
  async (code) => {
    const begun = await beginHeldUpload('whole', { on: 'registerModel', moment: 'answer' })
    const cancelled = begun.app.calls.cancel({ ids: [begun.id] })
    begun.clock.advance(registerLimitMs)
    expect(await cancelled).toMatchObject({ ok: false, failure: { code } })
    expect(begun.app.row(begun.id).phase).toBe('registering')
    begun.release()
    await expectInLibrary(begun)
  },
)

fault('leaves only the object when cancelled before registering is refused', null, async () => {
  const begun = await beginHeldUpload('whole', { on: 'registerModel', moment: 'arrival' })
  begun.cloud.fail({ on: 'registerModel', how: 403 })
  const cancelled = begun.app.calls.cancel({ ids: [begun.id] })
  begun.release()
  expect(await cancelled).toEqual(success(undefined))
  expect([begun.app.rows(), begun.cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([[], []])
  await expectNothingLeft(begun, { orphans: 1 })
})

fault('aborts the multipart upload once online again when cancelled offline', null, async () => {
  const begun = await beginHeldUpload('parts', { on: 'put-part', moment: 'answer', choice: { skip: 1 } })
  const reconnect = await begun.cloud.unplug()
  begun.release()
  await begun.app.calls.cancel({ ids: [begun.id] })
  expect(begun.app.rows()).toEqual([])
  expect(await begun.cloud.unfinishedUploads()).toHaveLength(1)
  await reconnect()
  await expectNothingLeft(begun)
})

fault('aborts the multipart upload at the next start when cancelled offline', null, async () => {
  const begun = await beginHeldUpload('parts', { on: 'put-part', moment: 'answer', choice: { skip: 1 } })
  const reconnect = await begun.cloud.unplug()
  begun.release()
  await begun.app.calls.cancel({ ids: [begun.id] })
  await begun.app.stop()
  await reconnect()
  expect(await begun.cloud.unfinishedUploads()).toHaveLength(1)
  const app = await begun.open()
  expect(app.rows()).toEqual([])
  await expectNothingLeft({ ...begun, app })
})

fault(
  'aborts the multipart upload when cancelled while waiting for a retry',
  'storage-trouble',
  async (expected) => {
    const begun = await uploadWithFaults('parts', {
      on: 'put-part',
      how: 500,
      after: Infinity,
      times: Infinity,
      skip: 2,
    })
    await advanceUntil(begun, () => begun.shownFailures.has(expected))
    await begun.app.calls.cancel({ ids: [begun.id] })
    await expectNothingLeft(begun)
  },
)

fault('repeats the abort call while it returns 503', null, async () => {
  const harness = await setupFor('parts')
  harness.cloud.fail({ on: 'abortMultipart', how: 503, times: 3 })
  const begun = await beginUpload(harness, 'parts')
  await harness.cloud.ended('put-part', 2)
  await harness.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun)
  expect(harness.countOf('abortMultipart')).toBe(4)
})
