import { expect } from 'vitest'
import { expectNothingLeft, expectRecovery } from './expect-end.ts'
import { beginUpload, bytesOf, fault, partBytes, setupFor } from './fault.ts'

// A 404 or 405 that doesn't concern the upload: a gateway that is being reconfigured routes some requests wrongly,
// and one that serves a static maintenance page answers a POST with 405. Sent bytes must not be discarded because
// of it.

const page = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>default backend - 404</body></html>',
}
const maintenancePage = {
  status: 405,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>405 Not Allowed</title></head><body><h1>405 Not Allowed</h1></body></html>',
}
const partCount = Math.ceil(bytesOf.parts / partBytes)

fault('resends no part when presigning a part returns a stray 404', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'presignPart', how: 404, skip: 2 })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, partCount])
})

fault('resends no part when completing returns a stray 404', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, { on: 'completeMultipart', how: 404 })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, partCount])
})

fault('repeats registering once and resends nothing after a stray 404', null, async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, { on: 'registerModel', how: 404 })
  expect([countOf('registerModel'), countOf('put-object')]).toEqual([2, 1])
})

fault('keeps the multipart upload when a gateway answers a part’s PUT with 404', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'put-part',
    how: page,
    skip: 1,
    times: 2,
  })
  expect(countOf('initiateMultipart')).toBe(1)
})

fault('retries when a gateway answers a whole-file PUT with 404', 'storage-trouble', async (expected) => {
  await expectRecovery('whole', expected, { on: 'put-object', how: page })
})

fault('resends no part when presigning a part returns a 405 page twice', null, async (expected) => {
  const { countOf } = await expectRecovery('parts', expected, {
    on: 'presignPart',
    how: maintenancePage,
    skip: 2,
    // Two parts are left, so at least one of them gets the page twice.
    times: 4,
  })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, partCount])
})

fault('resends nothing when registering returns a 405 page twice', 'not-the-api', async (expected) => {
  const { countOf } = await expectRecovery('whole', expected, {
    on: 'registerModel',
    how: maintenancePage,
    times: 2,
  })
  expect(countOf('put-object')).toBe(1)
})

fault('repeats the abort call while it returns a 405 page', null, async () => {
  const harness = await setupFor('parts')
  harness.cloud.fail({ on: 'abortMultipart', how: maintenancePage, times: 3 })
  const begun = await beginUpload(harness, 'parts')
  await harness.cloud.ended('put-part', 2)
  await harness.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun)
  expect(harness.countOf('abortMultipart')).toBe(4)
})
