import { expect } from 'vitest'
import { arrives } from './ends.ts'
import { bytesOf, fault, partBytes } from './fault.ts'

// A "not found" that is nobody's word on the upload: a gateway that is being changed sends some requests to
// the wrong place. What was sent must not be thrown away for it.

const page = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>default backend - 404</body></html>',
}
const partCount = Math.ceil(bytesOf.parts / partBytes)

fault('a stray 404 to presigning a part costs no part', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 404, skip: 2 })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, partCount])
})

fault(
  'a stray 404 to joining the parts is asked once more, and nothing is sent again',
  null,
  async (expected) => {
    const { countOf } = await arrives('parts', expected, { on: 'completeMultipart', how: 404 })
    expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, partCount])
  },
)

fault('a stray 404 to registering is asked once more, and nothing is sent again', null, async (expected) => {
  const { countOf } = await arrives('whole', expected, { on: 'registerModel', how: 404 })
  expect([countOf('registerModel'), countOf('put-object')]).toEqual([2, 1])
})

fault('a gateway’s 404 before storage is trouble and not the end of the upload', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'put-part', how: page, skip: 1, times: 2 })
  expect(countOf('initiateMultipart')).toBe(1)
})

fault(
  'a gateway’s 404 before storage to a whole file is tried again',
  'storage-trouble',
  async (expected) => {
    await arrives('whole', expected, { on: 'put-object', how: page })
  },
)
