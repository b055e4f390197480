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
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import {
  verificationOf,
  type RegisteredUpload,
  type UploadState,
} from '../../../electron/journal/upload-record.ts'
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
}: {
  readonly state?: Account['state']
  readonly answer?: (upload: RegisteredUpload, all: readonly RegisteredUpload[], path: string) => Answer
  readonly uploadCount?: number
}) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-verifier-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const store = createUploadStore(database, environment)
  const uploads = Array.from({ length: uploadCount }, (_, index) => {
    const upload = withVerification({ kind: 'pending' })
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
  const counts = { requests: 0, writes: 0 }
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
      get: () => undefined,
      change: () => success(undefined),
      inTransaction: store.transaction,
    },
    store: {
      find: store.find,
      unverified: store.unverified,
      registeredAs: store.registeredAs,
      save(records) {
        counts.writes += 1
        return store.save(records)
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
