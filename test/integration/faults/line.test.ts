import { expect } from 'vitest'
import { putTimeouts } from '../../../electron/transfer/upload-worker-pool.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { arrives, expectInLibrary } from './ends.ts'
import {
  beginUpload,
  expectShown,
  fault,
  uploadWithFaults,
  partBytes,
  advanceUntil,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

fault('a line that is cut at the first byte is taken up again', 'connection-lost', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 'cut', after: 1 })
})

fault(
  'a line that is cut midway sends the file again from its start',
  'connection-lost',
  async (expected) => {
    await arrives('whole', expected, { on: 'put-object', how: 'cut', after: 70_000 })
  },
)

fault('a line that is cut after the last byte leaves one object', 'connection-lost', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 'cut', after: Infinity })
})

fault(
  'parts whose line is cut, at the first byte, midway and at the end, are sent again, unseen',
  null,
  async (expected) => {
    const cut = { on: 'put-part', how: 'cut' } as const
    const { countOf } = await arrives(
      'parts',
      expected,
      { ...cut, after: 1 },
      { ...cut, after: partBytes / 2 },
      { ...cut, after: Infinity },
    )
    expect(countOf('put-part')).toBe(7)
  },
)

fault('a lost answer to a part costs that part, unseen', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'put-part', how: 'lose-answer', skip: 1 })
  expect(countOf('put-part')).toBe(5)
})

fault(
  'a connection on which nothing moves is cut and the file is sent again',
  'timed-out',
  async (expected) => {
    const harness = await setupFor('whole', { putTimeouts: { ...putTimeouts, stallMs: 1_000 } })
    harness.cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
    // More than sockets hold between them: what has all gone out waits minutes for its answer instead.
    const begun = await beginUpload(harness, 'whole', { sizeBytes: 24_000_000 })
    await expectInLibrary(begun)
    expectShown(begun, expected)
  },
)

fault('storage that takes bytes slowly is not taken for a stall', null, async (expected) => {
  const rule = { on: 'put-part', how: 'slow', bytesPerSecond: 10_000_000, times: Infinity } as const
  const { countOf } = await arrives('parts', expected, rule)
  expect(countOf('put-part')).toBe(4)
})

fault(
  'a storage host that no name server knows is asked for until it is known',
  'name-not-found',
  async (expected) => {
    await arrives('whole', expected, { on: 'presignModel', how: 'nowhere-url' })
  },
)

fault(
  'part URLs on a host that no name server knows are waited out, and no part is lost',
  null,
  async (expected) => {
    const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 'nowhere-url', times: 3 })
    expect([countOf('put-part'), countOf('initiateMultipart')]).toEqual([4, 1])
  },
)

/** Takes API and storage off the line at that moment, for a day by the clock, and brings both back. */
async function offlineFor(way: UploadMethod, on: string, moment: HoldMoment): Promise<BegunUpload> {
  const harness = await setupFor(way)
  const held = harness.cloud.hold(on, moment)
  const begun = await beginUpload(harness, way)
  await held.arrived
  const plugIn = await harness.cloud.unplug()
  held.release()
  await advanceUntil(begun, () => harness.app.engine.snapshot().line === 'offline')
  const until = harness.clock.now() + 24 * 3_600_000
  await advanceUntil(begun, () => harness.clock.now() >= until || void harness.clock.advance(3_600_000))
  expect(harness.app.engine.snapshot().line).toBe('offline')
  await plugIn()
  await expectInLibrary(begun)
  expect(harness.app.engine.snapshot().line).toBe('ok')
  return begun
}

fault(
  'a line that is gone before the first byte is waited for by the queue, a day if need be',
  'connection-lost',
  async () => {
    await offlineFor('whole', 'presignModel', 'arrival')
  },
)

fault('a line that is gone midway through a file is waited for', 'connection-lost', async () => {
  await offlineFor('whole', 'put-object', 70_000)
})

fault(
  'a line that is gone midway through the parts is waited for, and no acknowledged part goes again',
  'connection-lost',
  async () => {
    const { cloud } = await offlineFor('parts', 'put-part', partBytes / 2)
    const whole = cloud.operations.filter(({ name, status }) => name === 'put-part' && status === 200)
    expect(new Set(whole.map(({ partNumber }) => partNumber)).size).toBe(whole.length)
  },
)

fault('a line that is gone when the parts are to be joined is waited for', 'connection-lost', async () => {
  const { countOf } = await offlineFor('parts', 'completeMultipart', 'arrival')
  expect(countOf('put-part')).toBe(4)
})

fault(
  'a line that is gone when the file is to be registered is waited for, and nothing goes again',
  'connection-lost',
  async () => {
    const { countOf } = await offlineFor('whole', 'registerModel', 'arrival')
    expect(countOf('put-object')).toBe(1)
  },
)

fault(
  'a line that is gone for as long as the app is closed is waited for by the next start',
  'connection-lost',
  async () => {
    const begun = await uploadWithFaults('whole', { on: 'put-object', how: 'stall', after: 1_000 })
    await advanceUntil(begun, () => begun.countOf('put-object') === 1)
    const plugIn = await begun.cloud.unplug()
    await begun.app.stop()
    const next = await begun.open()
    const again = { ...begun, app: next }
    await advanceUntil(again, () => next.engine.snapshot().line === 'offline')
    await plugIn()
    await expectInLibrary(again)
  },
)

fault('a server whose name is unknown is said so at the sign-in', 'name-not-found', async (expected) => {
  const harness = await setupFor('whole')
  const app = await harness.open({ server: 'http://cloud.invalid/api/v1' }, `${harness.folder}/elsewhere`)
  const answer = await app.calls.signIn({ email: 'a@example.com', password: 'b' })
  expect(answer).toMatchObject({ ok: false, failure: { code: expected, params: { host: 'cloud.invalid' } } })
})

fault('a wake-up of the computer looks for the line at once', 'connection-lost', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 'cut' })
  await advanceUntil(begun, () => begun.app.row(begun.id).phase === 'retrying')
  begun.app.engine.networkChanged()
  expect((await begun.app.settled(begun.id)).phase).toBe('registered')
  await expectInLibrary(begun)
  expectShown(begun, expected)
})
