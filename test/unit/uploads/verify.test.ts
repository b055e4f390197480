import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CloudClient, Signer } from '../../../electron/cloud/client.ts'
import type { ModelWire } from '../../../electron/cloud/wire.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import type { RegisteredUpload } from '../../../electron/journal/upload-record.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { createVerifier } from '../../../electron/uploads/verify.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
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
  const store = createUploadStore(database, 'me', environment)
  const uploads = Array.from({ length: uploadCount }, (_, index) => {
    const upload = withVerification({ kind: 'pending' })
    return { ...upload, state: { ...upload.state, modelId: `m${index}` } }
  })
  const [upload = withVerification({ kind: 'pending' })] = uploads
  store.add(uploads)
  const account: Account = {
    id: upload.accountId,
    kind: 'session',
    server: 'https://cloud.example',
    personId: 'alice',
    name: 'Alice',
    email: 'alice@example.com',
    teams: [upload.team],
    state,
  }
  const counts = { requests: 0, writes: 0 }
  let ended = Promise.withResolvers<Verification | null>()
  const client = {
    server: account.server,
    async send({ path }: { readonly path: string }) {
      counts.requests += 1
      return answer(upload, uploads, path)
    },
  } as unknown as CloudClient
  const verifier = createVerifier({
    rows: { get: () => undefined, change: () => success(undefined), inTransaction: store.transaction },
    store: {
      find: store.find,
      unverified: store.unverified,
      save(records) {
        counts.writes += 1
        return store.save(records)
      },
    },
    accounts: {
      list: () => [account],
      accessFor: () => success({ client, signer: {} as Signer, kind: 'session' }),
    },
    environment,
    verified: (_id, verification) => ended.resolve(verification),
  })
  return {
    clock,
    counts,
    store,
    upload,
    uploads,
    verifier,
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
  const kinds = uploads.map(
    ({ id }) => (store.find(id)?.state as RegisteredUpload['state']).verification?.kind,
  )
  expect(kinds).toEqual([...Array<string>(2).fill('not-verified'), ...Array<string>(8).fill('verified')])
})

test('a verification that fails again for the same reason is not written again', async () => {
  const { counts, store, upload, verifyOpen } = setup({})
  await verifyOpen()
  await verifyOpen()
  expect(counts).toEqual({ requests: 2, writes: 1 })
  expect(store.find(upload.id)?.state).toMatchObject({
    verification: { kind: 'not-verified', reason: 'server-trouble', isFinal: false },
  })
})

test('an upload whose account is signed out stays to be verified without an attempt', async () => {
  const { counts, store, upload, verifyOpen } = setup({ state: 'signed-out' })
  await verifyOpen()
  await verifyOpen()
  expect(counts).toEqual({ requests: 0, writes: 0 })
  expect(store.unverified().map(({ id }) => id)).toEqual([upload.id])
})
