import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { readJournal } from '../../../electron/journal/journal-reader.ts'
import { setup, usualSettings, type EngineHarness } from '../../support/engine.ts'

const partBytes = 5 * 1024 * 1024
/** A little more than three parts of S3’s minimum size. */
const sizeBytes = 3 * partBytes + 123

const countParts = ({ cloud }: EngineHarness) =>
  cloud.operations.filter(({ name }) => name === 'put-part').length

/** Parts at once: none can start before the test releases these. */
const inFlight = 2

/** An upload in parts whose parts in flight are sent but not acknowledged until `release`. */
async function startInParts() {
  const harness = await setup({
    cloud: { partSizeBytes: partBytes },
    settings: { singlePutLimitBytes: partBytes, streamsMost: inFlight },
  })
  const { app, cloud } = harness
  const held = cloud.hold('put-part', 'answer')
  const path = await harness.file('large.safetensors', { sizeBytes })
  const [id = ''] = await app.add(path)
  await held.arrived
  await app.until(() => app.row(id).inFlightBytes === inFlight * partBytes)
  return { ...harness, id, path, release: () => held.release() }
}

/** Starts a pause, and resolves once it is shown. */
async function startPause({ app, id }: Awaited<ReturnType<typeof startInParts>>) {
  const paused = app.calls.pause({ ids: [id] })
  const { pausing } = app.row(id)
  return { paused, pausing }
}

test('a pause finishes the parts that are nearly sent, and shows them and their bytes', async () => {
  const context = await startInParts()
  const { app, id, release } = context
  const { paused, pausing } = await startPause(context)
  expect(pausing).toEqual({
    isSingle: true,
    finishingParts: inFlight,
    unacknowledgedBytes: inFlight * partBytes,
  })
  expect(app.engine.snapshot().totals).toMatchObject({
    running: 1,
    pausing: { uploadCount: 1, finishingParts: inFlight, unacknowledgedBytes: inFlight * partBytes },
  })
  release()
  expect(await paused).toMatchObject({ ok: true })
  expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: inFlight * partBytes, inFlightBytes: 0 })
  expect(app.row(id).pausing).toBeUndefined()
  expect(app.engine.snapshot().totals.pausing).toBeUndefined()
  expect(countParts(context)).toBe(inFlight)

  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect([countParts(context), context.countOf('initiateMultipart')]).toEqual([4, 1])
})

test('stop now ends a pause at once', async () => {
  const context = await startInParts()
  const { app, id, release } = context
  const { paused } = await startPause(context)
  await app.calls.stopPausing({ ids: [id] })
  await paused
  expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: 0, inFlightBytes: 0 })
  release()
})

test('an upload that is resumed right after stop now continues', async () => {
  const context = await startInParts()
  const { app, id, release } = context
  const { paused } = await startPause(context)
  void app.calls.stopPausing({ ids: [id] })
  expect(await app.calls.resume({ ids: [id] })).toMatchObject({ ok: true })
  expect(app.row(id).pausing).toBeUndefined()
  await paused
  release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a pause ends after twenty seconds when storage does not answer', async () => {
  const context = await startInParts()
  const { app, id, clock, release } = context
  const { paused } = await startPause(context)
  clock.advance(19_000)
  expect(app.row(id).pausing).toBeDefined()
  clock.advance(1_000)
  await paused
  expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: 0 })
  release()
})

test.each(['resume', 'resumeAll', 'addFiles'] as const)(
  'an upload that is resumed while it is being paused simply continues (%s)',
  async (how) => {
    const context = await startInParts()
    const { app, id, release } = context
    const { paused } = await startPause(context)
    if (how === 'resume') await app.calls.resume({ ids: [id] })
    else if (how === 'resumeAll') await app.calls.resumeAll(undefined)
    else expect(await app.add(context.path)).toEqual([])
    await paused
    expect(app.row(id)).toMatchObject({ phase: 'sending' })
    expect(app.row(id).pausing).toBeUndefined()
    release()
    expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
    expect([countParts(context), context.countOf('initiateMultipart')]).toEqual([4, 1])
  },
)

test('a pause holds from the start, even if the process dies while it finishes parts', async () => {
  const context = await startInParts()
  const { paused } = await startPause(context)
  const journal = readJournal(context.home)
  expect(journal.ok && journal.value?.unfinished.map(({ record }) => record.phase)).toEqual(['paused'])
  context.release()
  await paused
})

test('pausing all finishes parts too, and resuming all continues them', async () => {
  const context = await startInParts()
  const { app, id, release } = context
  const paused = app.calls.pauseAll(undefined)
  expect(app.row(id).pausing).toMatchObject({ isSingle: false, finishingParts: inFlight })
  await app.calls.resumeAll(undefined)
  await paused
  expect(app.row(id).pausing).toBeUndefined()
  const again = app.calls.pauseAll(undefined)
  release()
  await again
  expect(app.row(id)).toMatchObject({ phase: 'waiting', sentBytes: inFlight * partBytes })
  expect(countParts(context)).toBe(inFlight)
})

test('the end of the app can finish parts first', async () => {
  const context = await startInParts()
  const { app, release, home } = context
  const finished = app.engine.finishParts()
  release()
  await finished
  await app.stop()
  const journal = readJournal(home)
  const [unfinished] = journal.ok ? (journal.value?.unfinished ?? []) : []
  expect(unfinished).toMatchObject({ record: { phase: 'waiting' }, acknowledgedBytes: inFlight * partBytes })
})

test('a stop of the app waits for no parts', async () => {
  const { app, release } = await startInParts()
  const finishing = app.engine.finishParts()
  await app.stop()
  await finishing
  release()
})

test.each(['cancel', 'sign-out'] as const)(
  'a %s does not wait for parts that a pause finishes',
  async (how) => {
    const context = await startInParts()
    const { app, id, release } = context
    const { paused } = await startPause(context)
    const [accountId = ''] = app.session().accounts.map((account) => account.id)
    if (how === 'cancel') await app.calls.cancel({ ids: [id] })
    else await app.calls.signOut({ accountId })
    await paused
    expect(app.rows()).toEqual([])
    release()
    if (how === 'cancel') return
    await app.signIn()
    await app.until(({ rows }) => rows.length === 1)
    expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: 0 })
  },
)

test('a pause finishes and registers a single PUT that is nearly sent', async () => {
  const { app, cloud, file, countOf } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.phase(id, 'finishing')
  expect(app.engine.canFinishParts()).toBe(true)
  const paused = app.calls.pause({ ids: [id] })
  expect(app.row(id).pausing).toEqual({ isSingle: true, finishingParts: 1, unacknowledgedBytes: 150_000 })
  held.release()
  await paused
  expect(app.row(id)).toMatchObject({ phase: 'registered' })
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('a pause waits for no request of an upload that has sent nothing', async () => {
  const { app, cloud, file, countOf } = await setup()
  const held = cloud.hold('presignModel', 'arrival')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.calls.pause({ ids: [id] })
  expect(app.row(id)).toMatchObject({ phase: 'paused' })
  held.release()
  await app.calls.resume({ ids: [id] })
  await app.settled(id)
  expect(countOf('put-object')).toBe(1)
})

test('a pause stops parts that would take long, and sends them again later', async () => {
  const settings = { singlePutLimitBytes: partBytes }
  // A part takes four minutes.
  const harness = await setup({
    cloud: { partSizeBytes: partBytes },
    settings: { ...settings, limitBytesPerSecond: 20_000 },
  })
  const { app, cloud } = harness
  const path = await harness.file('large.safetensors', { sizeBytes: 2 * partBytes })
  const [id = ''] = await app.add(path)
  await app.until(() => app.row(id).inFlightBytes > 0)
  expect(app.engine.canFinishParts()).toBe(false)
  const paused = app.calls.pause({ ids: [id] })
  expect(app.row(id).pausing).toEqual({ isSingle: true, finishingParts: 0, unacknowledgedBytes: 0 })
  await paused
  expect(app.row(id)).toMatchObject({ phase: 'paused', sentBytes: 0, inFlightBytes: 0 })
  app.engine.applySettings({ ...usualSettings, ...settings, server: cloud.url })
  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})
