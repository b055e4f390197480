import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, type EngineOptions, type EngineHarness } from '../../support/engine.ts'

const mebi = 1024 * 1024
const partBytes = 5 * mebi
/** Below this speed the MD5 of what is sent is always computed. */
const slowly = { limitBytesPerSecond: 40_000_000 }
const inParts: EngineOptions = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes, ...slowly },
}

async function add(context: EngineHarness, sizeBytes: number) {
  const path = await context.file('model.safetensors', { sizeBytes })
  const [id = ''] = await context.app.add(path)
  return { path, id }
}

const hashesIn = ({ cloud }: EngineHarness) => cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.file_hash)

test('a file that storage reports as different is sent once more to another key', async () => {
  const context = await setup({ settings: slowly })
  context.cloud.fail({ on: 'put-object', how: 'wrong-etag' })
  const { path, id } = await add(context, 150_000)
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(context)).toEqual([`sha256:${sha256Of(path)}`])
  const keys = context.cloud.operations
    .filter(({ name }) => name === 'put-object')
    .map(({ path: key }) => key)
  expect(new Set(keys).size).toBe(2)
})

test('a file that storage reports as different twice fails and can be retried', async () => {
  const context = await setup({ settings: slowly })
  context.cloud.fail({ on: 'put-object', how: 'wrong-etag', times: 2 })
  const { path, id } = await add(context, 150_000)
  expect(await context.app.settled(id)).toMatchObject({
    phase: 'failed',
    failure: { code: 'storage-differs' },
  })
  expect([hashesIn(context), context.countOf('put-object')]).toEqual([[], 2])
  await context.app.calls.retry({ ids: [id] })
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(context)).toEqual([`sha256:${sha256Of(path)}`])
})

test('only the part that storage reports as different is sent once more', async () => {
  const context = await setup(inParts)
  context.cloud.fail({ on: 'put-part', how: 'wrong-etag', when: ({ partNumber }) => partNumber === 2 })
  const { path, id } = await add(context, 3 * partBytes)
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(context)).toEqual([`sha256:${sha256Of(path)}`])
  const numbers = context.cloud.operations
    .filter(({ name }) => name === 'put-part')
    .map((put) => put.partNumber)
  expect(numbers.sort()).toEqual([1, 2, 2, 3])
})

test('a part that storage reports as different twice fails before completion', async () => {
  const context = await setup(inParts)
  context.cloud.fail({
    on: 'put-part',
    how: 'wrong-etag',
    times: 2,
    when: ({ partNumber }) => partNumber === 2,
  })
  const { path, id } = await add(context, 3 * partBytes)
  expect(await context.app.settled(id)).toMatchObject({
    phase: 'failed',
    failure: { code: 'storage-differs' },
  })
  expect([hashesIn(context), context.countOf('completeMultipart')]).toEqual([[], 0])
  await context.app.calls.retry({ ids: [id] })
  expect(await context.app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(hashesIn(context)).toEqual([`sha256:${sha256Of(path)}`])
})
