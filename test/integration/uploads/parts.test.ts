import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import { setup, sha256Of, type EngineOptions, type World } from '../../support/engine.ts'

const mebi = 1024 * 1024
/** Twelve parts and a bit, of the smallest size that S3 takes. */
const partBytes = 5 * mebi
const fileBytes = 12 * partBytes + 123
const inParts: EngineOptions = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes },
}

async function add(world: World, sizeBytes = fileBytes) {
  const path = await world.file('large.safetensors', { sizeBytes })
  const [id = ''] = await world.app.add(path)
  return { path, id }
}

const partsIn = ({ cloud }: World, status = 200) =>
  cloud.operations.filter((operation) => operation.name === 'put-part' && operation.status === status)

/** That one object and one model are there, both the file, and storage holds nothing else. */
async function expectOne({ cloud }: World, path: string) {
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  const objects = await cloud.objects()
  expect(models.map((model) => model.file_hash)).toEqual([`sha256:${sha256Of(path)}`])
  expect(await Promise.all(objects.map((object) => object.sha256()))).toEqual([sha256Of(path)])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

/** That nothing was registered and storage was freed of the parts. */
async function expectNothing({ cloud }: World) {
  await cloud.ended('abortMultipart')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(await cloud.objects()).toEqual([])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

test.each(STORAGE_KINDS)('a large file goes in parts and arrives whole (%s)', async (kind) => {
  const storage = await startStorage(kind)
  const world = await setup({ ...inParts, cloud: { ...inParts.cloud, ...storage.options } })
  const { path, id } = await add(world)
  expect(await world.app.settled(id)).toMatchObject({ phase: 'registered', sentBytes: fileBytes })
  expect(
    partsIn(world)
      .map(({ bytes }) => bytes ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0),
  ).toBe(fileBytes)
  await expectOne(world, path)
})

test('parts that storage acknowledged before a restart are not sent again', async () => {
  const world = await setup(inParts)
  const { path, id } = await add(world)
  await world.app.until(({ rows }) => rows.some(({ sentBytes }) => sentBytes >= 3 * partBytes))
  await world.app.stop()
  const sent = partsIn(world).length
  const next = await world.open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered' })
  expect(partsIn(world).length - sent).toBeLessThanOrEqual(13 - 3)
  expect(world.cloud.operations.filter(({ name }) => name === 'initiateMultipart')).toHaveLength(1)
  await expectOne(world, path)
})

test('pausing keeps the parts, resuming sends the others', async () => {
  const world = await setup(inParts)
  const { path, id } = await add(world)
  await world.cloud.ended('put-part', 2)
  await world.app.calls.pause({ ids: [id] })
  expect(world.app.row(id).phase).toBe('paused')
  expect(await world.cloud.unfinishedUploads()).toHaveLength(1)
  await world.app.calls.resume({ ids: [id] })
  expect((await world.app.settled(id)).phase).toBe('registered')
  expect(world.cloud.operations.filter(({ name }) => name === 'initiateMultipart')).toHaveLength(1)
  await expectOne(world, path)
})

test('a cut that does not fit the file is refused before a byte is sent', async () => {
  const world = await setup({ ...inParts, cloud: { partSizeBytes: mebi, minimumPartBytes: 1 } })
  const { id } = await add(world)
  expect((await world.app.settled(id)).failure?.code).toBe('parts-do-not-fit')
  expect(partsIn(world)).toEqual([])
  await expectNothing(world)
})
