import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { expectInLibrary, expectNothingLeft } from './ends.ts'
import { begin, fault, partBytes, worldFor } from './fault.ts'

/** From 4 MiB on a PUT is announced: storage that has the object says so before a byte goes. */
const wholeBytes = 6_000_000

fault('a pause while a whole file waits for its answer alone sends nothing again', null, async () => {
  const world = await worldFor('whole')
  const held = world.cloud.hold('put-object', 'answer')
  const begun = await begin(world, 'whole', { sizeBytes: wholeBytes })
  await held.arrived
  await world.app.phase(begun.id, 'finishing')
  await world.app.calls.pause({ ids: [begun.id] })
  held.release()
  await world.cloud.ended('put-object')
  await world.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  const puts = world.cloud.operations.filter(({ name }) => name === 'put-object')
  expect(puts.map(({ bytes }) => bytes ?? 0).reduce((sum, bytes) => sum + bytes, 0)).toBe(wholeBytes)
  expect(world.countOf('presignModel')).toBe(1)
})

fault('a pause while parts are opened waits for their name, and goes on under it', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('initiateMultipart', 'answer')
  const begun = await begin(world, 'parts')
  await held.arrived
  const pausing = world.app.calls.pause({ ids: [begun.id] })
  held.release()
  await pausing
  await world.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun)
  expect(world.countOf('initiateMultipart')).toBe(1)
})

fault('a cancel while parts are opened waits for their name, and frees them', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('initiateMultipart', 'answer')
  const begun = await begin(world, 'parts')
  await held.arrived
  const cancelling = world.app.calls.cancel({ ids: [begun.id] })
  held.release()
  await cancelling
  await expectNothingLeft(begun)
})

fault('a pause does not wait long for the name of parts', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('initiateMultipart', 'answer')
  const begun = await begin(world, 'parts')
  await held.arrived
  const pausing = world.app.calls.pause({ ids: [begun.id] })
  while (world.app.row(begun.id).phase !== 'paused') {
    world.clock.advance(1_000)
    await setImmediate()
  }
  await pausing
  held.release()
  await world.app.calls.resume({ ids: [begun.id] })
  await expectInLibrary(begun, { nameless: 1 })
})

fault('a restart shows what a paused upload has sent already', null, async () => {
  const world = await worldFor('parts')
  const held = world.cloud.hold('put-part', 'arrival', { skip: 2 })
  const begun = await begin(world, 'parts')
  await world.app.until(() => world.app.row(begun.id).sentBytes >= 2 * partBytes)
  await world.app.calls.pause({ ids: [begun.id] })
  held.release()
  const sentBytes = world.app.row(begun.id).sentBytes
  await world.app.stop()
  const app = await world.open()
  expect(app.row(begun.id)).toMatchObject({ phase: 'paused', sentBytes })
  await app.calls.resume({ ids: [begun.id] })
  await expectInLibrary({ ...begun, app })
})
