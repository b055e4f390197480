import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Attempt } from '../../../electron/platform/attempt.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import type { FileHash } from '../../../electron/transfer/hasher.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import { createSendMemory, type SendSession } from '../../../electron/uploads/send-session.ts'
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
  const identity = { ...identityOf(await stat(path, { bigint: true })), sample: 'sample' }
  const grant = { url: 'http://storage.test/key', headers: {}, storageKey: 'key', allowsLocalAddress: true }
  const sentBefore = { grant, sha256: sentSha256, identity: { ...identity, ...newNumbers } }
  const memory = Object.assign(createSendMemory(), { unanswered: sentBefore })
  const slot = { recordFlushed() {}, reportCongestion() {}, recordLatency() {}, release() {} }
  const hashedPaths: string[] = []
  const hashes = [hash]
  let putCount = 0
  const session = {
    record: { path, identity, fileName: 'a.safetensors', target: {} },
    memory,
    // The server refuses a new URL.
    access: { client: { send: () => Promise.resolve(failed(failure('offline'))) } },
    environment: createTestEnvironment(standingClock()),
    workerPool: { send: () => ((putCount += 1), Promise.resolve(answer)) },
    hasher: {
      hash(job: { readonly path: string }) {
        hashedPaths.push(job.path)
        return { result: Promise.resolve(hashes.at(-1)), uploadReached: () => {} }
      },
    },
    requestSlots: { acquire: () => Promise.resolve(slot) },
    report: { progress() {}, sending() {}, finishing() {} },
    signal: new AbortController().signal,
    pause: createPauseControl(),
  } as unknown as SendSession
  return { session, memory, hashedPaths, path, hashes, putCount: () => putCount }
}

const hashOfFile = success<FileHash>({ sha256: otherSha256, segmentChecksums: [] })
const threadEnded = failed(failure('hash-interrupted'))

test('reads a stored file again if the thread that hashed it ended', async () => {
  const { session, hashedPaths, memory, path } = await setup(answered, hashOfFile)
  const stored = { storageKey: 'key', sha256: otherSha256 }
  expect(await sendWhole(session)).toEqual(success(stored))
  expect([hashedPaths, memory.stored]).toEqual([[path], stored])
})

test('only reads a stored file again in the next run if no thread could hash it', async () => {
  const { session, hashes, memory, putCount } = await setup(answered, threadEnded)
  expect(await sendWhole(session)).toEqual(threadEnded)
  hashes.push(hashOfFile)
  expect(await sendWhole(session)).toEqual(success({ storageKey: 'key', sha256: otherSha256 }))
  expect([putCount(), memory.unhashed]).toEqual([1, null])
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
