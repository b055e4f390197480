import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CloudClient, Signer } from '../../../electron/cloud/client.ts'
import type { ModelWire } from '../../../electron/cloud/wire.ts'
import type { Account } from '../../../electron/contract/account.ts'
import {
  failed,
  failure,
  success,
  type Failure,
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import {
  modelIdOf,
  verificationOf,
  type RegisteredUpload,
  type UploadState,
} from '../../../electron/journal/upload-record.ts'
import type { Row } from '../../../electron/journal/rows.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import type { Receipt } from '../../../electron/contract/receipt.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { createVerifier } from '../../../electron/uploads/verify.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { passDelay } from '../../support/pass-delay.ts'
import { withVerification } from '../../support/records.ts'

type ModelPage = { readonly models: readonly ModelWire[]; readonly total: number }
type Answer = Result<ModelWire | ModelPage> | Promise<Result<ModelWire>>

/** The server asks for a delay of some minutes. */
const busy = failed(failure('server-trouble', { status: 503 }, { retryAfterMs: 300_000 }))

/** A verifier of registered uploads, whose server answers each request like this. */
function setup({
  state = 'ready',
  answer = () => busy,
  uploadCount = 1,
  hasRows = false,
  before = { kind: 'pending' },
  written = () => success(undefined),
}: {
  readonly state?: Account['state']
  readonly answer?: (upload: RegisteredUpload, all: readonly RegisteredUpload[], path: string) => Answer
  readonly uploadCount?: number
  /** Whether the uploads are in the list of uploads, not only in the history. */
  readonly hasRows?: boolean
  /** The last verification of each upload. */
  readonly before?: Verification
  /** The result of writing a verification. */
  readonly written?: () => Result<void>
}) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-verifier-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const store = createUploadStore(database, 'me', environment)
  const uploads = Array.from({ length: uploadCount }, (_, index) => {
    const upload = withVerification(before)
    return { ...upload, state: { ...upload.state, modelId: `m${index}` } }
  })
  const [upload = withVerification({ kind: 'pending' })] = uploads
  store.add(uploads)
  const account: Account = {
    id: upload.accountId,
    kind: 'device',
    server: 'https://cloud.example',
    personId: 'alice',
    name: 'Alice',
    email: 'alice@example.com',
    teams: [upload.team],
    state,
  }
  const counts = { requests: 0, writes: 0, changes: 0, flushes: 0 }
  const results: (Verification | null)[] = []
  let ended = Promise.withResolvers<Verification | null>()
  const client = {
    server: account.server,
    async send({ path }: { readonly path: string }) {
      counts.requests += 1
      return answer(upload, uploads, path)
    },
  } as unknown as CloudClient
  const verifier = createVerifier({
    rows: {
      get: (id) => (hasRows ? ({ record: store.find(id) } as Row) : undefined),
      change(id, change, { isFlushed = true }: { readonly isFlushed?: boolean } = {}) {
        counts.changes += 1
        if (isFlushed) counts.flushes += 1
        const record = store.find(id)
        const saved = written()
        return record && saved.ok ? store.save([{ ...record, ...change }]) : saved
      },
      inTransaction: store.transaction,
    },
    store: {
      find: store.find,
      unverified: store.unverified,
      registeredAs: store.registeredAs,
      save(records, { isFlushed = true }: { readonly isFlushed?: boolean } = {}) {
        counts.writes += 1
        if (isFlushed) counts.flushes += 1
        const saved = written()
        return saved.ok ? store.save(records) : saved
      },
    },
    accounts: {
      list: () => [account],
      accessFor: () => success({ client, signer: {} as Signer, kind: 'device' }),
    },
    environment,
    verified(_id, verification) {
      results.push(verification)
      ended.resolve(verification)
    },
  })
  return {
    clock,
    counts,
    environment,
    results,
    store,
    upload,
    uploads,
    verifier,
    pass: (delayMs: number) => passDelay(clock, delayMs),
    /** Resolves with the first result, or null for an upload that is not verified now. */
    async verifyOpen(): Promise<Verification | null> {
      ended = Promise.withResolvers()
      verifier.verifyOpen()
      return state === 'ready' ? ended.promise : null
    },
  }
}

/** The library's record of an upload, with these changes. */
const recordOf = (upload: RegisteredUpload, change: Partial<ModelWire> = {}) =>
  success(wireOf(upload, change))

const wireOf = (upload: RegisteredUpload, change: Partial<ModelWire> = {}): ModelWire => ({
  id: upload.state.modelId,
  display_name: upload.target.displayName,
  model_type: upload.target.modelType,
  storage_key: upload.state.storageKey,
  file_size: upload.identity.sizeBytes,
  file_hash: `sha256:${upload.state.sha256}`,
  model_path: upload.target.modelPath,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:01.000Z',
  ...change,
})

function reasonOf(state: UploadState | undefined): string | undefined {
  const verification = state && verificationOf(state)
  return verification?.kind === 'not-verified' ? verification.reason : verification?.kind
}

const editedAt = '2026-01-01T00:00:01.001Z'

test.each<[string, Partial<ModelWire>]>([
  ['the same values', {}],
  ['a hash in upper case', { file_hash: `SHA256:${'AB'.repeat(32)}` }],
  ['a hash without its algorithm', { file_hash: 'ab'.repeat(32) }],
  ['another name', { display_name: 'Other', updated_at: editedAt }],
])('a record with %s is verified', async (_what, change) => {
  const { verifyOpen } = setup({ answer: (upload) => recordOf(upload, change) })
  expect(await verifyOpen()).toMatchObject({ kind: 'verified' })
})

test.each<[string, Partial<ModelWire>]>([
  ['edited', { model_type: 'vae', updated_at: editedAt }],
  ['edited', { model_path: 'models/moved.safetensors', updated_at: editedAt }],
  ['incomplete', { model_type: '' }],
  ['incomplete', { model_path: null }],
  ['incomplete', { storage_key: null }],
  ['incomplete', { file_size: null }],
])('a record that is %s is not verified: %j', async (reason, change) => {
  const { verifyOpen } = setup({ answer: (upload) => recordOf(upload, change) })
  expect(await verifyOpen()).toMatchObject({ kind: 'not-verified', reason, isFinal: true })
})

test.each<[string, Partial<ModelWire>]>([
  ['path', { model_path: 'models/moved.safetensors' }],
  ['type', { model_type: 'vae' }],
  ['size', { file_size: 7, model_type: 'vae', updated_at: editedAt }],
  ['hash', { file_hash: `sha256:${'cd'.repeat(32)}` }],
  ['storageKey', { storage_key: 'other' }],
  ['type', { model_type: 'vae', created_at: null, updated_at: editedAt }],
])('another %s is a difference: %j', async (field, change) => {
  const { verifyOpen } = setup({ answer: (upload) => recordOf(upload, change) })
  expect(await verifyOpen()).toMatchObject({ kind: 'differs', differences: [{ field }] })
})

test('verifies two uploads at a time, and none twice at the same time', async () => {
  const held = Promise.withResolvers<Result<ModelWire>>()
  const { counts, store, verifier } = setup({ answer: () => held.promise, uploadCount: 3 })
  verifier.verifyOpen()
  verifier.verifyOpen()
  await expect.poll(() => counts.requests).toBe(2)
  held.resolve(failed(failure('forbidden')))
  await expect.poll(() => store.unverified()).toEqual([])
  expect(counts.requests).toBe(3)
})

test('collects uploads until none runs, or for a minute', async () => {
  const { counts, clock, upload, verifier } = setup({})
  verifier.verifySoon(upload.id)
  expect([counts.requests, clock.waits()]).toEqual([0, [60_000]])
  verifier.verifyCollected()
  await expect.poll(() => counts.writes).toBe(1)
  verifier.verifySoon(upload.id)
  clock.advance(60_000)
  await expect.poll(() => counts.requests).toBe(2)
  expect(clock.waits()).toEqual([])
})

test('compares ten uploads with one listing, and reads one by one what that does not verify', async () => {
  const { counts, store, uploads, verifier } = setup({
    uploadCount: 10,
    answer: (_upload, all, path) =>
      path.endsWith('/models')
        ? success({ models: all.slice(2).map((one) => wireOf(one)), total: 8 })
        : failed(failure('forbidden')),
  })
  verifier.verify(uploads.map(({ id }) => id))
  await expect.poll(() => store.unverified()).toEqual([])
  expect(counts.requests).toBe(3)
  const kinds = uploads.map(({ id, state }) => verificationOf(store.find(id)?.state ?? state)?.kind)
  expect(kinds).toEqual([...Array<string>(2).fill('not-verified'), ...Array<string>(8).fill('verified')])
})

test('a verification that fails again for the same reason is not written again', async () => {
  const { counts, store, upload, verifyOpen } = setup({})
  await verifyOpen()
  await verifyOpen()
  expect(counts).toMatchObject({ requests: 2, writes: 1, flushes: 0 })
  expect(store.find(upload.id)?.state).toMatchObject({
    verification: { kind: 'not-verified', reason: 'server-trouble', isFinal: false },
  })
})

test.each<[FailureCode, boolean]>([
  ['forbidden', true],
  ['proxy-sign-in', false],
  ['proxy-refuses', false],
  ['certificate-untrusted', false],
  ['certificate-expired', false],
  ['certificate-wrong-name', false],
])('a verification that failed with %s is closed: %s', async (code, isFinal) => {
  const { store, verifyOpen } = setup({ answer: () => failed(failure(code)) })
  expect(await verifyOpen()).toMatchObject({ kind: 'not-verified', reason: code, isFinal })
  expect(store.unverified()).toHaveLength(isFinal ? 0 : 1)
})

test('a model deleted by this app is reported as deleted, even if it was verified', async () => {
  const { store, uploads, verifier, pass, counts, results } = setup({
    uploadCount: 3,
    answer: (_upload, _all, path) =>
      path.endsWith('m2') ? recordOf(uploads[2] ?? upload) : failed(failure('not-found')),
  })
  const [upload = withVerification({ kind: 'pending' })] = uploads
  const reasons = () => uploads.map(({ id }) => store.find(id)?.state).map(reasonOf)
  verifier.modelDeleted('m1')
  expect(reasons()).toEqual(['pending', 'deleted', 'pending'])
  verifier.verifyOpen()
  for (let attempt = 0; attempt < 3; attempt += 1) await pass(5_000)
  await expect.poll(reasons).toEqual(['missing', 'deleted', 'verified'])
  verifier.modelDeleted('m0')
  verifier.modelDeleted('m2')
  expect(reasons()).toEqual(['deleted', 'deleted', 'deleted'])
  expect(store.find(upload.id)).toMatchObject({ failure: null, state: { verification: { isFinal: true } } })
  const [requests, resultCount] = [counts.requests, results.length]
  verifier.verify([upload.id])
  for (let attempt = 0; attempt < 3; attempt += 1) await pass(5_000)
  await expect.poll(() => results.length).toBe(resultCount + 1)
  expect([counts.requests - requests, reasons()[0]]).toEqual([4, 'deleted'])
})

test.each(['deleted', 'edited'] as const)(
  'a missing model that was %s before the app started is reported as missing unless the app had deleted it',
  async (reason) => {
    const { verifier, results, store, upload, pass } = setup({
      before: { kind: 'not-verified', reason, isFinal: true, atMs: 1 },
      answer: () => failed(failure('not-found')),
    })
    verifier.verify([upload.id])
    for (let attempt = 0; attempt < 3; attempt += 1) await pass(5_000)
    await expect.poll(() => results.length).toBe(1)
    expect(reasonOf(store.find(upload.id)?.state)).toBe(reason === 'deleted' ? 'deleted' : 'missing')
  },
)

test('an upload whose account is signed out stays to be verified without an attempt', async () => {
  const { counts, store, upload, verifyOpen } = setup({ state: 'signed-out' })
  await verifyOpen()
  await verifyOpen()
  expect(counts).toMatchObject({ requests: 0, writes: 0 })
  expect(store.unverified().map(({ id }) => id)).toEqual([upload.id])
})

test('shows the most important difference and logs all', async () => {
  const change = { model_type: 'vae', storage_key: 'other\u202e' }
  const { verifyOpen, store, upload, environment } = setup({ answer: (one) => recordOf(one, change) })
  await verifyOpen()
  expect(store.find(upload.id)?.failure).toEqual(
    failure('record-differs', { field: 'storageKey', expected: upload.state.storageKey, found: 'other' }),
  )
  expect(environment.lines).toMatchObject([{ level: 'error', facts: { fields: 'storageKey,type' } }])
})

const missing = failure('not-found')
const unavailable = failure('server-trouble', { status: 503 })

test.each([
  ['a model that is missing', missing, [5_000, 5_000, 5_000], { reason: 'missing', isFinal: true }],
  [
    'a server that is unavailable',
    unavailable,
    [250, 250, 250],
    { reason: 'server-trouble', isFinal: false },
  ],
  [
    'a server that lacks the call',
    failure('server-trouble', { status: 501 }),
    [],
    { reason: 'unsupported', isFinal: true },
  ],
  ['a final refusal', failure('forbidden'), [], { reason: 'forbidden', isFinal: true }],
  [
    'a delay of more than a minute',
    failure('rate-limited', {}, { retryAfterMs: 59_751 }),
    [],
    { reason: 'rate-limited', isFinal: false },
  ],
  [
    'a delay of a minute',
    failure('rate-limited', {}, { retryAfterMs: 59_750 }),
    [60_000, 60_000, 60_000],
    { reason: 'rate-limited', isFinal: false },
  ],
])('requests a record up to four times: %s', async (_, reason, delaysMs, expected) => {
  const { verifyOpen, counts, store, upload, pass } = setup({ answer: () => failed(reason) })
  const verified = verifyOpen()
  for (const delayMs of delaysMs) await pass(delayMs)
  expect(await verified).toMatchObject({ kind: 'not-verified', ...expected })
  expect(counts.requests).toBe(delaysMs.length + 1)
  // Only a model that is missing is shown as a failure.
  expect(store.find(upload.id)?.failure?.code ?? null).toBe(reason === missing ? 'record-missing' : null)
})

test('verifies an upload that the list shows, and logs if that can’t be recorded', async () => {
  const full = failed(failure('journal-full'))
  for (const written of [success(undefined), full]) {
    const { verifyOpen, counts, environment } = setup({
      hasRows: true,
      answer: (upload) => recordOf(upload),
      written: () => written,
    })
    expect(await verifyOpen()).toMatchObject({ kind: 'verified' })
    expect(counts).toEqual({ requests: 1, writes: 0, changes: 1, flushes: 0 })
    expect(environment.lines.map(({ facts }) => facts['code'])).toEqual(written.ok ? [] : ['journal-full'])
  }
})

test('an exception is logged and ends only the verification of its upload', async () => {
  const { verifier, results, environment } = setup({
    uploadCount: 3,
    answer(upload, _, path) {
      if (path.endsWith('m0')) throw new Error('a bug')
      return recordOf(upload)
    },
  })
  verifier.verifyOpen()
  await expect.poll(() => results.length).toBe(3)
  expect(results.filter((one) => one === null)).toHaveLength(1)
  expect(environment.lines.filter(({ facts }) => facts['error'])).toMatchObject([
    { level: 'error', facts: { error: 'Error: a bug' } },
  ])
})

test('an upload that is removed meanwhile is not verified', async () => {
  const held = Promise.withResolvers<Result<ModelWire>>()
  const { verifyOpen, counts, store, upload } = setup({ answer: () => held.promise })
  const verified = verifyOpen()
  await expect.poll(() => counts.requests).toBe(1)
  store.remove([upload.id])
  held.resolve(recordOf(upload))
  expect([await verified, counts.writes]).toEqual([null, 0])
})

test('reads nine uploads one by one', async () => {
  const paths = new Set<string>()
  const { verifier, uploads, results, counts } = setup({
    uploadCount: 9,
    answer(_, all, path) {
      paths.add(path)
      return recordOf(all.find((one) => path.endsWith(`/${modelIdOf(one.state)}`)) as RegisteredUpload)
    },
  })
  // An upload that is named twice is verified once.
  verifier.verify([...uploads, ...uploads].map(({ id }) => id))
  await expect.poll(() => results.length).toBe(9)
  expect([...paths]).toEqual(uploads.map(({ state }) => `/models/${state.modelId}`))
  expect(counts.requests).toBe(9)
})

test.each([
  ['fails', () => failed(failure('forbidden')), []],
  ['throws', () => Promise.reject(new Error('a bug')), [{ error: 'Error: a bug' }]],
  ['shows nothing', () => success({ models: [], total: 0 }), []],
])('reads uploads one by one if their listing %s', async (_, listed, facts) => {
  const { verifier, uploads, store, counts, environment } = setup({
    uploadCount: 10,
    answer: (_upload, all, path) =>
      path.endsWith('/models')
        ? (listed() as Answer)
        : recordOf(all.find((one) => path.endsWith(`/${one.state.modelId}`)) as RegisteredUpload),
  })
  verifier.verify(uploads.map(({ id }) => id))
  await expect.poll(() => store.unverified()).toEqual([])
  expect(counts.requests).toBe(11)
  expect(environment.lines.map((line) => line.facts)).toEqual(facts)
})

test('verifies 500 open uploads at a time', async () => {
  const { verifier, results } = setup({
    uploadCount: 501,
    answer: (_upload, all) => success({ models: all.map((one) => wireOf(one)), total: all.length }),
  })
  verifier.verifyOpen()
  await expect.poll(() => results.length).toBe(500)
  verifier.verifyOpen()
  await expect.poll(() => results.length).toBe(501)
})

test('verifies at once when a hundred uploads were collected', async () => {
  const { verifier, uploads, counts, clock } = setup({ uploadCount: 100 })
  for (const { id } of uploads.slice(0, 99)) verifier.verifySoon(id)
  expect([counts.requests, clock.waits()]).toEqual([0, [60_000]])
  verifier.verifySoon(uploads[99]?.id ?? '')
  await expect.poll(() => counts.requests).toBeGreaterThan(0)
  expect(clock.waits()).toEqual([])
})

test('an upload that is verified meanwhile is no longer collected', async () => {
  const { verifier, upload, counts, results } = setup({ answer: (one) => recordOf(one) })
  verifier.verifySoon(upload.id)
  verifier.verify([upload.id])
  await expect.poll(() => results.length).toBe(1)
  verifier.verifyCollected()
  await verifier.close()
  expect(counts.requests).toBe(1)
})

test('closing stops what runs and what is collected, and reports nothing', async () => {
  const held = Promise.withResolvers<Result<ModelWire>>()
  const { verifier, uploads, counts, results, clock, environment } = setup({
    uploadCount: 2,
    answer: () => held.promise,
  })
  verifier.verify([uploads[0]?.id ?? ''])
  verifier.verifySoon(uploads[1]?.id ?? '')
  await expect.poll(() => counts.requests).toBe(1)
  await verifier.close()
  verifier.verifySoon(uploads[1]?.id ?? '')
  expect([counts, results, clock.waits(), environment.lines]).toEqual([
    { requests: 1, writes: 0, changes: 0, flushes: 0 },
    [],
    [],
    [],
  ])
})

const receiptOf = (upload: RegisteredUpload): Receipt => ({
  receipt: 'modelferry upload',
  version: 1,
  file: { name: upload.fileName, sizeBytes: upload.identity.sizeBytes, sha256: upload.state.sha256 },
  model: {
    id: upload.state.modelId,
    name: upload.target.displayName,
    type: upload.target.modelType,
    path: upload.target.modelPath,
  },
  team: upload.team,
  server: 'cloud.example',
  storageKey: upload.state.storageKey,
  addedAt: '2026-01-01T00:00:00.000Z',
  registeredAt: '2026-01-01T00:00:00.000Z',
  verifiedAt: null,
})

const verifyReceiptOf = (
  { verifier, upload }: ReturnType<typeof setup>,
  given: (receipt: Receipt) => Partial<Receipt> = () => ({}),
) => {
  const receipt = receiptOf(upload)
  return verifier.verifyReceipt({ ...receipt, ...given(receipt) }, new AbortController().signal)
}

test.each<[string, (receipt: Receipt) => Partial<Receipt>, Partial<ModelWire>, string]>([
  ['the same values', () => ({}), {}, 'verified'],
  ['another path', () => ({}), { model_path: 'other' }, 'differs'],
  [
    'another key, which a duplicate does not have',
    () => ({ storageKey: null }),
    { storage_key: 'other' },
    'verified',
  ],
  [
    'another type, which a duplicate does not set',
    ({ model }) => ({ model: { ...model, type: null } }),
    { model_type: 'vae' },
    'verified',
  ],
])('compares a receipt with a record of %s', async (_, given, change, kind) => {
  const verifying = setup({ answer: (upload) => recordOf(upload, change) })
  expect(await verifyReceiptOf(verifying, given)).toMatchObject({ ok: true, value: { kind } })
})

test.each<[Failure, object]>([
  [failure('not-found'), { ok: true, value: { reason: 'missing' } }],
  [failure('server-trouble', { status: 501 }), { ok: true, value: { reason: 'unsupported' } }],
  [failure('offline'), failed(failure('offline'))],
])('reports what a receipt can’t be compared for: $code', async (reason, expected) => {
  expect(await verifyReceiptOf(setup({ answer: () => failed(reason) }))).toMatchObject(expected)
})

test.each<[string, Partial<Receipt>, Account['state']]>([
  ['its account is signed out', {}, 'signed-out'],
  ['its server has no account', { server: 'other.example' }, 'ready'],
  ['its team is another one', { team: { id: 'other', name: '' } }, 'ready'],
])('a receipt needs a sign-in if %s', async (_, given, state) => {
  const verifying = setup({ state, answer: (upload) => recordOf(upload) })
  expect(await verifyReceiptOf(verifying, () => given)).toEqual(failed(failure('signed-out')))
  expect(verifying.counts.requests).toBe(0)
})
