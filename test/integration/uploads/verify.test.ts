import { expect, test } from 'vitest'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, valueOf, type App, type EngineHarness } from '../../support/engine.ts'

/** Adds a file and resolves with its row once its verification has this kind. */
async function uploaded(harness: EngineHarness, kind: Verification['kind']): Promise<UploadRow> {
  const [id = ''] = await harness.app.add(await harness.file('loras/one.safetensors'))
  return verifiedAs(harness.app, id, kind)
}

const verifiedAs = (app: App, id: string, kind: Verification['kind']) =>
  app.until(({ rows }) => rows.find((row) => row.id === id && row.verification?.kind === kind))

/** Answers the next request for a model with its record, changed. */
function answerWith({ cloud }: EngineHarness, change: object): void {
  cloud.fail({
    on: 'getModel',
    how: {
      status: 200,
      get body() {
        return JSON.stringify({ ...cloud.modelsOf(ALICES_TEAM_ID)[0], ...change })
      },
    },
  })
}

/**
 * Moves the clock on to each delay until the verification has ended. Timeouts of requests are longer than
 * `maxDelayMs` unless they are to expire.
 */
async function advanceUntilVerified(
  { app, clock }: EngineHarness,
  id: string,
  maxDelayMs = 10_000,
): Promise<Verification> {
  const waiting = setInterval(() => {
    const [delayMs] = clock.waits()
    if (delayMs !== undefined && delayMs <= maxDelayMs) clock.advance(delayMs)
  }, 20)
  const row = await app.until(({ rows }) =>
    rows.find((row) => row.id === id && row.verification && row.verification.kind !== 'pending'),
  )
  clearInterval(waiting)
  return row.verification ?? { kind: 'pending' }
}

test('compares a registered model with its file and keeps the result in the history', async () => {
  const harness = await setup()
  const row = await uploaded(harness, 'verified')
  expect(row).toMatchObject({ phase: 'registered', failure: null })
  expect(harness.countOf('getModel')).toBe(1)
  await harness.app.stop()
  const later = await harness.open()
  const { rows } = valueOf(await later.calls.history({ beforeMs: null, search: '', limit: 10 }))
  expect(rows).toMatchObject([{ id: row.id, verification: { kind: 'verified' } }])
  expect(harness.countOf('getModel')).toBe(1)
})

test.each([
  ['size', { file_size: 7 }, '150000', '7'],
  ['hash', { file_hash: `sha256:${'0'.repeat(64)}` }, /^sha256:[0-9a-f]{64}$/, `sha256:${'0'.repeat(64)}`],
  ['path', { model_path: 'models/else\u202e.safetensors' }, /^models\/loras\//, 'models/else.safetensors'],
  ['type', { model_type: 'vae' }, 'loras', 'vae'],
  ['storageKey', { storage_key: 'models/other' }, /^models\//, 'models/other'],
])(
  'a different %s needs attention until another verification finds none',
  async (field, change, expected, found) => {
    const harness = await setup()
    const { app } = harness
    answerWith(harness, change)
    const row = await uploaded(harness, 'differs')
    expect(row).toMatchObject({
      phase: 'registered',
      failure: { code: 'record-differs', params: { field, found } },
      verification: { differences: [{ field, expected: expect.stringMatching(expected), found }] },
    })
    expect(app.engine.snapshot().totals).toMatchObject({ needsYou: 1, registeredToday: 0 })
    await app.calls.retry({ ids: [row.id] })
    expect(await verifiedAs(app, row.id, 'verified')).toMatchObject({ phase: 'registered', failure: null })
    expect(app.engine.snapshot().totals).toMatchObject({ needsYou: 0, registeredToday: 1 })
    expect(harness.countOf('registerModel')).toBe(1)
  },
)

test('an upload that was dismissed before its verification is listed again if its record is wrong', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  const held = cloud.hold('getModel')
  answerWith(harness, { file_size: 7 })
  const [id = ''] = await app.add(await harness.file('a.safetensors'))
  await app.phase(id, 'registered')
  await held.arrived
  valueOf(await app.calls.dismiss({ ids: [id] }))
  await app.until(({ rows }) => (rows.length === 0 ? rows : undefined))
  held.release()
  expect(await verifiedAs(app, id, 'differs')).toMatchObject({ failure: { code: 'record-differs' } })
})

test('a later file does not wait for the verification of an earlier one', async () => {
  const harness = await setup({ settings: { atOnce: 1 } })
  const { app, cloud } = harness
  const held = cloud.hold('getModel')
  const ids = await app.add([await harness.file('a.safetensors'), await harness.file('b.safetensors')])
  for (const id of ids)
    expect(await app.settled(id)).toMatchObject({ phase: 'registered', verification: { kind: 'pending' } })
  held.release()
  for (const id of ids) await verifiedAs(app, id, 'verified')
})

test.each([
  ['a bare 404', { status: 404, body: '404 page not found' }],
  ['405', 405],
  ['501', 501],
] as const)('a server that answers %s is asked once and nothing is verified', async (_name, how) => {
  const harness = await setup()
  harness.cloud.fail({ on: 'getModel', how, times: Infinity })
  const row = await uploaded(harness, 'not-verified')
  expect(row).toMatchObject({
    phase: 'registered',
    failure: null,
    verification: { reason: 'unsupported', isFinal: true },
  })
  expect(harness.countOf('getModel')).toBe(1)
})

test('a record that the server does not return at first is requested again', async () => {
  const harness = await setup()
  harness.cloud.fail({ on: 'getModel', how: 404, times: 3 })
  const [id = ''] = await harness.app.add(await harness.file('a.safetensors'))
  expect(await advanceUntilVerified(harness, id)).toMatchObject({ kind: 'verified' })
  expect(harness.countOf('getModel')).toBe(4)
})

test('a model that is not in the library needs attention until it is found there', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  cloud.fail({ on: 'getModel', how: 404, times: Infinity })
  const [id = ''] = await app.add(await harness.file('a.safetensors'))
  expect(await advanceUntilVerified(harness, id)).toMatchObject({
    kind: 'not-verified',
    reason: 'missing',
    isFinal: true,
  })
  expect(app.row(id)).toMatchObject({ phase: 'registered', failure: { code: 'record-missing' } })
  expect(app.engine.snapshot().totals).toMatchObject({ needsYou: 1, registeredToday: 0 })
  cloud.clearFailures()
  await app.calls.retry({ ids: [id] })
  expect(await verifiedAs(app, id, 'verified')).toMatchObject({ phase: 'registered', failure: null })
})

test('a model that a later upload replaces before its verification is not reported as missing', async () => {
  const harness = await setup()
  const { app, cloud, clock, file } = harness
  const other = cloud.hold('put-object', 'arrival', { times: 1 })
  const [slow = ''] = await app.add(await file('slow.safetensors'))
  await other.arrived
  const target = { modelPath: 'models/loras/style.safetensors' }
  const [old = ''] = await app.add(await file('old.safetensors'), { target })
  await app.phase(old, 'registered')
  const [id = ''] = await app.add(await file('new.safetensors'), { target })
  await app.phase(id, 'failed')
  valueOf(await app.engine.decide({ ids: [id], choice: 'replace', fate: 'delete' }))
  await app.phase(id, 'registered')
  expect(app.row(old)).toMatchObject({ verification: { reason: 'deleted', isFinal: true }, failure: null })
  other.release()
  await verifiedAs(app, slow, 'verified')
  await verifiedAs(app, id, 'verified')
  // The first verification would look for the model four times.
  for (let attempt = 0; attempt < 4; attempt += 1) clock.advance(5_000)
  expect(app.row(old)).toMatchObject({ verification: { reason: 'deleted' }, failure: null })
  expect(app.engine.snapshot().totals).toMatchObject({ needsYou: 0 })
})

test('a record that lacks a field, or was edited since, is not verified', async () => {
  const harness = await setup()
  answerWith(harness, { file_hash: null })
  const row = await uploaded(harness, 'not-verified')
  expect(row.verification).toMatchObject({ reason: 'incomplete', isFinal: true })
  answerWith(harness, { model_path: 'models/moved.safetensors', updated_at: '2099-01-01T00:00:00Z' })
  await harness.app.calls.retry({ ids: [row.id] })
  const edited = await harness.app.until(({ rows }) =>
    rows.find(
      ({ verification }) => verification?.kind === 'not-verified' && verification.reason === 'edited',
    ),
  )
  expect(edited.failure).toBeNull()
})

test('a failed request is repeated', async () => {
  const harness = await setup()
  harness.cloud.fail({ on: 'getModel', how: 503, times: 2 })
  const [id = ''] = await harness.app.add(await harness.file('a.safetensors'))
  expect(await advanceUntilVerified(harness, id)).toMatchObject({ kind: 'verified' })
  expect(harness.countOf('getModel')).toBe(3)
})

test.each([
  ['fails', 503, 'server-trouble', 10_000],
  ['does not answer', 'stall', 'timed-out', 60_000],
] as const)(
  'a server that %s every time leaves it not verified until the next start',
  async (_name, how, reason, maxDelayMs) => {
    const harness = await setup()
    harness.cloud.fail({ on: 'getModel', how, times: Infinity })
    const [id = ''] = await harness.app.add(await harness.file('a.safetensors'))
    expect(await advanceUntilVerified(harness, id, maxDelayMs)).toMatchObject({
      kind: 'not-verified',
      reason,
      isFinal: false,
    })
    expect(harness.app.row(id)).toMatchObject({ phase: 'registered', failure: null })
    expect(harness.countOf('getModel')).toBe(4)
    await harness.app.stop()
    harness.cloud.clearFailures()
    await verifiedAs(await harness.open(), id, 'verified')
  },
)

test('a verification that the end of the app interrupts follows at the next start', async () => {
  const harness = await setup()
  const held = harness.cloud.hold('getModel')
  const [id = ''] = await harness.app.add(await harness.file('a.safetensors'))
  await held.arrived
  expect(await harness.app.settled(id)).toMatchObject({ verification: { kind: 'pending' } })
  await harness.app.stop()
  held.release()
  await verifiedAs(await harness.open(), id, 'verified')
})

test('an upload that is removed from the history meanwhile stays removed', async () => {
  const harness = await setup()
  const { app, cloud } = harness
  const held = cloud.hold('getModel')
  const [id = ''] = await app.add(await harness.file('a.safetensors'))
  await held.arrived
  await app.settled(id)
  valueOf(await app.calls.forget({ ids: [id] }))
  held.release()
  await cloud.ended('getModel')
  await app.stop()
  const later = await harness.open()
  expect(valueOf(await later.calls.history({ beforeMs: null, search: '', limit: 10 })).rows).toEqual([])
})
