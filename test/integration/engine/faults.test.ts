import { expect, test } from 'vitest'
import { ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import type { FaultRule } from '../../cloud/faults.ts'
import { setup, sha256Of, type World } from '../../support/engine.ts'

const minute = 60_000

/** One upload that meets the faults: its row once it waits for its next try, and the way on from there. */
async function meet(rules: readonly FaultRule[], sizeBytes = 150_000) {
  const world = await setup()
  for (const rule of rules) world.cloud.fail(rule)
  const path = await world.file('a.safetensors', { sizeBytes })
  const [id = ''] = await world.app.add(path)
  return { ...world, id, path }
}

/** That exactly one object and one model are there, and both are the file. */
async function expectOne({ cloud }: World, path: string) {
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  const objects = await cloud.objects()
  expect(models.map((model) => model.file_hash)).toEqual([`sha256:${sha256Of(path)}`])
  expect(objects.map(({ key }) => key)).toEqual(models.map((model) => model.storage_key))
}

test.each<[string, FaultRule, string]>([
  ['500 from presigning', { on: 'presignModel', how: 500 }, 'server-trouble'],
  ['503 from presigning', { on: 'presignModel', how: 503 }, 'server-trouble'],
  ['a web page from presigning', { on: 'presignModel', how: 'html' }, 'server-trouble'],
  ['half an answer from presigning', { on: 'presignModel', how: 'half-json' }, 'answer-garbled'],
  ['a cut line while presigning', { on: 'presignModel', how: 'cut' }, 'connection-lost'],
  ['500 from storage', { on: 'put-object', how: 500 }, 'storage-trouble'],
  ['503 from storage', { on: 'put-object', how: 503 }, 'storage-busy'],
  ['a gateway page from storage', { on: 'put-object', how: 'html' }, 'storage-trouble'],
  ['500 from registering', { on: 'registerModel', how: 500 }, 'server-trouble'],
  ['a web page from registering', { on: 'registerModel', how: 'html' }, 'server-trouble'],
])('%s is waited out, and the file is registered once', async (_name, rule, code) => {
  const world = await meet([rule])
  const { app, id, path, clock } = world
  const row = await app.phase(id, 'retrying')
  expect([row.failure?.code, row.retryAtMs !== null]).toEqual([code, true])
  clock.advance(minute)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null, retryAtMs: null })
  await expectOne(world, path)
})

test('a line that is cut inside the body is tried again from the start', async () => {
  const world = await meet([{ on: 'put-object', how: 'cut', after: 3_000_000 }], 12_000_000)
  const { app, id, path, clock } = world
  const row = await app.phase(id, 'retrying')
  expect(row).toMatchObject({ failure: { code: 'connection-lost' }, sentBytes: 0, inFlightBytes: 0 })
  clock.advance(minute)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', sentBytes: 12_000_000 })
  await expectOne(world, path)
})

test('an answer of storage that was lost leaves one object and one model', async () => {
  const world = await meet([{ on: 'put-object', how: 'lose-answer' }])
  const { app, id, path, clock, cloud } = world
  await app.phase(id, 'retrying')
  clock.advance(minute)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  await expectOne(world, path)
  expect(cloud.operations.filter(({ name }) => name === 'put-object').map(({ status }) => status)).toEqual([
    0, 412,
  ])
})

test('an answer of registering that was lost leaves one model', async () => {
  const world = await meet([{ on: 'registerModel', how: 'lose-answer' }])
  const { app, id, path, cloud } = world
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  await expectOne(world, path)
  expect(cloud.modelsOf(ALICES_TEAM_ID)[0]?.id).toBe(app.row(id).modelId)
})

test('half an answer of registering is looked up in the library instead of repeated', async () => {
  const world = await meet([{ on: 'registerModel', how: 'half-json' }])
  const { app, id, path } = world
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  await expectOne(world, path)
  expect(world.countOf('registerModel')).toBe(1)
})

test('a key that somebody else took is left alone, and another one asked for', async () => {
  const world = await meet([{ on: 'put-object', how: 412 }])
  const { app, id, path } = world
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  await expectOne(world, path)
  expect([world.countOf('presignModel'), world.countOf('put-object')]).toEqual([2, 2])
})

test('a URL that ran out is asked for anew once', async () => {
  const world = await meet([{ on: 'presignModel', how: 'expired-url' }])
  const { app, id, path } = world
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  await expectOne(world, path)
  expect(world.countOf('presignModel')).toBe(2)
})

test('storage that refuses twice is believed, and says so on the row', async () => {
  const { app, id, asked, countOf, cloud } = await meet([
    { on: 'presignModel', how: 'expired-url', times: 2 },
  ])
  expect(await app.settled(id)).toMatchObject({
    phase: 'failed',
    failure: { code: 'storage-refused', detail: expect.stringContaining('AccessDenied') },
  })
  expect([countOf('put-object'), asked().includes('registerModel')]).toEqual([2, false])
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('429 holds the whole queue for as long as the server asked', async () => {
  const { app, cloud, clock, file } = await setup({ settings: { atOnce: 1 } })
  cloud.fail({ on: 'presignModel', how: 429, retryAfterSeconds: 30 })
  const ids: string[] = []
  for (const name of ['a', 'b']) ids.push(...(await app.add(await file(`${name}.safetensors`))))
  const [first = '', second = ''] = ids
  const row = await app.phase(first, 'retrying')
  expect(row.failure).toMatchObject({ code: 'rate-limited', retryAfterMs: 30_000 })
  expect([
    app.row(second).phase,
    cloud.operations.filter(({ name }) => name === 'presignModel').length,
  ]).toEqual([...['waiting', 1]])
  clock.advance(29_000)
  expect(app.row(first).phase).toBe('retrying')
  clock.advance(2_000)
  await Promise.all(ids.map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('the person need not wait: a retry by hand goes at once', async () => {
  const { app, id, clock } = await meet([{ on: 'put-object', how: 503, retryAfterSeconds: 600 }])
  await app.phase(id, 'retrying')
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(clock.waits()).toEqual([])
})

test('a computer that wakes up tries at once', async () => {
  const { app, id } = await meet([{ on: 'put-object', how: 503 }])
  await app.phase(id, 'retrying')
  app.uploader.wake()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a server that answers with trouble ten times in a row needs a person, who can try again', async () => {
  const { app, id, clock } = await meet([{ on: 'presignModel', how: 500, times: 10 }])
  for (let attempt = 1; attempt < 10; attempt += 1) {
    const { retryAtMs } = await app.phase(id, 'retrying')
    clock.advance(2 * minute)
    await app.until(() => app.row(id).retryAtMs !== retryAtMs)
  }
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'server-trouble' } })
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a viewer is told that the role does not allow it, in the words of the server', async () => {
  const { app, cloud, file } = await setup({ as: BOB })
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  const team = { accountId, teamId: STUDIO_NORTH_ID }
  const [id = ''] = await app.add(await file('a.safetensors'), { team })
  const row = await app.settled(id)
  expect(row).toMatchObject({
    phase: 'failed',
    failure: { code: 'forbidden', params: { team: 'Studio North' }, detail: expect.stringMatching(/\w+/) },
  })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

test('a file over the limit of the server is refused with its size, and no byte is sent', async () => {
  const { app, cloud, file } = await setup({ cloud: { maximumFileBytes: 100_000 } })
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({
    phase: 'failed',
    failure: { code: 'too-large-for-server', params: { sizeBytes: 150_000 } },
  })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})
