import { copyFile, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Attempt } from '../../../electron/platform/attempt.ts'
import {
  diskTimeoutFailure,
  identityBySample,
  identityOf,
} from '../../../electron/platform/files/file-identity.ts'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import type { FileHash } from '../../../electron/transfer/hasher.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import {
  createSendMemory,
  type SendReport,
  type SendSession,
} from '../../../electron/uploads/send-session.ts'
import { sendWhole } from '../../../electron/uploads/send-whole.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'
import { putAnswer } from '../../support/put-answer.ts'

const sha256 = 'a'.repeat(64)
const otherSha256 = 'b'.repeat(64)
const answered = putAnswer({ flushedBytes: 3 })

/** A session that continues an unanswered PUT with this hash, so that it needs no new URL. */
async function setup(
  answer: PutAnswer,
  hash: Attempt<FileHash>,
  newNumbers = {},
  sentSha256: string | null = sha256,
) {
  const folder = await mkdtemp(join(tmpdir(), 'sending-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, 'abc')
  await utimes(path, 1, 1)
  const found = identityOf(await stat(path, { bigint: true }))
  const sampled = await identityBySample(path, found)
  const identity = sampled.ok ? sampled.value : found
  const grant = { url: 'http://storage.test/key', headers: {}, storageKey: 'key', allowsLocalAddress: true }
  const sentBefore = { grant, sha256: sentSha256, identity: { ...identity, ...newNumbers } }
  const memory = Object.assign(createSendMemory(), { unanswered: sentBefore })
  const slot = { recordFlushed() {}, reportCongestion() {}, recordLatency() {}, release() {} }
  const hashedPaths: string[] = []
  const hashes = [hash]
  const steps: string[] = []
  const ranges: (readonly number[])[] = []
  let putCount = 0
  const session = {
    record: { path, identity, fileName: 'a.safetensors', target: {} },
    memory,
    // The server refuses a new URL.
    access: { client: { send: () => Promise.resolve(failed(failure('offline'))) } },
    environment: createTestEnvironment(standingClock()),
    workerPool: {
      send({ start, end }: { readonly start: number; readonly end: number }) {
        putCount += 1
        ranges.push([start, end])
        return Promise.resolve(answer)
      },
    },
    hasher: {
      hash(job: { readonly path: string }) {
        hashedPaths.push(job.path)
        return { result: Promise.resolve(hashes.at(-1)), uploadReached: () => {} }
      },
    },
    requestSlots: { acquire: () => Promise.resolve(slot) },
    report: {
      progress() {},
      sending: () => void steps.push('sending'),
      finishing: () => void steps.push('finishing'),
    },
    signal: new AbortController().signal,
    pause: createPauseControl(),
  } as unknown as SendSession
  return { session, memory, hashedPaths, path, hashes, steps, ranges, putCount: () => putCount }
}

const hashOfFile = success<FileHash>({ sha256: otherSha256, segmentChecksums: [] })
const threadEnded = failed(failure('hash-interrupted'))

test('reads a stored file again if the thread that hashed it ended', async () => {
  const { session, hashedPaths, memory, path, ranges } = await setup(answered, hashOfFile)
  const stored = { storageKey: 'key', sha256: otherSha256 }
  expect(await sendWhole(session)).toEqual(success(stored))
  expect([hashedPaths, memory.stored, ranges]).toEqual([[path], stored, [[0, 3]]])
})

test('only reads a stored file again in the next run if no thread could hash it', async () => {
  const { session, hashes, memory, putCount, steps } = await setup(answered, threadEnded)
  expect(await sendWhole(session)).toEqual(threadEnded)
  hashes.push(hashOfFile)
  steps.length = 0
  expect(await sendWhole(session)).toEqual(success({ storageKey: 'key', sha256: otherSha256 }))
  expect([putCount(), memory.unhashed, steps]).toEqual([1, null, ['sending', 'finishing']])
})

test('reports a file that changed before its hash was computed again', async () => {
  const { session } = await setup(answered, failed(failure('file-changed')))
  expect(await sendWhole(session)).toEqual(failed(failure('file-changed')))
})

const occupied = { ...answered, status: 412 }
const newInode = { inode: 1n, device: 2n }

test('keeps the object of an unanswered PUT if the file has got a new inode and the same bytes', async () => {
  const sentBytes = success<FileHash>({ sha256, segmentChecksums: [] })
  const { session, hashedPaths, path } = await setup(occupied, sentBytes, newInode)
  expect(await sendWhole(session)).toEqual(success({ storageKey: 'key', sha256 }))
  expect(hashedPaths).toEqual([path])
})

test('sends a file with a new inode and other bytes than the unanswered PUT to another key', async () => {
  const { session, memory } = await setup(occupied, hashOfFile, newInode)
  expect(await sendWhole(session)).toEqual(failed(failure('offline')))
  expect(memory.unanswered).toBeNull()
})

test('compares a file with a new inode again later if the hash thread ended', async () => {
  const { session, memory } = await setup(occupied, threadEnded, newInode)
  expect(await sendWhole(session)).toEqual(threadEnded)
  expect(memory.unanswered).not.toBeNull()
})

test('reads the file to keep the object of an unanswered PUT whose bytes were not hashed', async () => {
  const { session, hashedPaths, path } = await setup(occupied, hashOfFile, {}, null)
  expect(await sendWhole(session)).toEqual(success({ storageKey: 'key', sha256: otherSha256 }))
  expect(hashedPaths).toEqual([path])
})

test('sends a file with a new inode again if the bytes of the unanswered PUT were not hashed', async () => {
  const { session, hashedPaths } = await setup(occupied, hashOfFile, newInode, null)
  expect(await sendWhole(session)).toEqual(failed(failure('offline')))
  expect(hashedPaths).toEqual([])
})

test('does not read the same file again to keep the object of an unanswered PUT', async () => {
  const { session, hashedPaths } = await setup(occupied, hashOfFile)
  expect(await sendWhole(session)).toEqual(success({ storageKey: 'key', sha256 }))
  expect(hashedPaths).toEqual([])
})

/**
 * A session whose server presigns one URL after the other, each of its own key; storage gives these answers, and
 * then the last one again.
 */
async function sendNew(
  answers: readonly PutAnswer[],
  given: {
    readonly lifetimeSeconds?: number
    readonly waitMs?: number
    readonly clockAheadMs?: number
    readonly onPut?: (path: string) => Promise<void> | void
  } = {},
) {
  const { session, path } = await setup(answered, hashOfFile)
  const memory = createSendMemory()
  const clock = standingClock()
  clock.advance(given.clockAheadMs ?? 0)
  const puts: (readonly [path: string, phase: string])[] = []
  const progress: Parameters<SendReport['progress']>[0][] = []
  const latencies: (readonly [host: string, latencyMs: number])[] = []
  const flushedBytes: number[] = []
  let phase = ''
  const counts = { presigned: 0, congestions: 0, inUse: 0 }
  const { lifetimeSeconds = 60, waitMs = 0, clockAheadMs = 0, onPut = () => {} } = given
  const left = [...answers]
  const client = {
    server: 'https://cloud.example',
    clockAheadMs: () => clockAheadMs,
    async send() {
      counts.presigned += 1
      const query = `X-Amz-Date=20260102T030405Z&X-Amz-Expires=${lifetimeSeconds}`
      const url = `https://storage.example/${counts.presigned}?${query}`
      return success({ upload_url: url, storage_key: `key ${counts.presigned}`, upload_headers: {} })
    },
  }
  const slot = {
    recordFlushed: (bytes: number) => void flushedBytes.push(bytes),
    reportCongestion: () => void (counts.congestions += 1),
    recordLatency: (host: string, latencyMs: number) => void latencies.push([host, latencyMs]),
    release: () => void (counts.inUse -= 1),
  }
  const workerPool: Pick<SendSession['workerPool'], 'send'> = {
    async send(job, { onProgress, onContinueDelay }) {
      puts.push([new URL(job.url).pathname, phase])
      onContinueDelay?.(30)
      onProgress(3)
      await onPut(path)
      return (left.length > 1 ? left.shift() : left[0]) ?? null
    },
  }
  const sent = sendWhole({
    ...session,
    memory,
    access: { client, signer: {}, kind: 'session' },
    environment: createTestEnvironment(clock),
    workerPool,
    requestSlots: {
      async acquire() {
        clock.advance(waitMs)
        counts.inUse += 1
        return slot
      },
    },
    report: {
      sending: () => void (phase = 'sending'),
      finishing: () => void (phase = 'finishing'),
      progress: (change: (typeof progress)[number]) => void progress.push(change),
    },
  } as unknown as SendSession)
  return {
    sent,
    memory,
    puts,
    progress,
    latencies,
    flushedBytes,
    phase: () => phase,
    counts,
    session,
  }
}

const acknowledged = putAnswer({ sha256, flushedBytes: 3 })
const forbidden = putAnswer({ status: 403 })
const otherBytes = { ...acknowledged, etag: `"${'a'.repeat(32)}"`, md5: 'b'.repeat(32) }

test('reports the latency, progress and end of a PUT, and releases its slot', async () => {
  const { sent, puts, progress, latencies, flushedBytes, phase, counts } = await sendNew([acknowledged])
  expect(await sent).toEqual(success({ storageKey: 'key 1', sha256 }))
  expect([latencies, flushedBytes]).toEqual([[['storage.example', 30]], [3]])
  expect(puts).toEqual([['/1', 'sending']])
  expect(progress[0]).toMatchObject({ inFlightBytes: 3, inFlightParts: 1 })
  expect(progress.at(-1)).toMatchObject({ sentBytes: 3, inFlightBytes: 0, inFlightParts: 0 })
  expect(phase()).toBe('finishing')
  expect(counts).toEqual({ presigned: 1, congestions: 0, inUse: 0 })
})

test.each([
  ['a refused URL', forbidden],
  ['an occupied key', occupied],
  ['the ETag of other bytes', otherBytes],
])('sends a file to another key once after %s', async (_, refusal) => {
  const { sent, puts, progress, counts } = await sendNew([refusal, acknowledged])
  expect(await sent).toEqual(success({ storageKey: 'key 2', sha256 }))
  expect(puts).toEqual([
    ['/1', 'sending'],
    ['/2', 'sending'],
  ])
  // The bytes of the refused PUT are no longer in flight.
  expect(progress).toContainEqual({ inFlightBytes: 0, inFlightParts: 0 })
  expect(counts.inUse).toBe(0)
})

test.each([
  ['two refused URLs', [forbidden], 'storage-refused', 2],
  ['two occupied keys', [occupied], 'storage-occupied', 2],
  ['two ETags of other bytes', [otherBytes], 'storage-differs', 2],
  ['a refused URL after other bytes', [otherBytes, forbidden], 'storage-refused', 2],
  ['an ETag of other bytes after a refused URL', [forbidden, otherBytes], 'storage-differs', 3],
  ['a lasting refusal', [putAnswer({ status: 400 })], 'storage-refused', 1],
])('fails after %s', async (_, answers, code, puts) => {
  const { sent, counts } = await sendNew(answers)
  expect(await sent).toMatchObject({ ok: false, failure: { code } })
  expect(counts).toEqual({ presigned: puts, congestions: 0, inUse: 0 })
})

test('reports congestion only for a temporary failure', async () => {
  const { sent, counts } = await sendNew([putAnswer({ status: 503 })])
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'storage-busy' } })
  expect(counts.congestions).toBe(1)
})

test.each([
  [59_999, 1],
  [60_000, 2],
])(
  'a PUT that waits %i ms for its turn, with URLs valid for a minute, requests %i',
  async (waitMs, presigned) => {
    const { sent, counts } = await sendNew([acknowledged], { waitMs })
    expect((await sent).ok).toBe(true)
    expect(counts).toMatchObject({ presigned, inUse: 0 })
  },
)

test.each([
  [3_600_000, 59_999, 1],
  [3_600_000, 60_000, 2],
  [-3_600_000, 59_999, 1],
  [-3_600_000, 60_000, 2],
])(
  'with a clock that is %i ms ahead, a PUT that waits %i ms for its turn requests %i URLs',
  async (clockAheadMs, waitMs, presigned) => {
    const { sent, counts } = await sendNew([acknowledged], { clockAheadMs, waitMs })
    expect((await sent).ok).toBe(true)
    expect(counts.presigned).toBe(presigned)
  },
)

test('remembers a PUT without an answer, so that the next run can find its object', async () => {
  const lost: PutAnswer = { kind: 'broken', code: 'ECONNRESET', proxyHost: null, sha256, flushedBytes: 3 }
  const { sent, memory, session } = await sendNew([lost])
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'connection-lost' } })
  expect(memory.unanswered).toMatchObject({
    grant: { storageKey: 'key 1' },
    sha256,
    identity: session.record.identity,
  })
})

test('does not keep the object of a file that changed while it was sent', async () => {
  const { sent, memory } = await sendNew([acknowledged], { onPut: (path) => writeFile(path, 'abcd') })
  expect(await sent).toEqual(failed(failure('file-changed')))
  expect(memory.stored).toBeNull()
})

test('keeps the object of a file whose disk was mounted again while it was sent', async () => {
  const { sent, memory } = await sendNew([acknowledged], {
    async onPut(path) {
      await copyFile(path, `${path}.new`)
      await utimes(`${path}.new`, 1, 1)
      await rename(`${path}.new`, path)
    },
  })
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'file-read-trouble' } })
  expect(memory.stored).toEqual({ storageKey: 'key 1', sha256 })
})

test('keeps the object of a file that can’t be read after it was sent', async () => {
  const { sent, memory } = await sendNew([acknowledged], { onPut: (path) => rm(path) })
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'file-missing' } })
  expect(memory.stored).toEqual({ storageKey: 'key 1', sha256 })
})

test('keeps the object of a file whose disk does not respond after it was sent', async () => {
  const { sent, memory } = await sendNew([acknowledged], {
    onPut: async (path) => void (await hangFolderOf(path)),
  })
  expect(await sent).toEqual(failed(diskTimeoutFailure()))
  expect(memory.stored).toEqual({ storageKey: 'key 1', sha256 })
})
