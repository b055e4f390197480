import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { StorageTest } from '../../../electron/contract/storage-test.ts'
import { fixedSigner } from '../../../electron/accounts/signers.ts'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import type { UploadWorkerPool } from '../../../electron/transfer/upload-worker-pool.ts'
import { createRequestSlots } from '../../../electron/transfer/request-slots.ts'
import { createStorageTester } from '../../../electron/uploads/storage-test.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud, type CloudOptions } from '../../cloud/cloud.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

const choice = { accountId: 'alice', teamId: ALICES_TEAM_ID }

/** Storage tests with a fake upload worker pool. */
async function setup(options: CloudOptions = {}) {
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const cloud = await startCloud({ now: clock.now, ...options })
  const client = createCloudClient(cloud.url, { ...environment, timers: standingClock().timers })
  const token = valueOf(await login(client, ALICE.email, ALICE.password)).access_token
  const account: Account = {
    id: 'alice',
    kind: 'session',
    server: cloud.url,
    personId: ALICE.id,
    name: '',
    email: '',
    teams: [],
    state: 'ready',
  }
  const abandonedIds = new Set<string>()
  const protectedIds = new Set<string>()
  const cleanUps: string[] = []
  const state = { journal: success(undefined) as Result<void> }
  const requestSlots = createRequestSlots({ environment })
  const workerPool: { send: UploadWorkerPool['send'] } = { send: () => Promise.reject(new Error('a bug')) }
  const storageTest = createStorageTester({
    environment,
    store: {
      addAbandoned({ uploadId }) {
        if (state.journal.ok) abandonedIds.add(uploadId)
        return state.journal
      },
      removeAbandoned(uploadId) {
        abandonedIds.delete(uploadId)
        return success(undefined)
      },
    },
    accounts: {
      list: () => [account],
      accessFor: (_accountId, teamId) =>
        success({ client, kind: 'session', signer: fixedSigner({ kind: 'session', token, teamId }) }),
    },
    workerPool: workerPool as UploadWorkerPool,
    requestSlots,
    abandonedUploads: {
      protect(uploadId) {
        protectedIds.add(uploadId)
        return () => protectedIds.delete(uploadId)
      },
      cleanUp: async () => void cleanUps.push(`${protectedIds.size} protected`),
    },
  })
  onTestFinished(async () => {
    cloud.clearFailures()
    requestSlots.close()
    await cloud.close()
  })
  return {
    cloud,
    clock,
    environment,
    abandonedIds,
    protectedIds,
    cleanUps,
    state,
    workerPool,
    storageTest,
    test: (signal = new AbortController().signal, onProgress: (test: StorageTest) => void = () => {}) =>
      storageTest.test(choice, signal, onProgress),
  }
}

test('names the server if opening is not answered within 15 seconds', async () => {
  const { cloud, clock, test, environment } = await setup()
  const held = cloud.hold('initiateMultipart')
  const reports: StorageTest[] = []
  const running = test(undefined, (report) => reports.push(report))
  // Shown as running before anything is answered.
  expect(reports).toMatchObject([{ state: 'running', sentBytes: 0, tookMs: 0 }])
  await held.arrived
  expect(clock.waits()).toEqual([15_000])
  clock.advance(15_000)
  expect(await running).toMatchObject({
    state: 'bad',
    failure: { code: 'timed-out', params: { host: new URL(cloud.url).host } },
    isLeft: false,
  })
  held.release()
  expect([clock.waits(), environment.lines.filter(({ level }) => level === 'error')]).toEqual([[], []])
})

test('sends nothing if the journal can’t be written', async () => {
  const { cloud, test, state, cleanUps, protectedIds } = await setup()
  state.journal = failed(failure('journal-full'))
  expect(await test()).toMatchObject({ state: 'bad', failure: { code: 'journal-full' }, isLeft: false })
  expect(cloud.operations.map(({ name }) => name).slice(1)).toEqual([
    ...['presignModel', 'initiateMultipart', 'abortMultipart'],
  ])
  expect([await cloud.unfinishedUploads(), cleanUps, protectedIds.size]).toEqual([[], [], 0])
})

/** Makes a path the system's folder for temporary files during a test. */
function useAsTemporaryFolder(path: string): void {
  for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, path)
}

/** An empty folder that is the system's folder for temporary files during a test. */
async function createTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-test-'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })
  useAsTemporaryFolder(folder)
  return folder
}

test('names the temporary folder if it can’t be written to, and requests nothing', async () => {
  const { cloud, test } = await setup()
  const notAFolder = join(await createTemporaryFolder(), 'file')
  await writeFile(notAFolder, '')
  useAsTemporaryFolder(notAFolder)
  const requestCount = cloud.operations.length
  expect(await test()).toMatchObject({
    state: 'bad',
    failure: failure('temporary-folder-not-writable', { folder: notAFolder }),
    isLeft: false,
  })
  expect(cloud.operations.length).toBe(requestCount)
})

test('deletes test files that an ended process has left for more than a day', async () => {
  const { test, environment } = await setup()
  const folder = await createTemporaryFolder()
  for (const [name, hours] of [
    ['modelferry-storage-old', 24.00001],
    ['modelferry-storage-new', 23.99999],
    ['modelferry-other', 25],
  ] as const) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'storage-test.bin'), 'bytes')
    await utimes(join(folder, name), 0, environment.now() / 1000 - hours * 3_600)
  }
  await writeFile(join(folder, 'modelferry-storage-file'), '')
  await utimes(join(folder, 'modelferry-storage-file'), 0, 0)
  await test()
  expect((await readdir(folder)).sort()).toEqual([
    'modelferry-other',
    'modelferry-storage-file',
    'modelferry-storage-new',
  ])
})

test('closing waits two seconds for the abort and leaves no timer', async () => {
  const { cloud, clock, test, state, storageTest } = await setup()
  state.journal = failed(failure('journal-full'))
  const held = cloud.hold('abortMultipart')
  const running = test()
  await held.arrived
  state.journal = success(undefined)
  let isClosed = false
  const closing = storageTest.close().then(() => (isClosed = true))
  expect([clock.waits(), isClosed]).toEqual([[2_000, 15_000], false])
  clock.advance(2_000)
  await closing
  expect(await running).toMatchObject({ state: 'cancelled', isLeft: true })
  expect(clock.waits()).toEqual([])
  held.release()
})
