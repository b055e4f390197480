import { expect } from 'vitest'
import { arrives, expectInLibrary } from './ends.ts'
import { begin, expectSeen, fault, meet, patiently, settled, worldFor } from './fault.ts'

const calls = ['presignModel', 'registerModel'] as const

fault('500 from presigning is waited out', 'server-trouble', async (sees) => {
  await arrives('whole', sees, { on: 'presignModel', how: 500 })
})

fault('500 from opening the parts is waited out', 'server-trouble', async (sees) => {
  await arrives('parts', sees, { on: 'initiateMultipart', how: 500 })
})

fault('500 from presigning a part is mended there, and no other part is cut for it', null, async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'presignPart', how: 500, skip: 2 })
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, 4])
})

fault('500 from joining the parts is asked once more at once', null, async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'completeMultipart', how: 500 })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('500 from registering is waited out, and nothing is sent again', 'server-trouble', async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'registerModel', how: 500 })
  expect([countOf('registerModel'), countOf('put-part')]).toEqual([2, 4])
})

fault('503 from every call for a while is waited out', 'server-trouble', async (sees) => {
  await arrives('parts', sees, { on: 'api', how: 503, times: 5 })
})

fault('a gateway’s page instead of an answer is waited out', 'server-trouble', async (sees) => {
  for (const on of calls) await arrives('whole', sees, { on, how: 'html' })
})

fault(
  'a gateway’s page while parts are presigned and joined is waited out',
  'server-trouble',
  async (sees) => {
    const page = { how: 'html', times: 2 } as const
    const { countOf } = await arrives(
      'parts',
      sees,
      { on: 'presignPart', ...page },
      { on: 'completeMultipart', ...page },
    )
    expect(countOf('initiateMultipart')).toBe(1)
  },
)

fault(
  'a sign-in page of the line’s own (200, HTML) is not taken for an answer',
  'not-the-api',
  async (sees) => {
    for (const on of calls) await arrives('whole', sees, { on, how: 'html', status: 200 })
  },
)

fault('a redirect is not followed, so that no token leaves', 'not-the-api', async (sees) => {
  const how = { status: 302, headers: { location: 'http://portal.invalid/' }, body: '' }
  await arrives('whole', sees, { on: 'presignModel', how })
})

fault('half an answer to presigning is asked for again', 'answer-garbled', async (sees) => {
  await arrives('whole', sees, { on: 'presignModel', how: 'half-json' })
})

fault(
  'half an answer to opening the parts leaves an upload that holds no byte and has no known name',
  'answer-garbled',
  async (sees) => {
    const begun = await meet('parts', { on: 'initiateMultipart', how: 'half-json' })
    await expectInLibrary(begun, { nameless: 1 })
    expectSeen(begun, sees)
  },
)

fault('half an answer to presigning a part is asked for again', null, async (sees) => {
  await arrives('parts', sees, { on: 'presignPart', how: 'half-json', skip: 1 })
})

fault('half an answer to joining the parts is as good as a whole one', null, async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'completeMultipart', how: 'half-json' })
  expect(countOf('put-part')).toBe(4)
})

fault('half an answer to registering is looked up in the library, not repeated', null, async (sees) => {
  const { countOf } = await arrives('whole', sees, { on: 'registerModel', how: 'half-json' })
  // Once before anything was sent, and once for what had become of the answer.
  expect([countOf('registerModel'), countOf('listModels')]).toEqual([1, 2])
})

fault('a lost answer to presigning is asked for again', 'connection-lost', async (sees) => {
  await arrives('whole', sees, { on: 'presignModel', how: 'lose-answer' })
})

fault(
  'a lost answer to opening the parts leaves an upload that holds no byte and has no known name',
  'connection-lost',
  async (sees) => {
    const begun = await meet('parts', { on: 'initiateMultipart', how: 'lose-answer' })
    await expectInLibrary(begun, { nameless: 1 })
    expectSeen(begun, sees)
  },
)

fault('a lost answer to presigning a part is asked for again', null, async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'presignPart', how: 'lose-answer', skip: 2 })
  expect(countOf('initiateMultipart')).toBe(1)
})

fault('a lost answer to joining the parts does not join them twice', null, async (sees) => {
  const { countOf } = await arrives('parts', sees, { on: 'completeMultipart', how: 'lose-answer' })
  expect([countOf('completeMultipart'), countOf('put-part')]).toEqual([2, 4])
})

fault('a lost answer to registering is looked up in the library, not repeated', null, async (sees) => {
  for (const way of ['whole', 'parts'] as const) {
    const { countOf } = await arrives(way, sees, { on: 'registerModel', how: 'lose-answer' })
    expect(countOf('registerModel')).toBe(1)
  }
})

fault('a lost answer to refreshing costs the sign-in but no byte', 'signed-out', async (sees) => {
  const world = await worldFor('parts')
  world.cloud.fail({ on: 'refresh', how: 'lose-answer' })
  world.cloud.fail({ on: 'completeMultipart', how: 401 })
  const begun = await begin(world, 'parts')
  expect((await settled(begun)).failure?.code).toBe(sees)
  await world.app.signIn()
  await patiently(begun, () => world.app.row(begun.id).phase !== 'failed')
  await expectInLibrary(begun)
  expectSeen(begun, sees)
  expect(world.countOf('put-part')).toBe(4)
})

fault(
  'an API that stalls holds up nobody: another file goes on, and the stalled one once it is cut',
  'connection-lost',
  async (sees) => {
    const world = await worldFor('whole')
    const held = world.cloud.hold('presignModel')
    world.cloud.fail({ on: 'presignModel', how: 'stall' })
    const begun = await begin(world, 'whole')
    await held.arrived
    held.release()
    const other = await begin(world, 'whole', { name: 'other.safetensors' })
    expect((await settled(other)).phase).toBe('registered')
    expect(world.app.row(begun.id).phase).toBe('checking')
    await world.app.calls.forget({ ids: [other.id] })
    world.cloud.clearFailures()
    expect((await settled(begun)).phase).toBe('registered')
    expectSeen(begun, sees)
    expect(world.countOf('put-object')).toBe(2)
  },
)

fault('answers that come byte by byte are answers', null, async (sees) => {
  await arrives('parts', sees, { on: 'api', how: 'slow', bytesPerSecond: 20_000, times: Infinity })
})
