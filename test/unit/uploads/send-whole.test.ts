import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { createSendMemory, type SendSession } from '../../../electron/uploads/send-session.ts'
import { identityOf, identityBySample } from '../../../electron/platform/files/file-identity.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtemp, rm, writeFile, utimes, stat } from 'node:fs/promises'
import type { Attempt } from '../../../electron/platform/aborted.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import { putAnswer } from '../../support/put-answer.ts'
import type { FileHash } from '../../../electron/transfer/hasher.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { sendWhole } from '../../../electron/uploads/send-whole.ts'
import { test, expect, onTestFinished } from 'vitest'

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
  return { session, memory }
}

const hashOfFile = success<FileHash>({ sha256: otherSha256, segmentChecksums: [] })

const occupied = { ...answered, status: 412 }

const newInode = { inode: 1n, device: 2n }

test('sends a file with a new inode and other bytes than the unanswered PUT to another key', async () => {
  const { session, memory } = await setup(occupied, hashOfFile, newInode)
  expect(await sendWhole(session)).toEqual(failed(failure('offline')))
  expect(memory.unanswered).toBeNull()
})
