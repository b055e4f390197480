import { mkdtemp, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success, type Failure, type Result } from '../../../electron/contract/failures.ts'
import type { Multipart, UploadState } from '../../../electron/journal/upload-record.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import type { AcknowledgedPart } from '../../../electron/platform/acknowledged-part.ts'
import { sendInParts } from '../../../electron/uploads/send-multipart.ts'
import { createSendMemory, type SendSession } from '../../../electron/uploads/send-session.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { passDelay } from '../../support/pass-delay.ts'
import { putAnswer } from '../../support/put-answer.ts'
import { uploadRecord } from '../../support/records.ts'

/** Of a file of six bytes, as a server that ignores S3's limits sets it. */
const partSizeBytes = 6
const multipart: Multipart = { uploadId: 'u', storageKey: 'k', partSizeBytes }
const sha256 = 'ab'.repeat(32)
const stored = putAnswer({ etag: '"e"', checksum: 7, flushedBytes: 6 })
const sentPart: AcknowledgedPart = { number: 1, etag: '"e"', checksum: 7 }
const openState: UploadState = { kind: 'multipart-open', multipart }
const completingState: UploadState = {
  kind: 'multipart-open',
  multipart: { ...multipart, completing: true },
}

type Answer = Failure | object

/** An upload of six bytes in one part, whose server gives these answers to requests by the end of their path. */
async function setup(
  given: {
    readonly state?: UploadState
    readonly answers?: Readonly<Record<string, readonly Answer[]>>
    readonly checksum?: number
    readonly done?: readonly AcknowledgedPart[]
    readonly opened?: (multipart: Multipart) => Result<void>
    readonly acknowledged?: () => Result<void>
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'parts-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, 'abcdef')
  await truncate(path, 6)
  const identityNow = async () => identityOf(await stat(path, { bigint: true }))
  const clock = standingClock()
  const abort = new AbortController()
  const pause = createPauseControl()
  const memory = createSendMemory()
  const requests: string[] = []
  const opened: Multipart[] = []
  const steps: string[] = []
  const progress: number[] = []
  const interrupted: boolean[] = []
  let done = given.done ?? []
  let hashedCount = 0
  const answers: Readonly<Record<string, Answer>> = {
    presign: { upload_url: 'https://storage.example/k', storage_key: 'k', upload_headers: {} },
    initiate: { upload_id: 'u', storage_key: 'k', part_size: partSizeBytes, part_count: 1 },
    'presign-part': { upload_url: 'https://storage.example/k', upload_headers: {} },
    complete: {},
    abort: {},
  }
  const client = {
    server: 'https://cloud.example',
    async send({ path: requestPath }: { readonly path: string }) {
      const name = requestPath.slice(requestPath.lastIndexOf('/') + 1)
      const count = requests.filter((one) => one === name).length
      requests.push(name)
      const answer = await Promise.resolve(given.answers?.[name]?.[count] ?? answers[name])
      return answer && 'code' in answer ? failed(answer as Failure) : success(answer)
    },
  }
  let state = given.state ?? { kind: 'queued', started: false }
  const session = {
    access: { client, signer: {}, kind: 'session' },
    workerPool: { send: async () => stored },
    hasher: {
      hash() {
        hashedCount += 1
        return {
          result: Promise.resolve(
            success({ sha256, segmentChecksums: Array<number>(3).fill(given.checksum ?? 7) }),
          ),
          uploadReached() {},
          readAhead: createReadAhead(),
        }
      },
    },
    requestSlots: {
      async acquire({ isInterrupted }: { readonly isInterrupted: boolean }) {
        interrupted.push(isInterrupted)
        return { recordFlushed() {}, reportCongestion() {}, recordLatency() {}, release() {} }
      },
    },
    environment: createTestEnvironment(clock),
    memory,
    report: {
      opened(multipart: Multipart) {
        opened.push(multipart)
        const written = given.opened?.(multipart) ?? success(undefined)
        if (written.ok) state = { kind: 'multipart-open', multipart }
        return written
      },
      async acknowledged(part: AcknowledgedPart) {
        steps.push(`acknowledged ${part.number}`)
        const written = given.acknowledged?.() ?? success(undefined)
        if (written.ok) done = [...done, part]
        return written
      },
      acknowledgedBefore: () => done,
      parts() {},
      sending: () => void steps.push('sending'),
      finishing: () => void steps.push('finishing'),
      progress: ({ sentBytes }: { readonly sentBytes?: number }) => {
        if (sentBytes !== undefined) progress.push(sentBytes)
      },
    },
    signal: abort.signal,
    pause,
  } as unknown as SendSession
  return {
    path,
    hashedCount: () => hashedCount,
    clock,
    pause,
    memory,
    requests,
    opened,
    steps,
    progress,
    send: async () =>
      sendInParts({ ...session, record: uploadRecord({ path, state, identity: await identityNow() }) }),
    pass: (delayMs: number) => passDelay(clock, delayMs),
  }
}

const object = { storageKey: 'k', sha256 }
const extras = { serverMessage: 'No such upload', detail: 'HTTP 404' }
const gone = failure('not-found', {}, extras)
const ended = failed(failure('upload-ended', {}, extras))
const trouble = failure('server-trouble', { status: 503 })
const delayed = failure('server-trouble', { status: 503 }, { retryAfterMs: 9_000 })
const refused = failure('bad-request', {}, { serverMessage: 'Part 1 is missing' })
const rejected = failed(
  failure(
    'storage-refused',
    {},
    { serverMessage: 'Part 1 is missing', detail: '/uploads/multipart/complete: bad-request' },
  ),
)

test('writes what it opens and that it completes before it requests that', async () => {
  const { send, requests, opened, steps, progress } = await setup()
  expect(await send()).toEqual(success(object))
  expect(requests).toEqual(['presign', 'initiate', 'presign-part', 'complete'])
  expect(opened).toEqual([multipart, { ...multipart, completing: true }])
  expect(steps).toEqual(['sending', 'acknowledged 1', 'finishing'])
  expect([progress[0], progress.at(-1)]).toEqual([0, 6])
})

test('continues what an earlier run opened, without the parts that it sent', async () => {
  const { send, requests, progress } = await setup({ state: openState, done: [sentPart] })
  expect(await send()).toEqual(success(object))
  expect([requests, progress[0]]).toEqual([['complete'], 6])
})

test.each<[string, UploadState, readonly Answer[], unknown]>([
  ['a failure once', openState, [trouble, {}], success(object)],
  ['a failure twice', openState, [trouble, trouble], failed(trouble)],
  [
    'a failure, then no upload: it may be complete',
    openState,
    [trouble, gone],
    success({ ...object, isUnsure: true }),
  ],
  [
    'no upload although an earlier run completed it',
    completingState,
    [gone],
    success({ ...object, isUnsure: true }),
  ],
  [
    'a failure, then a refusal of its parts: it may be complete',
    openState,
    [trouble, refused],
    success({ ...object, isUnsure: true }),
  ],
  [
    'a refusal of its parts although an earlier run completed it',
    completingState,
    [refused],
    success({ ...object, isUnsure: true }),
  ],
  [
    'a conflict although an earlier run completed it',
    completingState,
    [failure('conflict')],
    success({ ...object, isUnsure: true }),
  ],
  ['a rate limit', openState, [failure('rate-limited')], failed(failure('rate-limited'))],
  ['a failure and when to try again', openState, [delayed], failed(delayed)],
  ['a final refusal', openState, [failure('forbidden')], failed(failure('forbidden'))],
  [
    'a final refusal although an earlier run completed it',
    completingState,
    [failure('forbidden')],
    failed(failure('forbidden')),
  ],
])('completes an upload that the server answers with %s', async (_, state, complete, expected) => {
  const { send, requests } = await setup({ state, done: [sentPart], answers: { complete } })
  expect(await send()).toEqual(expected)
  expect(requests.length).toBe(complete.length)
})

test.each<[string, readonly Answer[], unknown]>([
  ['has it after five seconds', [gone, {}], success(object)],
  ['lacks it after five seconds too', [gone, gone], ended],
  ['fails after five seconds', [gone, trouble], failed(trouble)],
  ['accepts its parts after five seconds', [refused, {}], success(object)],
  ['refuses its parts after five seconds too', [refused, refused], rejected],
  [
    'has a conflict after five seconds too',
    [failure('conflict'), failure('conflict')],
    failed(failure('storage-refused', {}, { detail: '/uploads/multipart/complete: conflict' })),
  ],
  [
    'refuses its parts twice with Retry-After',
    [
      { ...refused, retryAfterMs: 1_000 },
      { ...refused, retryAfterMs: 1_000 },
    ],
    rejected,
  ],
  ['lacks it, then refuses its parts', [gone, refused], rejected],
  ['refuses its parts, then lacks it', [refused, gone], ended],
])(
  'checks a refusal of an upload that was never completed once more: the server %s',
  async (_, complete, expected) => {
    const { send, pass } = await setup({ state: openState, done: [sentPart], answers: { complete } })
    const sent = send()
    await pass(5_000)
    expect(await sent).toEqual(expected)
  },
)

test('repeats only the completion, and registers nothing, while the server refuses it', async () => {
  const complete = [refused, refused, refused, refused]
  const { send, pass, requests, opened } = await setup({ answers: { complete } })
  for (let count = 0; count < 2; count += 1) {
    const sent = send()
    await pass(5_000)
    expect(await sent).toEqual(rejected)
    expect(opened.at(-1)).toEqual(multipart)
  }
  expect(await send()).toEqual(success(object))
  expect(opened.at(-1)).toEqual({ ...multipart, completing: true })
  const completions = requests.filter((name) => name === 'complete')
  expect(requests).toEqual(['presign', 'initiate', 'presign-part', ...completions])
  expect(completions.length).toBe(5)
})

const unknownName = failure('name-not-found', { host: 'cloud.example' })

test.each<[string, UploadState, readonly Answer[], boolean]>([
  ['a rate limit', openState, [failure('rate-limited', {}, { retryAfterMs: 9_000 })], false],
  ['a missing permission', openState, [failure('forbidden')], false],
  ['an ended session', openState, [failure('signed-out')], false],
  ['an unknown server name', openState, [unknownName, unknownName], false],
  ['a failure', openState, [delayed], true],
  ['a failure, then a rate limit', openState, [trouble, failure('rate-limited')], true],
  ['a response that is too long', openState, [failure('response-too-long')], true],
  ['a refusal although an earlier run completed it', completingState, [refused], true],
  ['a rate limit although an earlier run completed it', completingState, [failure('rate-limited')], true],
])('notes whether an upload may be complete after %s', async (_, state, complete, mayBeComplete) => {
  const { send, opened } = await setup({ state, done: [sentPart], answers: { complete } })
  await send()
  expect(opened.at(-1)).toEqual(mayBeComplete ? { ...multipart, completing: true } : multipart)
})

test('does not complete an upload if that can’t be written', async () => {
  const full = failed(failure('journal-full'))
  const { send, requests } = await setup({ state: openState, done: [sentPart], opened: () => full })
  expect([await send(), requests]).toEqual([full, []])
})

test('aborts an upload whose id can’t be written', async () => {
  const full = failed(failure('journal-full'))
  const { send, requests } = await setup({ opened: () => full })
  expect([await send(), requests]).toEqual([full, ['presign', 'initiate', 'abort']])
})

test('reads a file again that was written again since the completion failed', async () => {
  const answers = { complete: [delayed] }
  const { send, path, hashedCount } = await setup({ state: openState, done: [sentPart], answers })
  await send()
  await utimes(path, 1, 1)
  expect(await send()).toEqual(success(object))
  expect(hashedCount()).toBe(2)
})

test.each([
  ['an earlier run', openState, [sentPart], 'file-changed'],
  ['this run', undefined, [], 'bytes-differ'],
])('does not complete parts of %s with other bytes than the file', async (_, state, done, code) => {
  const { send, requests } = await setup({ ...(state ? { state } : {}), done, checksum: 8 })
  expect(await send()).toEqual(failed(failure(code as 'bytes-differ')))
  expect(requests).not.toContain('complete')
})

test('writes a part later that could not be written, before it sends anything', async () => {
  const full = failed(failure('journal-full'))
  let written: Result<void> = full
  const { send, memory, steps, requests } = await setup({ state: openState, acknowledged: () => written })
  expect(await send()).toEqual(full)
  expect([...memory.unwrittenParts.values()]).toEqual([sentPart])
  expect(await send()).toEqual(full)
  expect([steps.at(-1), requests]).toEqual(['acknowledged 1', ['presign-part']])
  written = success(undefined)
  expect(await send()).toEqual(success(object))
  expect([memory.unwrittenParts.size, requests]).toEqual([0, ['presign-part', 'complete']])
})

test('a pause waits three seconds for the id of an upload that is being opened', async () => {
  const initiated = Promise.withResolvers<object>()
  const { send, pause, clock, requests, opened } = await setup({ answers: { initiate: [initiated.promise] } })
  const sent = send()
  await expect.poll(() => requests).toEqual(['presign', 'initiate'])
  pause.request()
  expect(clock.waits()).toEqual([3_000])
  initiated.resolve({ upload_id: 'u', storage_key: 'k', part_size: partSizeBytes, part_count: 1 })
  expect(await sent).toMatchObject({ kind: 'aborted' })
  expect([opened, requests.length, clock.waits()]).toEqual([[multipart], 2, []])
})
