import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect } from 'vitest'
import type { FaultRule } from '../../cloud/faults.ts'
import { startTestServer } from '../../support/network/test-server.ts'
import { expectRecovery, expectInLibrary, expectStopped, expectFailure } from './expect-end.ts'
import {
  beginHeldUpload,
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
const xml = (status: number, code: string, message?: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: error(code, message),
})

const mebibyte = 1024 * 1024

/**
 * A gateway, used as a proxy, that forwards PUTs to storage and answers the first one with 504 once storage has
 * stored its object. Returns its URL.
 */
async function startGateway(): Promise<string> {
  let isFirst = true
  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const target = new URL(request.url ?? '')
    // Parsing the query could invalidate its signature.
    const path = (request.url ?? '').slice(target.origin.length)
    const { method, headers } = request
    const onward = httpRequest(target.origin, { method, path, headers }, (answer) => {
      if (isFirst) answer.resume().on('end', () => response.writeHead(504).end())
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, { connection: 'close' }))
      isFirst = false
    })
    onward.on('error', () => response.headersSent || response.destroy())
    onward.on('continue', () => response.writeContinue())
    request.pipe(onward)
  }
  const { url } = await startTestServer(forward, { onExpectContinue: forward })
  return new URL(url).origin
}

fault('requests a new URL when a file’s URL has expired', null, async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, { on: 'put-object', how: 'expired-url' })
  expect([countOf('presignModel'), countOf('put-object')]).toEqual([2, 2])
})

fault('requests a new URL when a part’s URL has expired', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'presignPart',
    how: 'expired-url',
    skip: 1,
  })
  expect([countOf('presignPart'), countOf('put-part')]).toEqual([5, 5])
})

fault('fails when storage rejects a new URL too', 'storage-refused', async (expected) => {
  const { countOf } = await expectFailure('whole', expected, { on: 'put-object', how: 403, times: Infinity })
  expect([countOf('put-object'), countOf('registerModel')]).toEqual([2, 0])
})

fault('fails when storage rejects a part’s new URL too', 'storage-refused', async (expected) => {
  await expectFailure('parts', expected, { on: 'put-part', how: 403, skip: 2, times: Infinity })
})

fault(
  'sends only missing parts when the user retries after a second rejection',
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

fault('treats a 412 after a lost response as its own PUT', 'connection-lost', async (expected) => {
  const { cloud, countOf } = await expectRecovery('whole', expected, { on: 'put-object', how: 'lose-answer' })
  expect(cloud.operations.filter(({ name }) => name === 'put-object').map(({ status }) => status)).toEqual([
    0, 412,
  ])
  expect(countOf('presignModel')).toBe(1)
})

fault(
  'sends no byte again when a gateway answers 504 and storage has the object',
  'storage-trouble',
  async (expected) => {
    const gateway = await startGateway()
    const harness = await setupFor('whole', {
      findProxies: async (url) => (url.startsWith(harness.cloud.storageUrl) ? [gateway] : []),
    })
    // Large enough for `Expect: 100-continue`.
    const sizeBytes = 5 * mebibyte
    const begun = await beginUpload(harness, 'whole', { sizeBytes })
    await expectInLibrary(begun)
    expectShown(begun, expected)
    const puts = begun.cloud.operations.filter(({ name }) => name === 'put-object')
    expect(puts.map(({ status, bytes }) => [status, bytes])).toEqual([
      [200, sizeBytes],
      [412, 0],
    ])
    expect(begun.countOf('presignModel')).toBe(1)
  },
)

fault('requests another key when a 412 follows no PUT of its own', null, async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, { on: 'put-object', how: 412 })
  expect([countOf('presignModel'), countOf('put-object')]).toEqual([2, 2])
})

fault('fails when a part’s PUT returns 412', 'storage-refused', async (expected) => {
  await expectFailure('parts', expected, { on: 'put-part', how: 412, times: Infinity })
})

fault('retries a storage 409', 'storage-busy', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 409 })
})

fault('waits as long as a storage 429 says', 'storage-busy', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 429, retryAfterSeconds: 40 })
  const startedMs = begun.clock.now()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('retries a storage 500', 'storage-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 500 })
})

fault('retries a storage 500 sent after the whole body', 'storage-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 500, after: Infinity })
})

fault('resends only the part whose PUT returns 500', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'put-part', how: 500, skip: 1 })
  expect(countOf('put-part')).toBe(5)
})

fault(
  'fails after ten attempts when storage keeps returning 500, and can be retried',
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

fault('waits as long as a 503 SlowDown says', 'storage-busy', async (expected) => {
  const begun = await uploadWithFaults('whole', { on: 'put-object', how: 503, retryAfterSeconds: 40 })
  const startedMs = begun.clock.now()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.clock.now() - startedMs).toBeGreaterThanOrEqual(40_000)
})

fault('waits and resends only the parts that get a 503 SlowDown', null, async (expected) => {
  const rule: FaultRule = { on: 'put-part', how: 503, retryAfterSeconds: 40, times: 3 }
  const { countOf } = await expectRecovery('parts', expected, rule)
  expect(countOf('put-part')).toBe(7)
})

fault('repeats the complete call when a 200 contains a storage error', null, async (expected) => {
  const how = xml(200, 'InternalError')
  const { countOf } = await expectRecovery('parts', expected, { on: 'completeMultipart', how })
  expect(countOf('completeMultipart')).toBe(2)
})

fault('sends a part again that storage accepts without an ETag', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'put-part', how: 'no-etag', skip: 1 })
  expect(countOf('put-part')).toBe(5)
})

fault('fails when storage names no ETag for a part twice', 'storage-refused', async (expected) => {
  const rule: FaultRule = {
    on: 'put-part',
    how: 'no-etag',
    times: Infinity,
    when: ({ partNumber }) => partNumber === 4,
  }
  const { countOf } = await expectFailure('parts', expected, rule)
  expect(countOf('put-part')).toBe(5)
})

fault('accepts a whole file without an ETag', null, async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 'no-etag' })
})

fault('sends a file again that a captive portal has accepted', 'storage-trouble', async (expected) => {
  const how = {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>Please sign in to the hotel network</body></html>',
  }
  const rule = { on: 'put-object', how, after: Infinity } as const
  const { countOf } = await expectRecovery('whole', expected, rule)
  expect([countOf('put-object'), countOf('registerModel')]).toEqual([2, 1])
})

fault('reports clock skew between server and storage', 'clock-wrong', async (expected) => {
  await expectFailure('whole', expected, {
    on: 'put-object',
    how: xml(403, 'RequestTimeTooSkewed'),
    times: Infinity,
  })
})

fault(
  'fails at once with the storage code when If-None-Match is not implemented',
  'storage-refused',
  async (expected) => {
    const how = xml(501, 'NotImplemented', 'A header is not implemented')
    const begun = await uploadWithFaults('whole', { on: 'put-object', how, times: Infinity })
    expect((await settled(begun)).failure).toMatchObject({
      code: expected,
      detail: 'NotImplemented',
      serverMessage: 'A header is not implemented',
    })
    expect([begun.countOf('presignModel'), begun.countOf('put-object')]).toEqual([1, 1])
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
  },
)

fault(
  'fails at once when a part exceeds the quota, and keeps the other parts',
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

fault('retries a RequestTimeout (400) of storage', 'storage-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: xml(400, 'RequestTimeout') })
})

fault('retries until the server’s clock is corrected', 'clock-wrong', async (expected) => {
  await expectRecovery('whole', expected, {
    on: 'put-object',
    how: xml(403, 'RequestTimeTooSkewed'),
    times: 2,
  })
})

fault('sends the body without Expect when the server answers 417', null, async (expected) => {
  const refuses: FaultRule = {
    on: 'put-part',
    how: 417,
    times: Infinity,
    when: ({ headers }) => headers['expect'] !== undefined,
  }
  await expectRecovery('parts', expected, refuses)
})

fault('retries when a gateway’s page replaces the storage response', 'storage-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: 'html' })
})

fault('restarts when storage has lost the parts before completing', 'upload-ended', async (expected) => {
  const begun = await beginHeldUpload('parts', { on: 'completeMultipart' })
  await begun.cloud.dropUploads()
  begun.release()
  await expectInLibrary(begun)
  expectAtMostShown(begun, expected)
  expect([begun.countOf('initiateMultipart'), begun.countOf('put-part')]).toEqual([2, 8])
})

fault('restarts when a part’s PUT returns NoSuchUpload', 'upload-ended', async (expected) => {
  const begun = await beginHeldUpload('parts', { on: 'put-part' })
  await begun.cloud.dropUploads()
  begun.release()
  await expectInLibrary(begun)
  expectAtMostShown(begun, expected)
  expect(begun.countOf('initiateMultipart')).toBe(2)
})

fault('fails when storage loses the parts every time', 'not-found', async (expected) => {
  const begun = await uploadWithFaults('parts', { on: 'put-part', how: 404, times: Infinity })
  await expectStopped(begun, expected)
  await advanceUntil(begun, () => begun.app.rows().length === 0)
})
