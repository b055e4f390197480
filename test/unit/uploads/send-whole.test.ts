import { copyFile, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Attempt } from '../../../electron/platform/attempt.ts'
import { identityBySample, identityOf } from '../../../electron/platform/files/file-identity.ts'
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

test('reads a stored file again if the thread that hashed it ended', async () => {
  const { session, hashedPaths, memory, path, ranges } = await setup(answered, hashOfFile)
  const stored = { storageKey: 'key', sha256: otherSha256 }
  expect(await sendWhole(session)).toEqual(success(stored))
  expect([hashedPaths, memory.stored, ranges]).toEqual([[path], stored, [[0, 3]]])
})

const occupied = { ...answered, status: 412 }
const newInode = { inode: 1n, device: 2n }

test('sends a file with a new inode and other bytes than the unanswered PUT to another key', async () => {
  const { session, memory } = await setup(occupied, hashOfFile, newInode)
  expect(await sendWhole(session)).toEqual(failed(failure('offline')))
  expect(memory.unanswered).toBeNull()
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
