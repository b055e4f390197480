import { expect } from 'vitest'
import { expectRecovery, expectInLibrary, expectFailure } from './expect-end.ts'
import {
  beginHeldUpload,
  beginUpload,
  continueSignedIn,
  expectShown,
  fault,
  uploadWithFaults,
  settled,
  setupFor,
} from './fault.ts'

const calls = ['presignModel', 'registerModel'] as const

fault('retries when presigning returns 500', 'server-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'presignModel', how: 500 })
})

fault('retries when opening the multipart upload returns 500', 'server-trouble', async (expected) => {
  await expectRecovery('parts', expected, { on: 'initiateMultipart', how: 500 })
})

fault('retries only that part when presigning a part returns 500', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'presignPart', how: 500, skip: 2 })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, 4])
})

fault('repeats the complete call at once when it returns 500', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'completeMultipart', how: 500 })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('retries and resends nothing when registering returns 500', 'server-trouble', async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'registerModel', how: 500 })
  expect([countOf('registerModel'), countOf('put-part')]).toEqual([2, 4])
})

fault('retries when every call returns 503 for a while', 'server-trouble', async (expected) => {
  // Ten of them are for the listing of the library, which the app repeats.
  await expectRecovery('parts', expected, { on: 'api', how: 503, times: 12 })
})

fault('retries when a gateway’s error page replaces the response', 'server-trouble', async (expected) => {
  for (const on of calls) await expectRecovery('whole', expected, { on, how: 'html' })
})

fault(
  'retries when presigning parts and completing return a gateway’s error page',
  'server-trouble',
  async (expected) => {
    const page = { how: 'html', times: 2 } as const
    const { countOf } = await expectRecovery(
      'parts',
      expected,
      { on: 'presignPart', ...page },
      { on: 'completeMultipart', ...page },
    )
    expect(countOf('initiateMultipart')).toBe(1)
  },
)

fault(
  'retries when a captive portal answers with its own page (200, HTML)',
  'not-the-api',
  async (expected) => {
    for (const on of calls) await expectRecovery('whole', expected, { on, how: 'html', status: 200 })
  },
)

fault('follows no redirect, so that no token is sent elsewhere', 'not-the-api', async (expected) => {
  const how = { status: 302, headers: { location: 'http://portal.invalid/' }, body: '' }
  await expectRecovery('whole', expected, { on: 'presignModel', how })
})

fault('retries when the presign response is truncated', 'answer-garbled', async (expected) => {
  await expectRecovery('whole', expected, { on: 'presignModel', how: 'half-json' })
})

fault(
  'leaves an empty multipart upload when the initiate response is truncated',
  'answer-garbled',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'initiateMultipart', how: 'half-json' })
    await expectInLibrary(begun, { unknownUploads: 1 })
    expectShown(begun, expected)
  },
)

fault('retries when a part’s presign response is truncated', null, async (expected) => {
  await expectRecovery('parts', expected, { on: 'presignPart', how: 'half-json', skip: 1 })
})

fault('resends no part when the complete response is truncated', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'completeMultipart', how: 'half-json' })
  expect(countOf('put-part')).toBe(4)
})

fault(
  'looks the model up instead of registering again when the response is truncated',
  null,
  async (expected) => {
    const { countOf } = await expectRecovery('whole', expected, { on: 'registerModel', how: 'half-json' })
    // Once before sending, and once to find out whether the model was registered.
    expect([countOf('registerModel'), countOf('listModels')]).toEqual([1, 2])
  },
)

fault('retries when the presign response is lost', 'connection-lost', async (expected) => {
  await expectRecovery('whole', expected, { on: 'presignModel', how: 'lose-answer' })
})

fault(
  'leaves an empty multipart upload when the initiate response is lost',
  'connection-lost',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'initiateMultipart', how: 'lose-answer' })
    await expectInLibrary(begun, { unknownUploads: 1 })
    expectShown(begun, expected)
  },
)

fault('retries when a part’s presign response is lost', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'presignPart',
    how: 'lose-answer',
    skip: 2,
  })
  expect(countOf('initiateMultipart')).toBe(1)
})

fault('resends no part when the complete response is lost', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'completeMultipart', how: 'lose-answer' })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('resends no part when repeating a lost complete call is refused', null, async (expected) => {
  for (const how of [400, 409, 422]) {
    const lost = { on: 'completeMultipart', how: 'lose-answer' } as const
    const { countOf } = await expectRecovery('parts', expected, lost, { on: 'completeMultipart', how })
    expect([countOf('completeMultipart'), countOf('put-part'), countOf('registerModel')]).toEqual([2, 4, 1])
  }
})

fault('looks the model up instead of registering again when the response is lost', null, async (expected) => {
  for (const method of ['whole', 'parts'] as const) {
    const { countOf } = await expectRecovery(method, expected, { on: 'registerModel', how: 'lose-answer' })
    expect(countOf('registerModel')).toBe(1)
  }
})

fault(
  'requires a new sign-in but keeps all parts when the refresh response is lost',
  'signed-out',
  async (expected) => {
    const harness = await setupFor('parts')
    harness.cloud.fail({ on: 'refresh', how: 'lose-answer' })
    harness.cloud.fail({ on: 'completeMultipart', how: 401 })
    const begun = await beginUpload(harness, 'parts')
    expect((await settled(begun)).failure?.code).toBe(expected)
    await continueSignedIn(begun)
    await expectInLibrary(begun)
    expectShown(begun, expected)
    expect(harness.countOf('put-part')).toBe(4)
  },
)

fault(
  'uploads other files while an API call stalls, and retries after its timeout',
  'connection-lost',
  async (expected) => {
    const harness = await setupFor('whole')
    const held = harness.cloud.hold('presignModel')
    harness.cloud.fail({ on: 'presignModel', how: 'stall' })
    const begun = await beginUpload(harness, 'whole')
    await held.arrived
    held.release()
    const other = await beginUpload(harness, 'whole', { name: 'other.safetensors' })
    expect((await settled(other)).phase).toBe('registered')
    expect(harness.app.row(begun.id).phase).toBe('checking')
    await harness.app.calls.forget({ ids: [other.id] })
    harness.cloud.clearFailures()
    expect((await settled(begun)).phase).toBe('registered')
    expectShown(begun, expected)
    expect(harness.countOf('put-object')).toBe(2)
  },
)

fault('retries a call that has no response within 30 s', 'timed-out', async (expected) => {
  const begun = await beginHeldUpload('whole', {
    on: 'presignModel',
    moment: 'arrival',
    choice: { times: 1 },
  })
  begun.clock.advance(30_000)
  await begun.app.until(() => begun.app.row(begun.id).failure?.code === expected)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
})

fault('does not register twice when the response takes longer than 30 s', null, async (expected) => {
  const begun = await beginHeldUpload('whole', {
    on: 'registerModel',
    moment: 'answer',
    choice: { times: 1 },
  })
  begun.clock.advance(30_000)
  await begun.app.until(() => begun.countOf('listModels') === 2)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('registerModel')).toBe(1)
})

fault('does not register twice while the server still works', null, async (expected) => {
  // At the end of the body.
  const begun = await beginHeldUpload('whole', {
    on: 'registerModel',
    moment: Infinity,
    choice: { times: 1 },
  })
  begun.clock.advance(30_000)
  await expect
    .poll(() => {
      const [waitMs = Infinity] = begun.clock.waits()
      // The timeout of the search itself is longer.
      if (waitMs <= 15_000) begun.clock.advance(waitMs)
      return begun.countOf('listModels')
    })
    .toBe(3)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('registerModel')).toBe(1)
})

fault('opens one multipart upload when the response takes longer than 30 s', null, async (expected) => {
  const begun = await beginHeldUpload('parts', {
    on: 'initiateMultipart',
    moment: 'answer',
    choice: { times: 1 },
  })
  begun.clock.advance(119_000)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.countOf('initiateMultipart')).toBe(1)
})

fault('completes an upload once when the response takes longer than 60 s', null, async (expected) => {
  const begun = await beginHeldUpload('parts', {
    on: 'completeMultipart',
    moment: 'answer',
    choice: { times: 1 },
  })
  begun.clock.advance(59_000)
  expect(begun.countOf('completeMultipart')).toBe(1)
  begun.clock.advance(1_000)
  await begun.app.until(() => begun.countOf('completeMultipart') === 2)
  begun.release()
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect([begun.countOf('initiateMultipart'), begun.countOf('put-part')]).toEqual([1, 4])
})

fault('accepts API responses that arrive slowly', null, async (expected) => {
  await expectRecovery('parts', expected, { on: 'api', how: 'slow', bytesPerSecond: 20_000, times: Infinity })
})

const presigned = (target: Readonly<Record<string, unknown>>) => ({
  status: 200,
  body: JSON.stringify({ upload_url: 'http://127.0.0.1:9/k', storage_key: 'k', ...target }),
})

fault('fails at once when presigning returns an ftp address', 'upload-address-refused', async (expected) => {
  const how = presigned({ upload_url: 'ftp://127.0.0.1/k' })
  const { cloud, countOf } = await expectFailure('whole', expected, {
    on: 'presignModel',
    how,
    times: Infinity,
  })
  expect([countOf('presignModel'), cloud.operations.filter(({ kind }) => kind === 'storage')]).toEqual([
    1,
    [],
  ])
})

fault(
  'fails at once when presigning requires a header that is not allowed',
  'upload-header-refused',
  async (expected) => {
    const how = presigned({ upload_headers: { 'Transfer-Encoding': 'chunked' } })
    const { countOf } = await expectFailure('whole', expected, { on: 'presignModel', how, times: Infinity })
    expect([countOf('presignModel'), countOf('put-object')]).toEqual([1, 0])
  },
)

fault(
  'fails at once when a header of a part is not a text, and keeps the other parts',
  'upload-header-refused',
  async (expected) => {
    const how = presigned({ upload_headers: { 'x-amz-meta-a': ['a\r\nHost: x'] } })
    const begun = await uploadWithFaults('parts', { on: 'presignPart', how, skip: 3, times: Infinity })
    expect((await settled(begun)).failure?.code).toBe(expected)
    begun.cloud.clearFailures()
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect([begun.countOf('put-part'), begun.countOf('initiateMultipart')]).toEqual([4, 1])
  },
)
