import { linkSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { accessTokenOf, startCommand, startProgram, type Started } from '../../support/command-line.ts'
import { setup as setupWorld, sha256Of, type EngineOptions } from '../../support/engine.ts'
import { advanceUntil, begunUpload, settled } from '../faults/fault.ts'
import { testProgram } from '../../support/runner/test-programs.ts'

const large = { sizeBytes: 12_000_000 }

/** A signed-in app and a command line with its own token on the same data folder. */
async function setup(options: EngineOptions = {}) {
  const context = await setupWorld(options)
  const environment = {
    MODELFERRY_SERVER: context.cloud.url,
    MODELFERRY_HOME: context.home,
    MODELFERRY_TEAM: ALICES_TEAM_ID,
    MODELFERRY_TOKEN: await accessTokenOf(context.cloud.url, ALICE),
    ...(options.cloud?.partSizeBytes
      ? { MODELFERRY_MULTIPART_FROM: String(options.cloud.partSizeBytes) }
      : {}),
  }
  return {
    ...context,
    /** Starts a second app in its own process with the same keychain. */
    otherApp: (...more: string[]): Started =>
      startProgram(
        [process.execPath, testProgram('other-app'), context.home, context.cloud.url, ...more],
        {},
        JSON.stringify(Object.fromEntries(context.secretStore.entries)),
      ),
    upload: (...words: string[]): Started => startCommand(['upload', '--json', ...words], environment),
  }
}

test('the app adopts and finishes the upload of a killed process', async () => {
  const { app, cloud, file, open, upload } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const { child, ended } = upload(path)
  await held.arrived
  child.kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  held.release()

  const next = await open()
  const [row] = next.rows()
  expect(await next.settled(row?.id ?? '')).toMatchObject({ phase: 'registered', sha256: sha256Of(path) })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('the same command after a kill continues the row', async () => {
  const { app, cloud, file, open, upload } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const killed = upload(path)
  await held.arrived
  killed.child.kill('SIGKILL')
  await killed.ended
  held.release()

  const { code, json } = await upload(path).ended
  const last = json().at(-1)
  expect([code, last?.event]).toEqual([0, 'verified'])
  const next = await open()
  expect(next.rows().map(({ id, phase }) => [id, phase])).toEqual([[last?.['id'], 'registered']])
})

test('Ctrl-C pauses the upload and the app does not continue it automatically', async () => {
  const { app, cloud, file, open, upload } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const { child, ended, line } = upload(path)
  await held.arrived
  child.kill('SIGINT')
  // The rest fits into the socket's buffers, so the pause would wait for its response.
  await line(({ event }) => event === 'pausing')
  child.kill('SIGINT')
  const { code } = await ended
  held.release()
  expect(code).toBe(130)

  const next = await open()
  expect(next.rows().map(({ phase }) => phase)).toEqual(['paused'])
  await next.stop()
  expect((await upload(path).ended).code).toBe(0)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('the app and the command line send at the same time without sharing rows', async () => {
  const { app, cloud, file, upload, clock } = await setup()
  cloud.fail({ on: 'put-object', how: 'stall', after: 4_000_000 })
  const [ours = ''] = await app.add(await file('ours.safetensors', large))
  await app.until(() => app.row(ours).inFlightBytes >= 4_000_000)
  const { code, json } = await upload(await file('theirs.safetensors')).ended
  expect([code, json().at(-1)]).toMatchObject([0, { event: 'verified', file: 'theirs.safetensors' }])
  expect(app.engine.snapshot().totals).toMatchObject({ running: 1, waiting: 0 })
  cloud.clearFailures()
  await app.phase(ours, 'retrying')
  clock.advance(1_000)
  expect(await app.settled(ours)).toMatchObject({ phase: 'registered' })
  expect([app.rows().length, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 2])
})

test('the engine reports that the command line has uploads until it ends', async () => {
  const { app, cloud, file, open, upload } = await setup()
  const [ours = ''] = await app.add(await file('ours.safetensors'))
  await app.settled(ours)
  expect(app.engine.areOthersUploading()).toBe(false)
  const held = cloud.hold('put-object', 4_000_000)
  const { ended } = upload(await file('theirs.safetensors', large))
  await held.arrived
  expect(app.engine.areOthersUploading()).toBe(true)
  await app.stop()
  expect(app.engine.areOthersUploading()).toBe(true)
  held.release()
  expect((await ended).code).toBe(0)
  expect((await open()).engine.areOthersUploading()).toBe(false)
})

test('the command line waits for the app that sends the same file and reports its model', async () => {
  const { app, cloud, file, upload, countOf } = await setup()
  const path = await file('ours.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const [ours = ''] = await app.add(path)
  await held.arrived
  const second = upload(path)
  const waiting = await second.line(({ event }) => event === 'waiting')
  expect(waiting).toMatchObject({ code: 'other-process', detail: `process ${process.pid}` })
  held.release()
  const { modelId } = await app.settled(ours)
  const { code, json } = await second.ended
  expect(json().map(({ event }) => event)).toEqual(['queued', 'waiting', 'already-there'])
  expect([code, json().at(-1)]).toMatchObject([0, { model: modelId, sentBytes: 0 }])
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('the app waits for the command line that sends the same file', async () => {
  const { app, cloud, clock, file, upload, countOf } = await setup()
  const path = await file('theirs.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const theirs = upload(path)
  await held.arrived
  const [id = ''] = await app.add(path)
  expect((await app.phase(id, 'retrying')).failure?.code).toBe('other-process')
  held.release()
  expect((await theirs.ended).code).toBe(0)
  clock.advance(1_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', sentBytes: 0 })
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test.each([1, 2, 3])('commands started at the same moment send one file once (round %i)', async () => {
  const { app, cloud, file, upload, countOf } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const link = path.replace('a.safetensors', 'linked/a.safetensors')
  mkdirSync(dirname(link))
  linkSync(path, link)
  const ended = await Promise.all([upload(path), upload(path), upload(link)].map((one) => one.ended))
  const last = ended.map(({ json }) => json().at(-1))
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(last.map((line) => line?.event).sort()).toEqual(['already-there', 'already-there', 'verified'])
  expect(new Set(last.map((line) => line?.['model'])).size).toBe(1)
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

const partSizeBytes = 5_242_880

/** Parts that storage has acknowledged, in the order of their numbers; one that was sent twice is there twice. */
const sentParts = ({ operations }: Cloud) =>
  operations
    .flatMap(({ name, status, partNumber = 0 }) =>
      name === 'put-part' && status === 200 ? [partNumber] : [],
    )
    .sort((one, other) => one - other)

test.each([
  ['killed', 'SIGKILL', null],
  ['terminated', 'SIGTERM', 143],
] as const)(
  'a waiting command takes over from a %s one without sending its parts again',
  async (_how, signal, code) => {
    const { app, cloud, file, open, upload, countOf } = await setup({ cloud: { partSizeBytes } })
    await app.stop()
    const path = await file('a.safetensors', { sizeBytes: 3 * partSizeBytes })
    // The journal has the first two parts; the third does not arrive.
    const held = cloud.hold('put-part', 'arrival', { skip: 2 })
    const first = upload(path)
    await held.arrived
    await cloud.ended('put-part', 2)
    const second = upload(path)
    await second.line(({ event }) => event === 'waiting')
    first.child.kill(signal)
    expect((await first.ended).code).toBe(code)
    held.release()
    const ended = await second.ended
    expect([ended.code, ended.json().at(-1)?.event]).toEqual([0, 'verified'])
    expect([sentParts(cloud), countOf('initiateMultipart')]).toEqual([[1, 2, 3], 1])
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
    const next = await open()
    expect(next.rows()).toHaveLength(1)
  },
)

test.each(['pause', 'cancel'] as const)(
  'a waiting command continues with the parts of an app after its %s',
  async (call) => {
    const { app, cloud, file, upload, countOf } = await setup({
      cloud: { partSizeBytes },
      settings: { singlePutLimitBytes: partSizeBytes },
    })
    const path = await file('a.safetensors', { sizeBytes: 3 * partSizeBytes })
    const held = cloud.hold('put-part', 'arrival', { skip: 2 })
    const [id = ''] = await app.add(path)
    await held.arrived
    await app.until(() => app.row(id).sentBytes >= 2 * partSizeBytes)
    const second = upload(path)
    await second.line(({ event, code }) => event === 'waiting' && code === 'other-process')
    if (call === 'pause') await app.pauseNow(id)
    else await app.calls.cancel({ ids: [id] })
    held.release()
    expect((await second.ended).json().at(-1)).toMatchObject({ event: 'verified' })
    expect([sentParts(cloud), countOf('initiateMultipart'), countOf('abortMultipart')]).toEqual([
      [1, 2, 3],
      1,
      0,
    ])
    expect([await cloud.unfinishedUploads(), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([[], 1])
  },
)

test('the app and the command line never wait for each other', async () => {
  const { app, clock, cloud, file, upload, countOf } = await setup()
  const path = await file('a.safetensors', large)
  cloud.fail({ on: 'put-object', how: 'stall', after: 4_000_000, times: 2 })
  const [id = ''] = await app.add(path)
  await app.until(() => app.row(id).inFlightBytes >= 4_000_000)
  const second = upload(path)
  await second.line(({ event }) => event === 'waiting')
  await app.pauseNow(id)
  await expect.poll(() => countOf('put-object'), { timeout: 10_000 }).toBe(2)
  await app.calls.resume({ ids: [id] })
  expect((await app.phase(id, 'retrying')).failure?.code).toBe('other-process')
  // The command line loses its connection and checks again.
  cloud.clearFailures()
  expect((await second.ended).code).toBe(0)
  clock.advance(1_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', sentBytes: 0 })
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([3, 1])
})

test('the command line waits while a pause of the app finishes parts, and when it is resumed', async () => {
  const { app, cloud, file, upload, countOf } = await setup({
    cloud: { partSizeBytes },
    settings: { singlePutLimitBytes: partSizeBytes },
  })
  const path = await file('a.safetensors', { sizeBytes: 3 * partSizeBytes })
  const link = path.replace('a.safetensors', 'linked/a.safetensors')
  mkdirSync(dirname(link))
  linkSync(path, link)
  const held = cloud.hold('put-part', 'answer')
  const [id = ''] = await app.add(path)
  await held.arrived
  // Parts that are not sent completely are stopped.
  await app.until(() => {
    const { inFlightBytes } = app.row(id)
    return inFlightBytes > 0 && inFlightBytes === countOf('put-part') * partSizeBytes
  })
  const paused = app.calls.pause({ ids: [id] })
  expect(app.row(id).pausing).toBeDefined()
  const second = upload(link)
  const first = await second.line(({ event }) => event === 'waiting' || event === 'progress')
  expect(first).toMatchObject({ event: 'waiting', code: 'other-process' })
  await app.calls.resume({ ids: [id] })
  await paused
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  const { code, json } = await second.ended
  expect([code, json().at(-1)?.event]).toEqual([0, 'already-there'])
  expect([countOf('initiateMultipart'), countOf('put-part')]).toEqual([1, 3])
})

test('the command line uploads what an app on "Pause all" does not send', async () => {
  const context = await setup()
  const { app, cloud, file, upload } = context
  const path = await file('a.safetensors', large)
  cloud.fail({ on: 'put-object', how: 503, retryAfterSeconds: 60 })
  const [id = ''] = await app.add(path)
  await app.phase(id, 'retrying')
  const second = upload(path)
  await second.line(({ event }) => event === 'waiting')
  await app.calls.pauseAll(undefined)
  const { code, json } = await second.ended
  expect([code, json().at(-1)?.event]).toEqual([0, 'verified'])
  await app.calls.resumeAll(undefined)
  expect(await settled(begunUpload(context, id))).toMatchObject({ phase: 'registered', sentBytes: 0 })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('a model is complete once the app has sent the shard that the command line waited for', async () => {
  const { app, cloud, file, upload } = await setup()
  const shards = await Promise.all(
    [1, 2].map((number) => file(`model-0000${number}-of-00002.safetensors`, large)),
  )
  const held = cloud.hold('put-object', 4_000_000)
  const [id = ''] = await app.add(shards[0] ?? '')
  await held.arrived
  const second = upload(...shards)
  await second.line(({ event, code }) => event === 'waiting' && code === 'other-process')
  held.release()
  await app.settled(id)
  const { code, err } = await second.ended
  expect([code, err]).toEqual([0, expect.not.stringContaining('missing')])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('a command does not wait for one that sends the same file to another path', async () => {
  const { app, cloud, file, upload } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const first = upload(path)
  await held.arrived
  // Later requests of this name are held too, so the second has begun to send once two have arrived.
  const second = upload('--path', 'models/vae/b.safetensors', path)
  await expect.poll(() => cloud.operations.filter(({ name }) => name === 'put-object').length).toBe(2)
  held.release()
  expect((await Promise.all([first.ended, second.ended])).map(({ code }) => code)).toEqual([0, 0])
})

test('one process that gets a file twice at once, and a hard link to it, sends it once', async () => {
  const context = await setup()
  const { app, cloud, file, countOf } = context
  const path = await file('a.safetensors', large)
  const link = path.replace('a.safetensors', 'linked/a.safetensors')
  mkdirSync(dirname(link))
  linkSync(path, link)
  const held = cloud.hold('put-object', 4_000_000)
  await Promise.all([path, path, link].map((one) => app.engine.add([one])))
  await held.arrived
  held.release()
  await advanceUntil(begunUpload(context, ''), () => app.rows().every(({ phase }) => phase === 'registered'))
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('a second app adopts uploads only after the first process has ended', async () => {
  const { app, file, otherApp, open, countOf } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const second = await otherApp().ended
  expect([second.code, JSON.parse(second.out)]).toEqual([0, []])

  await app.stop()
  const after = await otherApp().ended
  expect(JSON.parse(after.out)).toEqual([id])
  const last = await open()
  await last.calls.resumeAll(undefined)
  expect(await last.settled(id)).toMatchObject({ phase: 'registered' })
  expect(countOf('put-object')).toBe(1)
})

test('nothing is lost when a second app dies with a claimed row', async () => {
  const { app, file, otherApp, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.stop()
  const { child, ended, printed } = otherApp('stay')
  await printed((out) => out.includes('\n'))
  const second = await open()
  expect(second.rows()).toEqual([])
  await second.stop()
  child.kill('SIGKILL')
  await ended
  const last = await open()
  expect(last.rows().map((row) => row.id)).toEqual([id])
})

test('an order of the queue survives the kill of its process', async () => {
  const { app, file, open, otherApp } = await setup()
  await app.calls.pauseAll(undefined)
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.push(...(await app.add(await file(`${name}.safetensors`))))
  await app.stop()
  const { child, ended, printed } = otherApp('reverse')
  await printed((out) => out.includes('\n'))
  child.kill('SIGKILL')
  await ended
  const rows = (await open()).rows().toSorted((one, other) => one.position - other.position)
  expect(rows.map(({ id }) => id)).toEqual(ids.toReversed())
})
