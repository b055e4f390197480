import { expect } from 'vitest'
import { arrives, expectInLibrary } from './ends.ts'
import {
  beginUpload,
  expectShown,
  fault,
  uploadWithFaults,
  advanceUntil,
  settled,
  setupFor,
} from './fault.ts'

const calls = ['presignModel', 'registerModel'] as const

fault('500 from presigning is waited out', 'server-trouble', async (expected) => {
  await arrives('whole', expected, { on: 'presignModel', how: 500 })
})

fault('500 from opening the parts is waited out', 'server-trouble', async (expected) => {
  await arrives('parts', expected, { on: 'initiateMultipart', how: 500 })
})

fault(
  '500 from presigning a part is mended there, and no other part is cut for it',
  null,
  async (expected) => {
    const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 500, skip: 2 })
    expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, 4])
  },
)

fault('500 from joining the parts is asked once more at once', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'completeMultipart', how: 500 })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('500 from registering is waited out, and nothing is sent again', 'server-trouble', async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'registerModel', how: 500 })
  expect([countOf('registerModel'), countOf('put-part')]).toEqual([2, 4])
})

fault('503 from every call for a while is waited out', 'server-trouble', async (expected) => {
  await arrives('parts', expected, { on: 'api', how: 503, times: 5 })
})

fault('a gateway’s page instead of an answer is waited out', 'server-trouble', async (expected) => {
  for (const on of calls) await arrives('whole', expected, { on, how: 'html' })
})

fault(
  'a gateway’s page while parts are presigned and joined is waited out',
  'server-trouble',
  async (expected) => {
    const page = { how: 'html', times: 2 } as const
    const { countOf } = await arrives(
      'parts',
      expected,
      { on: 'presignPart', ...page },
      { on: 'completeMultipart', ...page },
    )
    expect(countOf('initiateMultipart')).toBe(1)
  },
)

fault(
  'a sign-in page of the line’s own (200, HTML) is not taken for an answer',
  'not-the-api',
  async (expected) => {
    for (const on of calls) await arrives('whole', expected, { on, how: 'html', status: 200 })
  },
)

fault('a redirect is not followed, so that no token leaves', 'not-the-api', async (expected) => {
  const how = { status: 302, headers: { location: 'http://portal.invalid/' }, body: '' }
  await arrives('whole', expected, { on: 'presignModel', how })
})

fault('half an answer to presigning is asked for again', 'answer-garbled', async (expected) => {
  await arrives('whole', expected, { on: 'presignModel', how: 'half-json' })
})

fault(
  'half an answer to opening the parts leaves an upload that holds no byte and has no known name',
  'answer-garbled',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'initiateMultipart', how: 'half-json' })
    await expectInLibrary(begun, { nameless: 1 })
    expectShown(begun, expected)
  },
)

fault('half an answer to presigning a part is asked for again', null, async (expected) => {
  await arrives('parts', expected, { on: 'presignPart', how: 'half-json', skip: 1 })
})

fault('half an answer to joining the parts is as good as a whole one', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'completeMultipart', how: 'half-json' })
  expect(countOf('put-part')).toBe(4)
})

fault('half an answer to registering is looked up in the library, not repeated', null, async (expected) => {
  const { countOf } = await arrives('whole', expected, { on: 'registerModel', how: 'half-json' })
  // Once before anything was sent, and once for what had become of the answer.
  expect([countOf('registerModel'), countOf('listModels')]).toEqual([1, 2])
})

fault('a lost answer to presigning is asked for again', 'connection-lost', async (expected) => {
  await arrives('whole', expected, { on: 'presignModel', how: 'lose-answer' })
})

fault(
  'a lost answer to opening the parts leaves an upload that holds no byte and has no known name',
  'connection-lost',
  async (expected) => {
    const begun = await uploadWithFaults('parts', { on: 'initiateMultipart', how: 'lose-answer' })
    await expectInLibrary(begun, { nameless: 1 })
    expectShown(begun, expected)
  },
)

fault('a lost answer to presigning a part is asked for again', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'presignPart', how: 'lose-answer', skip: 2 })
  expect(countOf('initiateMultipart')).toBe(1)
})

fault('a lost answer to joining the parts does not join them twice', null, async (expected) => {
  const { countOf } = await arrives('parts', expected, { on: 'completeMultipart', how: 'lose-answer' })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('a lost answer to registering is looked up in the library, not repeated', null, async (expected) => {
  for (const way of ['whole', 'parts'] as const) {
    const { countOf } = await arrives(way, expected, { on: 'registerModel', how: 'lose-answer' })
    expect(countOf('registerModel')).toBe(1)
  }
})

fault('a lost answer to refreshing costs the sign-in but no byte', 'signed-out', async (expected) => {
  const harness = await setupFor('parts')
  harness.cloud.fail({ on: 'refresh', how: 'lose-answer' })
  harness.cloud.fail({ on: 'completeMultipart', how: 401 })
  const begun = await beginUpload(harness, 'parts')
  expect((await settled(begun)).failure?.code).toBe(expected)
  await harness.app.signIn()
  await advanceUntil(begun, () => harness.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('put-part')).toBe(4)
})

fault(
  'an API that stalls holds up nobody: another file goes on, and the stalled one once it is cut',
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

fault('answers that come byte by byte are answers', null, async (expected) => {
  await arrives('parts', expected, { on: 'api', how: 'slow', bytesPerSecond: 20_000, times: Infinity })
})
