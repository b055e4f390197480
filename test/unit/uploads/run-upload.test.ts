import { copyFile, mkdtemp, realpath, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Access } from '../../../electron/accounts/accounts.ts'
import { failed, failure, success, type Failure, type Result } from '../../../electron/contract/failures.ts'
import type { Multipart, UploadRecord } from '../../../electron/journal/upload-record.ts'
import { identityBySample, identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import {
  notUploadableFailure,
  runUpload,
  type UploadReport,
  type UploadServices,
} from '../../../electron/uploads/run-upload.ts'
import { createSendMemory } from '../../../electron/uploads/send-session.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'
import { multipartOpenState, storedState, uploadRecord } from '../../support/records.ts'

const mebibyte = 1024 * 1024
const sha256 = 'ab'.repeat(32)

/** A file with its record as it was queued. */
async function createFile(given: Partial<UploadRecord> = {}, sizeBytes = 3): Promise<UploadRecord> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'running-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, 'abc')
  await truncate(path, sizeBytes)
  await utimes(path, 1, 1)
  const identity = identityOf(await stat(path, { bigint: true }))
  const sampled = await identityBySample(path, identity)
  return uploadRecord({ path, identity: sampled.ok ? sampled.value : identity, ...given })
}

/** Runs of one upload. The server refuses every request with `answer`, or every access with `access`. */
function setup(
  record: UploadRecord,
  given: {
    readonly access?: () => Result<Access>
    readonly answer?: Failure
    readonly attempt?: number
    readonly hash?: string
    /** While the file is hashed, which fails because it has changed. */
    readonly onHash?: (path: string) => Promise<void>
    readonly report?: Partial<UploadReport>
  } = {},
) {
  const environment = createTestEnvironment(standingClock(), 0.5)
  const abort = new AbortController()
  const pause = createPauseControl()
  const memory = createSendMemory()
  const steps: string[] = []
  const step = (name: string) => {
    steps.push(name)
    return success(undefined)
  }
  const requests: string[] = []
  const client = {
    server: 'https://cloud.example',
    async send({ method, path }: { readonly method: string; readonly path: string }) {
      requests.push(`${method} ${path}`)
      return failed(given.answer ?? failure('offline'))
    },
  }
  const access = { kind: 'session', client, signer: {} } as unknown as Access
  const services = {
    environment,
    accessTo: given.access ?? (() => success(access)),
    singlePutLimitBytes: () => 100 * mebibyte,
    hasher: {
      hash({ path }: { readonly path: string }) {
        steps.push('hash')
        const hashed = success({ sha256: given.hash ?? sha256, segmentChecksums: [] })
        const changed = given.onHash?.(path).then(() => failed(failure('file-changed')))
        return { result: changed ?? Promise.resolve(hashed), uploadReached() {} }
      },
      warm: () => void steps.push('warm'),
      warmStreams: () => void steps.push('warm streams'),
    },
    replacer: {
      register: (_: unknown, register: () => Promise<Result<string>>) => register(),
      settle: async () => step('settle'),
    },
  } as unknown as UploadServices
  const report = {
    identityChanged: () => step('identity changed'),
    registering: async () => step('registering'),
    registered: async (id: string) => step(`registered ${id}`),
    sentBytes: () => 7,
    countAttempt: () => given.attempt ?? 1,
    acknowledgedBefore: () => [],
    progress: () => {},
    sending: () => {},
    ...given.report,
  } as unknown as UploadReport
  const run = () => runUpload({ record, services, memory, report, signal: abort.signal, pause })
  return {
    environment,
    memory,
    steps,
    requests,
    services,
    run,
  }
}

interface Expected {
  readonly kind: 'failed' | 'retry' | 'hold'
  readonly inMs?: number
  readonly params?: Failure['params']
}

test.each<[string, Failure, number, Expected]>([
  ['a server error is retried', failure('server-trouble'), 1, { kind: 'retry', inMs: 500 }],
  [
    'a lost connection is retried after a hundred attempts',
    failure('offline'),
    100,
    { kind: 'retry', inMs: 30_000 },
  ],
  [
    'a rate limit holds all uploads to the server',
    failure('rate-limited', {}, { retryAfterMs: 9_000 }),
    1,
    { kind: 'hold', inMs: 11_250 },
  ],
  ['the tenth server error is final', failure('server-trouble'), 10, { kind: 'failed' }],
  ['a refusal names the team', failure('forbidden'), 1, { kind: 'failed', params: { team: 'Studio North' } }],
  [
    'a refused size is named',
    failure('too-large-for-server'),
    1,
    { kind: 'failed', params: { sizeBytes: 3 } },
  ],
  [
    'an ended upload restarts at once, naming what is lost',
    failure('upload-ended'),
    1,
    { kind: 'retry', inMs: 0, params: { lostBytes: 7 } },
  ],
])('%s', async (_, reason, attempt, expected) => {
  const { kind, inMs = 0, params = reason.params } = expected
  const record = uploadRecord({ identity: { sizeBytes: 3, mtimeNs: 1n, inode: 1n } })
  const { run, environment } = setup(record, { attempt, access: () => failed(reason) })
  const atMs = environment.now() + inMs
  const times = { failed: {}, retry: { atMs }, hold: { untilMs: atMs } }
  expect(await run()).toEqual({ kind, failure: { ...reason, params }, ...times[kind] })
})

const { multipart } = multipartOpenState(5)

test.each<[string, string, Failure, Multipart | null]>([
  ['POST /models', 'a refusal', failure('forbidden'), null],
  ['POST /models', 'a rate limit', failure('rate-limited'), null],
  ['GET /models', 'a conflict', failure('conflict'), null],
  ['GET /models', 'a failure of the server', failure('server-trouble'), null],
  [
    'GET /models',
    'a refusal of an object that may not exist',
    failure('forbidden'),
    { ...multipart, completing: true },
  ],
])('requests %s first before it registers an object again after %s', async (next, _after, answer, parts) => {
  const record = await createFile({ state: storedState({ multipart: parts }) })
  const { run, memory, requests } = setup(record, { answer })
  // This process has sent it.
  memory.unregisteredKey = 'k'
  await run()
  expect(requests[0]).toBe('POST /models')
  requests.length = 0
  await run()
  expect(requests[0]).toBe(next)
})

test('registers nothing before the journal shows that the object is stored', async () => {
  const full = failure('journal-full')
  const record = uploadRecord({ state: storedState() })
  const { run, memory, requests } = setup(record, { report: { registering: async () => failed(full) } })
  memory.modelId = 'm'
  expect(await run()).toMatchObject({ kind: 'retry', failure: full })
  expect([requests, memory.stored]).toEqual([[], { storageKey: 'k', sha256 }])
})

test('registers no stored file that has a new inode and other bytes', async () => {
  const file = await createFile({ state: storedState() })
  const record = { ...file, identity: { ...file.identity, inode: 1n } }
  const { run, steps, requests } = setup(record, { hash: 'cd'.repeat(32), answer: failure('not-found') })
  expect(await run()).toMatchObject({ kind: 'failed', failure: { code: 'file-changed' } })
  expect([requests, steps]).toEqual([['GET /models'], ['hash']])
})

test('waits outside the queue for the disk of a file if it does not respond at the start', async () => {
  const record = await createFile({ state: multipartOpenState(3) })
  await hangFolderOf(record.path)
  const { run, steps } = setup(record)
  const folder = dirname(record.path)
  expect(await run()).toEqual({
    kind: 'missing-volume',
    failure: failure('disk-missing', { folder }),
    volume: { path: folder, isDead: true },
  })
  expect(steps).toEqual([])
})

test.each<[string, (path: string) => Promise<void>, object]>([
  [
    'is read again later if its disk was mounted again',
    async (path) => {
      await copyFile(path, `${path}.new`)
      await utimes(`${path}.new`, 1, 1)
      await rename(`${path}.new`, path)
    },
    { kind: 'retry', failure: { code: 'file-read-trouble', params: { problem: 'ESTALE' } } },
  ],
  [
    'has changed if it has another size',
    (path) => writeFile(path, 'abcd'),
    { kind: 'failed', failure: { code: 'file-changed' } },
  ],
  [
    'is compared again later if its disk does not respond',
    async (path) => void (await hangFolderOf(path)),
    { kind: 'missing-volume', failure: { code: 'disk-missing' } },
  ],
  ['has changed if it is the same', async () => {}, { kind: 'failed', failure: { code: 'file-changed' } }],
])('a file whose version differs while it is sent %s', async (_, onHash, outcome) => {
  const { run } = setup(await createFile({ state: multipartOpenState(3) }), { onHash })
  expect(await run()).toMatchObject(outcome)
})

test.each<[string, Partial<UploadRecord>, string | null]>([
  ['a file up to the limit', {}, null],
  ['a path that is not valid', { target: { ...uploadRecord().target, modelPath: '' } }, 'target-path'],
  [
    'a file that the device key can’t send',
    { identity: { sizeBytes: 200 * mebibyte, mtimeNs: 1n, inode: 1n } },
    'too-large-for-device',
  ],
  [
    'such a file that is stored already',
    { identity: { sizeBytes: 200 * mebibyte, mtimeNs: 1n, inode: 1n }, state: storedState() },
    null,
  ],
])('reports before the file is read whether it can be sent: %s', (_, given, code) => {
  const identity = { sizeBytes: 3, mtimeNs: 1n, inode: 1n }
  const { services } = setup(uploadRecord())
  const access = success({ kind: 'device' } as Access)
  const found = notUploadableFailure(uploadRecord({ identity, ...given }), {
    ...services,
    accessTo: () => access,
  })
  expect(found?.code ?? null).toBe(code)
})
