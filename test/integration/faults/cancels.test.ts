import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { expectNothingLeft, type Rest } from './ends.ts'
import {
  beginUpload,
  fault,
  uploadWithFaults,
  partBytes,
  advanceUntil,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

/** More than sockets hold between them: a smaller file has arrived before its sender can be stopped. */
const wholeBytes = 24_000_000

/**
 * Cancels an upload at a moment; what had reached the server goes on there only once the cancel has come
 * through.
 */
async function cancelAt(
  way: UploadMethod,
  on: string,
  moment: HoldMoment,
  rest: Rest = {},
): Promise<BegunUpload> {
  const harness = await setupFor(way)
  const held = harness.cloud.hold(on, moment)
  const begun = await beginUpload(harness, way, way === 'whole' ? { sizeBytes: wholeBytes } : {})
  await held.arrived
  await harness.app.calls.cancel({ ids: [begun.id] })
  expect(harness.app.rows()).toEqual([])
  if (moment !== 'arrival' || on === 'put-part') held.release()
  else if (harness.countOf('initiateMultipart') > 0 && on !== 'initiateMultipart')
    await harness.cloud.ended('abortMultipart')
  held.release()
  await harness.cloud.ended(on)
  await expectNothingLeft(begun, rest)
  return begun
}

fault('a cancel before the first call is answered leaves nothing', null, async () => {
  await cancelAt('whole', 'presignModel', 'arrival')
})

fault('a cancel midway through a file leaves nothing', null, async () => {
  await cancelAt('whole', 'put-object', 1_000_000)
})

fault(
  'a cancel while a whole file is unanswered leaves its object, which no call removes',
  null,
  async () => {
    await cancelAt('whole', 'put-object', 'answer', { orphans: 1 })
  },
)

fault('a cancel while a part is presigned frees what is stored', null, async () => {
  await cancelAt('parts', 'presignPart', 'arrival')
})

fault('a cancel midway through a part frees what is stored', null, async () => {
  await cancelAt('parts', 'put-part', partBytes / 2)
})

fault('a cancel while a part is unanswered frees what is stored', null, async () => {
  await cancelAt('parts', 'put-part', 'answer')
})

fault('a cancel before the parts are joined frees what is stored', null, async () => {
  await cancelAt('parts', 'completeMultipart', 'arrival')
})

fault(
  'a cancel that comes when the server has registered is too late: the model is in the library',
  null,
  async () => {
    const harness = await setupFor('whole')
    const held = harness.cloud.hold('registerModel', 'answer')
    const begun = await beginUpload(harness, 'whole')
    await held.arrived
    await harness.app.calls.cancel({ ids: [begun.id] })
    held.release()
    expect([harness.app.rows().length, harness.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
  },
)

fault('a cancel while the line is gone frees storage when it is back', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', 'answer', { skip: 1 })
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  const plugIn = await harness.cloud.unplug()
  held.release()
  await harness.app.calls.cancel({ ids: [begun.id] })
  expect(harness.app.rows()).toEqual([])
  expect(await harness.cloud.unfinishedUploads()).toHaveLength(1)
  await plugIn()
  await expectNothingLeft(begun)
})

fault('a cancel while the line is gone outlives the app: the next start frees storage', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part', 'answer', { skip: 1 })
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  const plugIn = await harness.cloud.unplug()
  held.release()
  await harness.app.calls.cancel({ ids: [begun.id] })
  await harness.app.stop()
  await plugIn()
  expect(await harness.cloud.unfinishedUploads()).toHaveLength(1)
  const app = await harness.open()
  expect(app.rows()).toEqual([])
  await expectNothingLeft({ ...begun, app })
})

fault(
  'a cancel of a row that waits after trouble frees what is stored',
  'storage-trouble',
  async (expected) => {
    const begun = await uploadWithFaults('parts', {
      on: 'put-part',
      how: 'no-etag',
      times: Infinity,
      skip: 2,
    })
    await advanceUntil(begun, () => begun.shownFailures.has(expected))
    await begun.app.calls.cancel({ ids: [begun.id] })
    await expectNothingLeft(begun)
  },
)

fault('a server that can’t abort for a while is asked again', null, async () => {
  const harness = await setupFor('parts')
  harness.cloud.fail({ on: 'abortMultipart', how: 503, times: 3 })
  const begun = await beginUpload(harness, 'parts')
  await harness.cloud.ended('put-part', 2)
  await harness.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun)
  expect(harness.countOf('abortMultipart')).toBe(4)
})
