import { expect } from 'vitest'
import { expectRecovery } from './expect-end.ts'
import { bytesOf, fault, partBytes } from './fault.ts'

// A 404 that doesn't concern the upload: a gateway that is being reconfigured routes some requests wrongly.
// Sent bytes must not be discarded because of it.

const page = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>default backend - 404</body></html>',
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
