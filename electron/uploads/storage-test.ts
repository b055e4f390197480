import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access, Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { presignModel } from '../cloud/models.ts'
import { abortMultipart, initiateMultipart, presignPart, type OpenedMultipart } from '../cloud/multipart.ts'
import type { TeamChoice } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { aborted, isAborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import { storageTestBytes, type StorageTest } from '../contract/storage-test.ts'
import { identityOf, type FileIdentity } from '../platform/file-identity.ts'
import { createReadAhead } from '../transfer/read-ahead.ts'
import { partsFailure } from '../transfer/upload-plan.ts'
import { sendParts } from '../transfer/send-parts.ts'
import type { RequestSlots } from '../transfer/request-slots.ts'
import type { UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { AbandonedUploads } from './abandoned-uploads.ts'

/** Opening and giving back are waited for this long, in ms; what is left then is the sweeper's. */
const answerWithinMs = 15_000
/** And this long once the app is to end: the next start gives the rest back. */
const lastWaitMs = 2_000

export interface StorageTester {
  /**
   * Sends `storageTestBytes` to the team's storage by the way of uploads, and gives them back whatever came of it. Registers
   * nothing. Never rejects; `signal` calls it off.
   */
  test(choice: TeamChoice, signal: AbortSignal, tell: (test: StorageTest) => void): Promise<StorageTest>
  close(): Promise<void>
}

interface Rooms {
  readonly store: Pick<UploadStore, 'addAbandoned' | 'removeAbandoned'>
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly workerPool: UploadWorkerPool
  readonly requestSlots: RequestSlots
  readonly abandonedUploads: Pick<AbandonedUploads, 'hold' | 'cleanUp'>
  readonly environment: Environment
}

/** A run as it goes on. */
interface Run extends TeamChoice {
  readonly access: Access
  readonly signal: AbortSignal
  /** Bounds what is not called off, so that nothing stays in storage. Rejects when it takes too long. */
  readonly inTime: <T>(ask: (until: AbortSignal) => Promise<T>) => Promise<T>
  readonly tell: (test: StorageTest) => void
  now: StorageTest
}

export function createStorageTester(services: Rooms): StorageTester {
  const life = new AbortController()
  const ending = new AbortController()
  const running = new Set<Promise<StorageTest>>()

  async function inTime<T>(ask: (until: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const cancelTimer = services.environment.timers.after(answerWithinMs, () => late.abort())
    try {
      return await ask(AbortSignal.any([ending.signal, late.signal]))
    } finally {
      cancelTimer()
    }
  }

  async function begin(choice: TeamChoice, signal: AbortSignal, tell: (test: StorageTest) => void) {
    const now: StorageTest = { state: 'running', sentBytes: 0, tookMs: 0, failure: null, isLeft: false }
    tell(now)
    const account = findUploadAccount(services.accounts.list(), { ...choice, needsParts: true })
    const access = account
      ? services.accounts.accessFor(account.id, choice.teamId)
      : failed(failure('signed-out'))
    if (!access.ok) return { ...now, state: 'bad', failure: access.failure } as const
    const both = AbortSignal.any([signal, life.signal])
    const run: Run = { ...choice, access: access.value, signal: both, inTime, tell, now }
    const sent = await withFile((path, identity) => sendAndGiveBack(services, run, path, identity)).catch(
      (error: unknown) => {
        if (both.aborted) return aborted
        services.environment.log.error('the test of storage threw', { error: String(error) })
        return failed(failure('unexpected'))
      },
    )
    if (isAborted(sent) || both.aborted) return { ...run.now, state: 'cancelled' } as const
    if (!sent.ok) return { ...run.now, state: 'bad', failure: sent.failure } as const
    return { ...run.now, state: 'good', sentBytes: storageTestBytes } as const
  }

  return {
    test(choice, signal, tell) {
      const work = begin(choice, signal, tell).finally(() => running.delete(work))
      running.add(work)
      return work
    },
    async close() {
      life.abort()
      const cancelTimer = services.environment.timers.after(lastWaitMs, () => ending.abort())
      await Promise.allSettled(running)
      cancelTimer()
    },
  }
}

/** Random bytes in a file of their own, since what sends reads files; nothing on the way can make them smaller. */
async function withFile<T>(use: (path: string, identity: FileIdentity) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-storage-'))
  try {
    const path = join(folder, 'storage-test.bin')
    await writeFile(path, randomBytes(storageTestBytes), { mode: 0o600 })
    return await use(path, identityOf(await stat(path, { bigint: true })))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sendAndGiveBack(
  services: Rooms,
  run: Run,
  path: string,
  identity: FileIdentity,
): Promise<Attempt<unknown>> {
  const { client, signer } = run.access
  const name = `modelferry-storage-test-${randomUUID()}.safetensors`
  const target = { modelType: 'checkpoints', modelPath: name, displayName: name }
  const file = { fileName: name, sizeBytes: storageTestBytes, target }
  const grant = await presignModel(client, signer, file, run.signal)
  if (!grant.ok) return grant
  const { storageKey } = grant.value
  const asked = { storageKey, sizeBytes: storageTestBytes }
  // Not called off midway: an answer that nobody hears would leave parts open under a name that nobody knows.
  const opened = await run
    .inTime((until) => initiateMultipart(client, signer, asked, until))
    .catch(() => failed(failure('timed-out', { host: new URL(client.server).host })))
  if (!opened.ok) return opened
  const { uploadId } = opened.value
  const letGo = services.abandonedUploads.hold(uploadId)
  // Before a byte goes: if this process dies now, the next start gives it back.
  const { accountId, teamId } = run
  const written = services.store.addAbandoned({ uploadId, storageKey, accountId, teamId })
  try {
    return written.ok ? await send(services, run, opened.value, { path, identity }) : written
  } finally {
    await giveBack(services, run, opened.value)
    letGo()
    if (run.now.isLeft) void services.abandonedUploads.cleanUp()
  }
}

function send(
  { workerPool, requestSlots, environment }: Rooms,
  run: Run,
  multipart: OpenedMultipart,
  file: { readonly path: string; readonly identity: FileIdentity },
): Promise<Attempt<unknown>> {
  const { client, signer } = run.access
  const { partSizeBytes } = multipart
  const unfit = partsFailure(storageTestBytes, multipart)
  if (unfit) return Promise.resolve(failed(unfit))
  let begunMs: number | null = null
  return sendParts({
    ...{ ...file, partSizeBytes, done: [], repeated: new Set<number>(), onPartMap: () => undefined },
    async presign(partNumber, until) {
      const granted = await presignPart(client, signer, multipart, partNumber, until)
      begunMs ??= performance.now()
      return granted
    },
    recordPart: () => success(undefined),
    onProgress({ sentBytes, inFlightBytes }) {
      const tookMs = begunMs === null ? 0 : Math.max(1, performance.now() - begunMs)
      run.now = { ...run.now, sentBytes: sentBytes + inFlightBytes, tookMs }
      run.tell(run.now)
    },
    workerPool,
    readAhead: createReadAhead(),
    requestSlots: requestSlots.forFile({ file: file.path, isFirst: () => true }),
    environment,
    signal: run.signal,
  })
}

/** By a signal of its own: what was called off is given back all the same. */
async function giveBack({ store, environment }: Rooms, run: Run, multipart: OpenedMultipart): Promise<void> {
  const { client, signer } = run.access
  const aborted = await run
    .inTime((until) => abortMultipart(client, signer, multipart, until))
    .catch(() => failed(failure('timed-out', { host: new URL(client.server).host })))
  if (aborted.ok || aborted.failure.code === 'not-found') {
    store.removeAbandoned(multipart.uploadId)
    return
  }
  environment.log.warn('the test of storage could not be taken back yet', { code: aborted.failure.code })
  run.now = { ...run.now, isLeft: true }
}
