import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access, Accounts } from '../accounts/accounts.ts'
import { presignModel } from '../cloud/models.ts'
import { abortMultipart, initiateMultipart, presignPart, type OpenedMultipart } from '../cloud/multipart.ts'
import { findSignIn, type TeamChoice } from '../contract/account.ts'
import { failed, failure, success } from '../contract/failures.ts'
import { aborted, isAborted, type Attempt } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import { storageTestBytes, type StorageTest } from '../contract/storage-test.ts'
import { identityOf, type FileIdentity } from '../platform/files/file-identity.ts'
import { neverPaused } from '../platform/pause-request.ts'
import { createReadAhead } from '../transfer/read-ahead.ts'
import { partsFailure } from '../transfer/upload-plan.ts'
import { createPartsHistory, sendParts } from '../transfer/send-parts.ts'
import type { RequestSlots } from '../transfer/request-slots.ts'
import type { UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { AbandonedUploads } from './abandoned-uploads.ts'

/** Timeout for opening and aborting the upload, in ms; what is left then is cleaned up later. */
const requestTimeoutMs = 15_000
/** Timeout at the end of the app, in ms; the next start cleans up the rest. */
const closeTimeoutMs = 2_000
/** A test takes minutes at most: an older folder is of a process that was killed. */
const oldAfterMs = 24 * 60 * 60_000
const folderPrefix = 'modelferry-storage-'
const testFileName = 'storage-test.bin'

export interface StorageTester {
  /**
   * Sends `storageTestBytes` to the team's storage like an upload and aborts that afterwards in any case.
   * Registers nothing and never rejects.
   */
  test(choice: TeamChoice, signal: AbortSignal, onProgress: (test: StorageTest) => void): Promise<StorageTest>
  close(): Promise<void>
}

interface StorageTestServices {
  readonly store: Pick<UploadStore, 'addAbandoned' | 'removeAbandoned'>
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly workerPool: UploadWorkerPool
  readonly requestSlots: RequestSlots
  readonly abandonedUploads: Pick<AbandonedUploads, 'protect' | 'cleanUp'>
  readonly environment: Environment
}

interface Run extends TeamChoice {
  readonly access: Access
  readonly signal: AbortSignal
  /**
   * Limits the time of a request that is not aborted with the test, so that nothing stays in storage. Rejects
   * at the limit.
   */
  readonly withDeadline: <T>(request: (signal: AbortSignal) => Promise<T>) => Promise<T>
  readonly onProgress: (test: StorageTest) => void
  current: StorageTest
}

export function createStorageTester(services: StorageTestServices): StorageTester {
  const closing = new AbortController()
  const closeTimedOut = new AbortController()
  const running = new Set<Promise<StorageTest>>()

  async function withDeadline<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timedOut = new AbortController()
    const cancelTimer = services.environment.timers.after(requestTimeoutMs, () => timedOut.abort())
    try {
      return await request(AbortSignal.any([closeTimedOut.signal, timedOut.signal]))
    } finally {
      cancelTimer()
    }
  }

  async function runTest(
    choice: TeamChoice,
    signal: AbortSignal,
    onProgress: (test: StorageTest) => void,
  ): Promise<StorageTest> {
    const initial: StorageTest = { state: 'running', sentBytes: 0, tookMs: 0, failure: null, isLeft: false }
    onProgress(initial)
    const account = findSignIn(services.accounts.list(), { ...choice, needsParts: true })
    const access = account
      ? services.accounts.accessFor(account.id, choice.teamId)
      : failed(failure('signed-out'))
    if (!access.ok) return { ...initial, state: 'bad', failure: access.failure }
    const testSignal = AbortSignal.any([signal, closing.signal])
    const run: Run = {
      ...choice,
      access: access.value,
      signal: testSignal,
      withDeadline,
      onProgress,
      current: initial,
    }
    const sendFile = (file: TestFile) => sendAndAbort(services, run, file)
    const sent = await withTestFile(services.environment, sendFile).catch((error: unknown) => {
      if (testSignal.aborted) return aborted
      services.environment.log.error('the storage test threw an exception', { error: String(error) })
      return failed(failure('unexpected'))
    })
    if (isAborted(sent) || testSignal.aborted) return { ...run.current, state: 'cancelled' }
    if (!sent.ok) return { ...run.current, state: 'bad', failure: sent.failure }
    return { ...run.current, state: 'good', sentBytes: storageTestBytes }
  }

  return {
    test(choice, signal, onProgress) {
      const test = runTest(choice, signal, onProgress).finally(() => running.delete(test))
      running.add(test)
      return test
    },
    async close() {
      closing.abort()
      const cancelTimer = services.environment.timers.after(closeTimeoutMs, () => closeTimedOut.abort())
      await Promise.allSettled(running)
      cancelTimer()
    },
  }
}

interface TestFile {
  readonly path: string
  readonly identity: FileIdentity
}

/** Creates the file in a temporary folder, which is deleted afterwards. */
async function withTestFile(
  { now, log }: Environment,
  use: (file: TestFile) => Promise<Attempt<unknown>>,
): Promise<Attempt<unknown>> {
  const parent = tmpdir()
  await removeOldTestFiles(parent, now()).catch(() => {})
  let folder: string | null = null
  try {
    let file: TestFile
    try {
      folder = await mkdtemp(join(parent, folderPrefix))
      file = await createTestFile(folder)
    } catch (error) {
      log.error('the file of the storage test could not be created', { error: String(error) })
      return failed(failure('temporary-folder-not-writable', { folder: parent }))
    }
    return await use(file)
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

/** A file of random bytes, which no proxy can compress. */
async function createTestFile(folder: string): Promise<TestFile> {
  const path = join(folder, testFileName)
  await writeFile(path, randomBytes(storageTestBytes), { mode: 0o600 })
  return { path, identity: identityOf(await stat(path, { bigint: true })) }
}

async function removeOldTestFiles(parent: string, nowMs: number): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(folderPrefix))
  for (const folder of names.map((name) => join(parent, name))) {
    try {
      if ((await stat(folder)).mtimeMs > nowMs - oldAfterMs) continue
      // Not recursively: the folder may be another user's, with links to files of this one.
      await rm(join(folder, testFileName), { force: true })
      await rmdir(folder)
    } catch {
      // It is no folder of a test, or another user's.
    }
  }
}

async function sendAndAbort(
  services: StorageTestServices,
  run: Run,
  testFile: TestFile,
): Promise<Attempt<unknown>> {
  const { client, signer } = run.access
  const name = `modelferry-storage-test-${randomUUID()}.safetensors`
  const target = { modelType: 'checkpoints', modelPath: name, displayName: name }
  const file = { fileName: name, sizeBytes: storageTestBytes, target }
  const grant = await presignModel(client, signer, file, run.signal)
  if (!grant.ok) return grant
  const { storageKey } = grant.value
  const request = { storageKey, sizeBytes: storageTestBytes }
  // Not aborted with the test: without the response the open upload could not be aborted later.
  const opened = await run
    .withDeadline((until) => initiateMultipart(client, signer, request, until))
    .catch(() => failed(failure('timed-out', { host: new URL(client.server).host })))
  if (!opened.ok) return opened
  const { uploadId } = opened.value
  const unprotect = services.abandonedUploads.protect(uploadId)
  // Before a byte is sent: if this process ends now, the next start aborts the upload.
  const { accountId, teamId } = run
  const list = () => services.store.addAbandoned({ uploadId, storageKey, accountId, teamId })
  const written = list()
  try {
    return written.ok ? await send(services, run, opened.value, testFile) : written
  } finally {
    const isDeleted = await abortUpload(services, run, opened.value)
    // Only an upload that is listed is cleaned up.
    const isLeft = !isDeleted && (written.ok || list().ok)
    run.current = { ...run.current, isLeft }
    unprotect()
    if (isLeft) void services.abandonedUploads.cleanUp()
  }
}

function send(
  { workerPool, requestSlots, environment }: StorageTestServices,
  run: Run,
  multipart: OpenedMultipart,
  file: TestFile,
): Promise<Attempt<unknown>> {
  const { client, signer } = run.access
  const { partSizeBytes } = multipart
  const invalid = partsFailure(storageTestBytes, multipart)
  if (invalid) return Promise.resolve(failed(invalid))
  let startMs: number | null = null
  return sendParts({
    file,
    partSizeBytes,
    done: [],
    history: createPartsHistory(),
    onPartMap: () => undefined,
    async presign(part, until) {
      const granted = await presignPart(client, signer, { ...multipart, part }, until)
      startMs ??= performance.now()
      return granted
    },
    upload: null,
    recordPart: async () => success(undefined),
    onProgress({ sentBytes, inFlightBytes }) {
      const tookMs = startMs === null ? 0 : Math.max(1, performance.now() - startMs)
      run.current = { ...run.current, sentBytes: sentBytes + inFlightBytes, tookMs }
      run.onProgress(run.current)
    },
    workerPool,
    readAhead: createReadAhead(),
    requestSlots: requestSlots.forFile({ file: file.path, isFirst: () => true, isSmall: true }),
    environment,
    signal: run.signal,
    pause: neverPaused,
  })
}

/**
 * Has its own deadline, so that a cancelled test is aborted in storage too. Returns whether nothing is left in
 * storage.
 */
async function abortUpload(
  { store, environment }: StorageTestServices,
  run: Run,
  multipart: OpenedMultipart,
): Promise<boolean> {
  const { client, signer } = run.access
  const aborted = await run
    .withDeadline((until) => abortMultipart(client, signer, multipart, until))
    .catch(() => failed(failure('timed-out', { host: new URL(client.server).host })))
  if (aborted.ok || aborted.failure.code === 'not-found') {
    store.removeAbandoned(multipart.uploadId)
    return true
  }
  environment.log.warn('the upload of the storage test could not be aborted yet', {
    code: aborted.failure.code,
  })
  return false
}
