import { expect } from 'vitest'
import { putTimeouts } from '../../../electron/transfer/upload-worker-pool.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { expectRecovery, expectInLibrary } from './expect-end.ts'
import {
  beginHeldUpload,
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

fault('retries when the connection drops at the first byte', 'connection-lost', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 'cut', after: 1 })
})

fault('restarts the file when the connection drops midway', 'connection-lost', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 'cut', after: 70_000 })
})

fault(
  'stores one object when the connection drops after the last byte',
  'connection-lost',
  async (expected) => {
    await expectRecovery('whole', expected, { on: 'put-object', how: 'cut', after: Infinity })
  },
)

fault('resends only the parts whose connection drops', null, async (expected) => {
  const cut = { on: 'put-part', how: 'cut' } as const
  const { countOf } = await expectRecovery(
    'parts',
    expected,
    { ...cut, after: 1 },
    { ...cut, after: partBytes / 2 },
    { ...cut, after: Infinity },
  )
  expect(countOf('put-part')).toBe(7)
})

fault('resends only the part whose response is lost', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'put-part', how: 'lose-answer', skip: 1 })
  expect(countOf('put-part')).toBe(5)
})

fault('aborts a stalled PUT and sends the file again', 'timed-out', async (expected) => {
  const harness = await setupFor('whole', { putTimeouts: { ...putTimeouts, stallMs: 1_000 } })
  harness.cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  // More than the socket buffers hold; a file that fits waits minutes for its response instead.
  const begun = await beginUpload(harness, 'whole', { sizeBytes: 24_000_000 })
  await expectInLibrary(begun)
  expectShown(begun, expected)
})

fault('does not treat slow storage as a stall', null, async (expected) => {
  const rule = { on: 'put-part', how: 'slow', bytesPerSecond: 10_000_000, times: Infinity } as const
  const { countOf } = await expectRecovery('parts', expected, rule)
  expect(countOf('put-part')).toBe(4)
})

fault('retries until the storage host’s name resolves', 'name-not-found', async (expected) => {
  await expectRecovery('whole', expected, { on: 'presignModel', how: 'nowhere-url' })
})

fault('resends no part while the host of part URLs does not resolve', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'presignPart',
    how: 'nowhere-url',
    times: 3,
  })
  expect([countOf('put-part'), countOf('initiateMultipart')]).toEqual([4, 1])
})

/** Disconnects API and storage at this moment and reconnects them after a day of the injected clock. */
async function uploadWithOfflineDay(
  method: UploadMethod,
  on: string,
  moment: HoldMoment,
): Promise<BegunUpload> {
  const begun = await beginHeldUpload(method, { on, moment })
  const reconnect = await begun.cloud.unplug()
  begun.release()
  await advanceUntil(begun, () => begun.app.engine.snapshot().line === 'offline')
  const until = begun.clock.now() + 24 * 3_600_000
  await advanceUntil(begun, () => begun.clock.now() >= until || void begun.clock.advance(3_600_000))
  expect(begun.app.engine.snapshot().line).toBe('offline')
  await reconnect()
  await expectInLibrary(begun)
  expect(begun.app.engine.snapshot().line).toBe('ok')
  return begun
}

fault('waits offline before the first byte, even for a day', 'connection-lost', async () => {
  await uploadWithOfflineDay('whole', 'presignModel', 'arrival')
})

fault('waits offline during a whole-file PUT, then sends the file again', 'connection-lost', async () => {
  await uploadWithOfflineDay('whole', 'put-object', 70_000)
})

fault('waits offline during parts and resends no acknowledged part', 'connection-lost', async () => {
  const { cloud } = await uploadWithOfflineDay('parts', 'put-part', partBytes / 2)
  const whole = cloud.operations.filter(({ name, status }) => name === 'put-part' && status === 200)
  expect(new Set(whole.map(({ partNumber }) => partNumber)).size).toBe(whole.length)
})

fault('waits offline before completing and resends no part', 'connection-lost', async () => {
  const { countOf } = await uploadWithOfflineDay('parts', 'completeMultipart', 'arrival')
  expect(countOf('put-part')).toBe(4)
})

fault('waits offline before registering and resends nothing', 'connection-lost', async () => {
  const { countOf } = await uploadWithOfflineDay('whole', 'registerModel', 'arrival')
  expect(countOf('put-object')).toBe(1)
})

fault('waits offline at the next start when the app was closed offline', 'connection-lost', async () => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 'stall', after: 1_000 })
  await advanceUntil(begun, () => begun.countOf('put-object') === 1)
  const reconnect = await begun.cloud.unplug()
  await begun.app.stop()
  const next = await begun.open()
  const again = { ...begun, app: next }
  await advanceUntil(again, () => next.engine.snapshot().line === 'offline')
  await reconnect()
  await expectInLibrary(again)
})

fault('names the host at sign-in when it does not resolve', 'name-not-found', async (expected) => {
  const harness = await setupFor('whole')
  const app = await harness.open({ server: 'http://cloud.invalid/api/v1' }, `${harness.folder}/elsewhere`)
  const answer = await app.calls.signIn({ email: 'a@example.com', password: 'b' })
  expect(answer).toMatchObject({ ok: false, failure: { code: expected, params: { host: 'cloud.invalid' } } })
})

fault('retries at once when the network changes', 'connection-lost', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 'cut', times: Infinity })
  const { failure } = await begun.app.phase(begun.id, 'retrying')
  expect(failure?.code).toBe(expected)
  begun.cloud.clearFailures()
  begun.app.engine.networkChanged()
  // The clock stands still, so only the network change ends the wait.
  expect((await begun.app.settled(begun.id)).phase).toBe('registered')
  await expectInLibrary(begun)
})
