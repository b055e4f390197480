import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, type EngineOptions, type World } from '../../support/engine.ts'

const mebi = 1024 * 1024
const partBytes = 5 * mebi
/** Below this speed the MD5 of what is sent is always worked out. */
const slowly = { limitBytesPerSecond: 40_000_000 }
const inParts: EngineOptions = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes, ...slowly },
}

async function add(world: World, sizeBytes: number) {
  const path = await world.file('model.safetensors', { sizeBytes })
  const [id = ''] = await world.app.add(path)
  return { path, id }
}

const hashesIn = ({ cloud }: World) => cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.file_hash)

test('a file of which storage says that it holds other bytes goes out once more, under another key', async () => {
  const world = await setup({ settings: slowly })
  world.cloud.fail({ on: 'put-object', how: 'wrong-etag' })
  const { path, id } = await add(world, 150_000)
  expect(await world.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(world)).toEqual([`sha256:${sha256Of(path)}`])
  const keys = world.cloud.operations.filter(({ name }) => name === 'put-object').map(({ path: key }) => key)
  expect(new Set(keys).size).toBe(2)
})

test('a file that storage twice says to hold otherwise is not registered, and the person may try again', async () => {
  const world = await setup({ settings: slowly })
  world.cloud.fail({ on: 'put-object', how: 'wrong-etag', times: 2 })
  const { path, id } = await add(world, 150_000)
  expect(await world.app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'storage-differs' } })
  expect([hashesIn(world), world.countOf('put-object')]).toEqual([[], 2])
  await world.app.calls.retry({ ids: [id] })
  expect(await world.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(world)).toEqual([`sha256:${sha256Of(path)}`])
})

test('a part of which storage says that it holds other bytes goes out once more, and only that one', async () => {
  const world = await setup(inParts)
  world.cloud.fail({ on: 'put-part', how: 'wrong-etag', when: ({ partNumber }) => partNumber === 2 })
  const { path, id } = await add(world, 3 * partBytes)
  expect(await world.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(world)).toEqual([`sha256:${sha256Of(path)}`])
  const numbers = world.cloud.operations
    .filter(({ name }) => name === 'put-part')
    .map((put) => put.partNumber)
  expect(numbers.sort()).toEqual([1, 2, 2, 3])
})

test('a part that storage twice says to hold otherwise stops the file before it is joined', async () => {
  const world = await setup(inParts)
  world.cloud.fail({
    on: 'put-part',
    how: 'wrong-etag',
    times: 2,
    when: ({ partNumber }) => partNumber === 2,
  })
  const { path, id } = await add(world, 3 * partBytes)
  expect(await world.app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'storage-differs' } })
  expect([hashesIn(world), world.countOf('completeMultipart')]).toEqual([[], 0])
  await world.app.calls.retry({ ids: [id] })
  expect(await world.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(world)).toEqual([`sha256:${sha256Of(path)}`])
})
