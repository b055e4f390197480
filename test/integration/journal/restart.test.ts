import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { uploadRecord } from '../../support/records.ts'
import { unfinishedIn } from '../../support/rows-on-journal.ts'

test('a restart restores queue, pauses, history and sign-in', async () => {
  const { app, cloud, file, open } = await setup()
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  await app.calls.chooseTeam({ accountId, teamId: STUDIO_NORTH_ID })
  const [done = ''] = await app.add(await file('done.safetensors'))
  await app.settled(done)
  const held = cloud.hold('put-object', 4_000_000)
  const [sending = ''] = await app.add(await file('sending.safetensors', { sizeBytes: 12_000_000 }))
  await held.arrived
  const [paused = ''] = await app.add(await file('paused.safetensors'))
  await app.calls.pause({ ids: [paused] })
  const [refused = ''] = await app.add(await file('refused.safetensors', { cutBytes: 9 }))
  const before = new Map(app.rows().map((row) => [row.id, row]))
  await app.stop()
  held.release()

  const next = await open()
  expect(next.session()).toMatchObject({
    accounts: [{ email: ALICE.email, state: 'ready' }],
    chosen: { accountId, teamId: STUDIO_NORTH_ID },
  })
  expect([done, paused, refused].map((id) => next.row(id))).toEqual(
    [done, paused, refused].map((id) => before.get(id)),
  )
  expect(await next.settled(sending)).toMatchObject({ phase: 'registered', team: { id: STUDIO_NORTH_ID } })
  expect(valueOf(await next.calls.history({ beforeMs: null, search: '', limit: 9 })).rows).toHaveLength(2)
  expect(next.row(paused).phase).toBe('paused')
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(2)
})

test('an app that quits while it reads a long queue starts no upload and keeps all of them', async () => {
  const { app, cloud, home, begin, asked, environment } = await setup()
  const [{ id: accountId = '', teams: [team] = [] } = {}] = app.session().accounts
  await app.stop()
  cloud.forgetOperations()
  const { database } = openJournal(home, environment.now())
  const store = createUploadStore(database, environment)
  const records = Array.from({ length: 1_200 }, (_none, position) =>
    uploadRecord({ position, accountId, ...(team ? { team } : {}) }),
  )
  store.add(records)
  store.close()
  const { app: next, started } = begin()
  expect(next.rows()).toHaveLength(100)
  await next.stop()
  expect([await started, asked()]).toEqual([false, []])
  const kept = unfinishedIn(createUploadStore(database, environment))
  expect(kept.map(({ id, phase, failure }) => ({ id, phase, failure }))).toEqual(
    records.map(({ id }) => ({ id, phase: 'waiting', failure: null })),
  )
  database.close()
})

test('a file whose bytes are stored is only registered after a restart', async () => {
  const { app, cloud, file, open, countOf } = await setup()
  cloud.fail({ on: 'registerModel', how: 'stall' })
  const [id = ''] = await app.add(await file('a.safetensors'))
  await expect.poll(() => countOf('registerModel')).toBe(1)
  await app.stop()
  cloud.clearFailures()
  const next = await open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered', sentBytes: 150_000 })
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('a model registered while the app ended is not registered twice', async () => {
  const { app, cloud, file, open, countOf } = await setup()
  const held = cloud.hold('registerModel', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.stop()
  held.release()
  const next = await open()
  const row = await next.settled(id)
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.id)).toEqual([row.modelId])
  expect(countOf('registerModel')).toBe(1)
})

test('a pause of all uploads persists over a restart', async () => {
  const { app, cloud, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.stop()
  cloud.forgetOperations()
  const next = await open()
  await cloud.ended('getCurrentUser')
  expect(next.engine.snapshot()).toMatchObject({ allPaused: true, rows: [{ id, phase: 'waiting' }] })
  expect(cloud.operations.map(({ name }) => name)).toEqual(['getCurrentUser'])
  await next.calls.resumeAll(undefined)
  expect(await next.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a retry delay ends with the app: the next start retries at once', async () => {
  const { app, cloud, file, open } = await setup()
  cloud.fail({ on: 'put-object', how: 503, retryAfterSeconds: 3_000 })
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.phase(id, 'retrying')
  await app.stop()
  const next = await open()
  expect(await next.settled(id)).toMatchObject({ phase: 'registered', failure: null })
})

test('the order of the queue persists over a restart', async () => {
  const { app, cloud, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const ids: string[] = []
  // Larger than small files, which are sent in parallel.
  const sizeBytes = 17_000_000
  for (const name of ['a', 'b', 'c'])
    ids.push(...(await app.add(await file(`${name}.safetensors`, { sizeBytes }))))
  await app.calls.moveToTop({ ids: ids.slice(2) })
  await app.stop()
  const next = await open({ atOnce: 1 })
  await next.calls.resumeAll(undefined)
  await Promise.all(ids.map((id) => next.settled(id)))
  const names = cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path: path }) => path.split('/').at(-1))
  expect(names).toEqual(['c.safetensors', 'a.safetensors', 'b.safetensors'])
})

test('an order of uploads of several accounts and teams is the one that runs after a restart', async () => {
  const { app, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  await app.signIn(BOB)
  const [alice = '', bob = ''] = app.session().accounts.map(({ id }) => id)
  const ids: string[] = []
  for (const [name, accountId, teamId] of [
    ['a', alice, ALICES_TEAM_ID],
    ['b', alice, STUDIO_NORTH_ID],
    ['c', bob, BOBS_TEAM_ID],
    ['d', alice, ALICES_TEAM_ID],
  ] as const) {
    const path = await file(`${name}.safetensors`, { sizeBytes: 17_000_000 })
    ids.push(...(await app.add(path, { team: { accountId, teamId } })))
  }
  const [a = '', b = '', c = '', d = ''] = ids
  valueOf(await app.calls.moveUploads({ ids: [d], before: b }))
  valueOf(await app.calls.moveUploads({ ids: [a], before: null }))
  await app.stop()
  const next = await open({ atOnce: 1 })
  await next.calls.resumeAll(undefined)
  const rows = await Promise.all(ids.map((id) => next.settled(id)))
  const finished = rows.toSorted((one, other) => (one.finishedAtMs ?? 0) - (other.finishedAtMs ?? 0))
  expect(finished.map(({ id }) => id)).toEqual([d, b, c, a])
})

test('uploads in progress and registered ones keep their places', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 1 } })
  const [done = ''] = await app.add(await file('done.safetensors'))
  await app.settled(done)
  const held = cloud.hold('put-object', 4_000_000)
  const [running = ''] = await app.add(await file('a.safetensors', { sizeBytes: 17_000_000 }))
  await held.arrived
  const [waiting = ''] = await app.add(await file('b.safetensors', { sizeBytes: 17_000_000 }))
  const places = () => [done, running].map((id) => app.row(id).position)
  const before = places()
  valueOf(await app.calls.moveUploads({ ids: [running, done, waiting], before: null }))
  expect(places()).toEqual(before)
  held.release()
  await app.settled(waiting)
})

test('a start without the secret keeps the rows for the next sign-in', async () => {
  const { app, cloud, file, open, secretStore } = await setup()
  const held = cloud.hold('presignModel')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.stop()
  held.release()
  secretStore.entries.clear()
  const next = await open()
  expect(await next.phase(id, 'failed')).toMatchObject({ failure: { code: 'signed-out' } })
  expect(next.session().accounts).toMatchObject([{ email: ALICE.email, state: 'signed-out' }])
  await next.signIn()
  expect(await next.phase(id, 'registered')).toMatchObject({ failure: null })
})

test('a sign-out during the start’s request for the user stays effective', async () => {
  const { app, cloud, open, secretStore } = await setup()
  await app.stop()
  const held = cloud.hold('getCurrentUser', 'answer')
  const next = await open()
  await held.arrived
  const [accountId = ''] = next.session().accounts.map(({ id }) => id)
  await next.calls.signOut({ accountId })
  const sessionReported = new Promise<void>((resolve) => next.engine.subscribe({ session: () => resolve() }))
  held.release()
  await sessionReported
  const secrets = [...secretStore.entries.keys()].map((name) => name.split(' ')[0])
  expect([next.session().accounts, secrets]).toEqual([[], ['sealed']])
})

test('the history can be searched and is returned in pages', async () => {
  const { app, file } = await setup({ settings: { atOnce: 1 } })
  for (const name of ['blue', 'red', 'blue two']) {
    const [id = ''] = await app.add(await file(`${name}.safetensors`))
    await app.settled(id)
  }
  const history = async (search: string, limit: number, beforeMs: number | null = null) => {
    const page = valueOf(await app.calls.history({ beforeMs, search, limit }))
    return { names: page.rows.map(({ fileName }) => fileName), next: page.nextBeforeMs }
  }
  expect((await history('BLUE', 9)).names).toEqual(['blue two.safetensors', 'blue.safetensors'])
  const first = await history('', 2)
  const second = await history('', 2, first.next)
  expect([first.names, second]).toEqual([
    ['blue two.safetensors', 'red.safetensors'],
    { names: ['blue.safetensors'], next: null },
  ])
})

test('neither secrets nor signatures are written to the disk', async () => {
  const { app, cloud, file, home, secretStore, environment, clock } = await setup()
  cloud.fail({ on: 'put-object', how: 'lose-answer' })
  cloud.fail({ on: 'put-object', how: 403, times: 2 })
  const ids = await app.add([await file('a.safetensors'), await file('b.safetensors')])
  await Promise.all(ids.map((id) => app.until(() => ['retrying', 'failed'].includes(app.row(id).phase))))
  const seen = JSON.stringify([app.engine.snapshot(), app.session(), environment.lines])
  clock.advance(3_600)
  await app.stop()
  const disk = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
    .join('\n')
  const secrets = [...secretStore.entries.values()].flatMap((text) =>
    Object.values(JSON.parse(text) as object).filter((value) => typeof value === 'string'),
  )
  const forbidden = [...secrets, ALICE.password, 'X-Amz-', 'Bearer ']
  expect(disk).toContain('a.safetensors')
  expect(secrets).toHaveLength(2)
  expect(forbidden.filter((text) => disk.includes(text) || seen.includes(text))).toEqual([])
})
