import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { expectNothingLeft, type Rest } from './ends.ts'
import { begin, fault, meet, partBytes, patiently, worldFor, type Begun, type Way } from './fault.ts'

/** More than sockets hold between them: a smaller file has arrived before its sender can be stopped. */
const wholeBytes = 24_000_000

/**
 * Cancels an upload at a moment; what had reached the server goes on there only once the cancel has come
 * through.
 */
async function cancelAt(way: Way, on: string, moment: HoldMoment, rest: Rest = {}): Promise<Begun> {
  const world = await worldFor(way)
  const held = world.cloud.hold(on, moment)
  const begun = await begin(world, way, way === 'whole' ? { sizeBytes: wholeBytes } : {})
  await held.arrived
  await world.app.calls.cancel({ ids: [begun.id] })
  expect(world.app.rows()).toEqual([])
  if (moment !== 'arrival' || on === 'put-part') held.release()
  else if (world.countOf('initiateMultipart') > 0 && on !== 'initiateMultipart')
    await world.cloud.ended('abortMultipart')
  held.release()
  await world.cloud.ended(on)
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
    const world = await worldFor('whole')
    const held = world.cloud.hold('registerModel', 'answer')
    const begun = await begin(world, 'whole')
    await held.arrived
    await world.app.calls.cancel({ ids: [begun.id] })
    held.release()
    expect([world.app.rows().length, world.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
  },
)

fault('a cancel while the line is gone frees storage when it is back', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('put-part', 'answer', { skip: 1 })
  const begun = await begin(world, 'parts')
  await held.arrived
  const plugIn = await world.cloud.unplug()
  held.release()
  await world.app.calls.cancel({ ids: [begun.id] })
  expect(world.app.rows()).toEqual([])
  expect(await world.cloud.unfinishedUploads()).toHaveLength(1)
  await plugIn()
  await expectNothingLeft(begun)
})

fault('a cancel while the line is gone outlives the app: the next start frees storage', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('put-part', 'answer', { skip: 1 })
  const begun = await begin(world, 'parts')
  await held.arrived
  const plugIn = await world.cloud.unplug()
  held.release()
  await world.app.calls.cancel({ ids: [begun.id] })
  await world.app.stop()
  await plugIn()
  expect(await world.cloud.unfinishedUploads()).toHaveLength(1)
  const app = await world.open()
  expect(app.rows()).toEqual([])
  await expectNothingLeft({ ...begun, app })
})

fault('a cancel of a row that waits after trouble frees what is stored', 'storage-trouble', async (sees) => {
  const begun = await meet('parts', { on: 'put-part', how: 'no-etag', times: Infinity, skip: 2 })
  await patiently(begun, () => begun.met.has(sees))
  await begun.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun)
})

fault('a server that can’t abort for a while is asked again', null, async () => {
  const world = await worldFor('parts')
  world.cloud.fail({ on: 'abortMultipart', how: 503, times: 3 })
  const begun = await begin(world, 'parts')
  await world.cloud.ended('put-part', 2)
  await world.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun)
  expect(world.countOf('abortMultipart')).toBe(4)
})
