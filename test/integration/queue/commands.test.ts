import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Operation } from '../../cloud/operations.ts'
import { setup, usualSettings, valueOf } from '../../support/engine.ts'

const large = { sizeBytes: 12_000_000 }
const midway = 4_000_000
/** Small files have places of their own. */
const notSmall = { sizeBytes: 17_000_000 }
/** Socket buffers may hold the rest of a file that storage has partly read. */
const underWay = expect.stringMatching(/^(sending|finishing)$/)

test('a pause that is cut short keeps the row; resuming finishes it', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('put-object', midway)
  const [id = ''] = await app.add(await file('a.safetensors', large))
  await held.arrived
  await app.pauseNow(id)
  expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: 0, inFlightBytes: 0, failure: null })
  held.release()
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('a paused upload frees its place for the next', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 1 } })
  const held = cloud.hold('put-object', midway)
  const [first = '', second = ''] = [
    ...(await app.add(await file('a.safetensors', large))),
    ...(await app.add(await file('b.safetensors'))),
  ]
  await held.arrived
  await app.pauseNow(first)
  held.release()
  expect(await app.settled(second)).toMatchObject({ phase: 'registered' })
  expect(app.row(first).phase).toBe('paused')
})

test('cancelling removes the row and registers nothing', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('put-object', midway)
  const [id = '', other = ''] = [
    ...(await app.add(await file('a.safetensors', large))),
    ...(await app.add(await file('b.safetensors'))),
  ]
  await held.arrived
  await app.calls.cancel({ ids: [id] })
  expect(app.rows().map((row) => row.id)).toEqual([other])
  held.release()
  await app.settled(other)
  expect(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path: path }) => path)).toEqual([
    expect.stringContaining('b.safetensors'),
  ])
})

test('a registered upload can’t be cancelled, only removed from the list', async () => {
  const { app, cloud, file } = await setup()
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.settled(id)
  await app.calls.cancel({ ids: [id] })
  expect(app.row(id).phase).toBe('registered')
  await app.calls.forget({ ids: [id] })
  expect([app.rows(), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([[], 1])
})

test('uploads removed from the list stay in the history, also after a restart', async () => {
  const { app, file, open } = await setup()
  const [id = ''] = await app.add(await file('a.safetensors'))
  const { sha256, modelId } = await app.settled(id)
  await app.calls.dismiss({ ids: [id] })
  expect(app.rows()).toEqual([])
  await app.stop()
  const next = await open()
  expect(next.rows()).toEqual([])
  const page = valueOf(await next.calls.history({ beforeMs: null, search: '', limit: 9 }))
  expect(page.rows).toMatchObject([{ id, sha256, modelId }])
})

test('shows bytes in flight before storage has acknowledged them', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('put-object', midway)
  const [id = ''] = await app.add(await file('a.safetensors', large))
  const row = await app.until(() => app.row(id).inFlightBytes >= midway && app.row(id))
  expect(row).toMatchObject({ phase: underWay, sentBytes: 0, started: true })
  held.release()
  expect(await app.settled(id)).toMatchObject({ sentBytes: 12_000_000, inFlightBytes: 0 })
})

test('shows an upload as finishing until storage responds', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors', large))
  expect(await app.phase(id, 'finishing')).toMatchObject({ sentBytes: 0, inFlightBytes: 12_000_000 })
  held.release()
  await app.settled(id)
})

test('shows a row as registering until the server responds', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('registerModel')
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.phase(id, 'registering')).toMatchObject({ sentBytes: 150_000, modelId: null })
  held.release()
  expect((await app.settled(id)).modelId).not.toBeNull()
})

test('starts an upload that is moved to the top at once, and stops no other', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 1 } })
  const held = cloud.hold('put-object', midway)
  const ids: string[] = []
  for (const name of ['a', 'b', 'c'])
    ids.push(...(await app.add(await file(`${name}.safetensors`, notSmall))))
  await held.arrived
  await app.calls.moveToTop({ ids: ids.slice(2) })
  await app.until(() => app.row(ids[2] ?? '').inFlightBytes > 0)
  expect(ids.map((id) => app.row(id).phase)).toEqual([underWay, 'waiting', underWay])
  held.release()
  await Promise.all(ids.map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(3)
  expect(cloud.operations.filter(({ name }) => name === 'put-object')).toHaveLength(3)
})

test('pauses everything and resumes it from the same point', async () => {
  const { app, cloud, file } = await setup()
  const held = cloud.hold('put-object')
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.push(...(await app.add(await file(`${name}.safetensors`))))
  await held.arrived
  await app.pauseNow()
  held.release()
  expect(app.engine.snapshot()).toMatchObject({
    allPaused: true,
    totals: { running: 0, waiting: 3, paused: 0 },
  })
  await app.calls.resumeAll(undefined)
  await Promise.all(ids.map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(3)
})

test('resumes one upload while all are paused, and no other', async () => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const ids: string[] = []
  for (const name of ['a', 'b']) ids.push(...(await app.add(await file(`${name}.safetensors`))))
  const [id = '', other = ''] = ids
  await app.calls.resume({ ids: [id] })
  await app.settled(id)
  expect(app.row(other).phase).toBe('paused')
  expect(app.engine.snapshot().allPaused).toBe(false)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('resumes individually paused uploads too when everything is resumed', async () => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const ids: string[] = []
  for (const name of ['a', 'b']) ids.push(...(await app.add(await file(`${name}.safetensors`))))
  await app.calls.pause({ ids })
  expect(app.engine.snapshot().totals).toMatchObject({ waiting: 0, paused: 2 })
  await app.calls.resumeAll(undefined)
  await Promise.all(ids.map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('runs no more large files at once than the setting allows', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 2 } })
  const held = cloud.hold('put-object')
  const ids: string[] = []
  for (const name of ['a', 'b', 'c', 'd'])
    ids.push(...(await app.add(await file(`${name}.safetensors`, notSmall))))
  await app.until(
    ({ totals }) => totals.running === 2 && app.rows().filter((row) => row.started).length === 2,
  )
  app.engine.applySettings({ ...usualSettings, server: cloud.url, atOnce: 3 })
  await app.until(({ totals }) => totals.running === 3)
  held.release()
  await Promise.all(ids.map((id) => app.settled(id)))
})

test('runs small files beside large ones that use all places', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 1 } })
  // Not those of the small files: the number of parallel requests may fall while none makes progress.
  const isLarge = ({ headers }: Operation) => headers['content-length'] === String(notSmall.sizeBytes)
  const held = cloud.hold('put-object', 'arrival', { when: isLarge })
  const [large = '', next = ''] = [
    ...(await app.add(await file('large.safetensors', notSmall))),
    ...(await app.add(await file('next.safetensors', notSmall))),
  ]
  await held.arrived
  const small: string[] = []
  for (const name of ['a', 'b', 'c']) small.push(...(await app.add(await file(`${name}.safetensors`))))
  for (const id of small) expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect([large, next].map((id) => app.row(id).phase)).toEqual([underWay, 'waiting'])
  held.release()
  await Promise.all([large, next].map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(5)
})
