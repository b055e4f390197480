import { expect } from 'vitest'
import type { FaultRule } from '../../cloud/faults.ts'
import { arrives, expectInLibrary, expectStopped, stops } from './ends.ts'
import {
  beginUpload,
  expectAtMostShown,
  expectShown,
  fault,
  uploadWithFaults,
  advanceUntil,
  settled,
  setupFor,
} from './fault.ts'

const error = (code: string, message = code) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
const xml = (status: number, code: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: error(code),
})

fault('a URL that has run out is asked for anew, unseen', null, async (expected) => {
  const { countOf } = await arrives('whole', expected, { on: 'presignModel', how: 'expired-url' })
  expect([countOf('presignModel'), countOf('put-object')]).toEqual([2, 2])
})

fault('a part’s URL that has run out is asked for anew, unseen', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 'expired-url', skip: 1 })
  expect([countOf('presignPart'), countOf('put-part')]).toEqual([5, 5])
})

fault('storage that refuses a fresh URL too is believed', 'storage-refused', async (expected) => {
  const { countOf } = await stops('whole', expected, { on: 'put-object', how: 403, times: Infinity })
  expect([countOf('put-object'), countOf('registerModel')]).toEqual([2, 0])
})

fault(
  'storage that refuses a part’s fresh URL too is believed, and its parts are freed with the row',
  'storage-refused',
  async (expected) => {
    await stops('parts', expected, { on: 'put-part', how: 403, skip: 2, times: Infinity })
  },
)

fault(
  'after a second refusal the person’s next try sends only what is missing',
  'storage-refused',
  async (expected) => {
    const begun = await uploadWithFaults('parts', {
      on: 'put-part',
      how: 403,
      times: 2,
      when: ({ partNumber }) => partNumber === 4,
    })
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('initiateMultipart')).toBe(1)
  },
)

fault('a 412 after an own PUT whose answer was lost is that PUT', 'connection-lost', async (expected) => {
  const { cloud, countOf } = await arrives('whole', expected, { on: 'put-object', how: 'lose-answer' })
  expect(cloud.operations.filter(({ name }) => name === 'put-object').map(({ status }) => status)).toEqual([
    0, 412,
  ])
  expect(countOf('presignModel')).toBe(1)
})

fault(
  'a 412 without an own PUT is somebody else’s: the key is left to them and another one asked for',
  null,
  async (expected) => {
    const { countOf } = await arrives('whole', expected, { on: 'put-object', how: 412 })
    expect([countOf('presignModel'), countOf('put-object')]).toEqual([2, 2])
  },
)

fault('a 412 to a part is storage’s refusal of a header', 'storage-refused', async (expected) => {
  await stops('parts', expected, { on: 'put-part', how: 412, times: Infinity })
})

fault('a 409 of storage is tried again', 'storage-busy', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 409 })
})

fault('a 429 of storage is waited out for as long as it says', 'storage-busy', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 429, retryAfterSeconds: 40 })
  const startedMs = begun.clock.now()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('a 500 of storage is tried again', 'storage-trouble', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 500 })
})

fault('a 500 after the whole body is tried again', 'storage-trouble', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 500, after: Infinity })
})

fault('a 500 to a part is mended there, unseen', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'put-part', how: 500, skip: 1 })
  expect(countOf('put-part')).toBe(5)
})

fault(
  'storage that fails every time is given up after ten tries, until the person tries again',
  'storage-trouble',
  async (expected) => {
    const begun = await uploadWithFaults('whole', {
      on: 'put-object',
      how: 500,
      after: Infinity,
      times: Infinity,
    })
    expect((await settled(begun)).failure?.code).toBe(expected)
    expect(begun.countOf('put-object')).toBe(10)
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
  },
)

fault('503 SlowDown is waited out for as long as it says', 'storage-busy', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 503, retryAfterSeconds: 40 })
  const startedMs = begun.clock.now()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('503 SlowDown to parts is waited out part by part, unseen', null, async (expected) => {
  const rule: FaultRule = { on: 'put-part', how: 503, retryAfterSeconds: 40, times: 3 }
  const { countOf } = await arrives('parts', expected, rule)
  expect(countOf('put-part')).toBe(7)
})

fault(
  'a storage error inside a 200 to joining the parts is asked again, not believed',
  null,
  async (expected) => {
    const how = xml(200, 'InternalError')
    const { countOf } = await arrives('parts', expected, { on: 'completeMultipart', how })
    expect(countOf('completeMultipart')).toBe(2)
  },
)

fault('a part whose ETag is missing is not counted as sent', 'storage-trouble', async (expected) => {
  await arrives('parts', expected, { on: 'put-part', how: 'no-etag', skip: 1 })
})

fault('a whole file whose ETag is missing is sent: its hash says what it is', null, async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 'no-etag' })
})

fault('a server’s clock that storage finds wrong is named', 'clock-wrong', async (expected) => {
  await stops('whole', expected, { on: 'put-object', how: xml(403, 'RequestTimeTooSkewed'), times: Infinity })
})

fault(
  'storage without If-None-Match is reported after one request, with the reason of storage',
  'storage-refused',
  async (expected) => {
    const how = xml(501, 'NotImplemented')
    const begun = await uploadWithFaults('whole', { on: 'put-object', how, times: Infinity })
    expect((await settled(begun)).failure).toMatchObject({ code: expected, detail: 'NotImplemented' })
    expect([begun.countOf('presignModel'), begun.countOf('put-object')]).toEqual([1, 1])
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
  },
)

fault(
  'a part that is over the quota is reported at once, and the other parts stay acknowledged',
  'storage-refused',
  async (expected) => {
    const how = xml(403, 'QuotaExceeded')
    const when = ({ partNumber }: { readonly partNumber?: number }) => partNumber === 4
    const begun = await uploadWithFaults('parts', { on: 'put-part', how, times: Infinity, when })
    expect((await settled(begun)).failure).toMatchObject({ code: expected, detail: 'QuotaExceeded' })
    expect(begun.countOf('put-part')).toBe(4)
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect([begun.countOf('initiateMultipart'), begun.countOf('put-part')]).toEqual([1, 5])
  },
)

fault('a RequestTimeout of storage, which is a 400, is retried', 'storage-trouble', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: xml(400, 'RequestTimeout') })
})

fault(
  'a clock that is set right meanwhile lets the upload end in the library',
  'clock-wrong',
  async (expected) => {
    await arrives('whole', expected, { on: 'put-object', how: xml(403, 'RequestTimeTooSkewed'), times: 2 })
  },
)

fault('a server that does not know Expect gets the body without it', null, async (expected) => {
  const refuses: FaultRule = {
    on: 'put-part',
    how: 417,
    times: Infinity,
    when: ({ headers }) => headers['expect'] !== undefined,
  }
  await arrives('parts', expected, refuses)
})

fault('a page of a gateway instead of storage is tried again', 'storage-trouble', async (expected) => {
  await arrives('whole', expected, { on: 'put-object', how: 'html' })
})

fault(
  'storage that forgets the parts midway gets them all again under a new name, by itself',
  'upload-ended',
  async (expected) => {
    const harness = await setupFor('parts')
    const held = harness.cloud.hold('completeMultipart')
    const begun = await beginUpload(harness, 'parts')
    await held.arrived
    await harness.cloud.dropUploads()
    held.release()
    await expectInLibrary(begun)
    expectAtMostShown(begun, expected)
    expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([2, 8])
  },
)

fault(
  'a part that meets NoSuchUpload begins the upload anew, by itself',
  'upload-ended',
  async (expected) => {
    const harness = await setupFor('parts')
    const held = harness.cloud.hold('put-part')
    const begun = await beginUpload(harness, 'parts')
    await held.arrived
    await harness.cloud.dropUploads()
    held.release()
    await expectInLibrary(begun)
    expectAtMostShown(begun, expected)
    expect(harness.countOf('initiateMultipart')).toBe(2)
  },
)

fault('storage that forgets the parts every time is told to the person', 'not-found', async (expected) => {
  const begun = await uploadWithFaults('parts', { on: 'put-part', how: 404, times: Infinity })
  await expectStopped(begun, expected)
  await advanceUntil(begun, () => begun.app.rows().length === 0)
})
