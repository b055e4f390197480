import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { aborted, type Attempt } from '../../../electron/platform/attempt.ts'
import type { FileHash, HashTask } from '../../../electron/transfer/hasher.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import {
  createSendMemory,
  sendWhileHashing,
  type SendSession,
} from '../../../electron/uploads/send-session.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

interface HashOptions {
  readonly signal: AbortSignal
  readonly onProgress: (hashedBytes: number) => void
}

/** A session whose hash is resolved by the test. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'sending-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, 'abc')
  const identity = identityOf(await stat(path, { bigint: true }))
  const hash = Promise.withResolvers<Attempt<FileHash>>()
  const reached: number[] = []
  const hashing: HashTask = {
    result: hash.promise,
    uploadReached: (position) => void reached.push(position),
    readAhead: createReadAhead(),
  }
  const abort = new AbortController()
  const jobs: (HashOptions & { readonly segmentBytes: number })[] = []
  const hashed: number[] = []
  const session = {
    record: uploadRecord({ path, identity }),
    hasher: {
      hash(job: { readonly segmentBytes: number }, options: HashOptions) {
        jobs.push({ segmentBytes: job.segmentBytes, ...options })
        return hashing
      },
    },
    report: {
      progress: ({ hashedBytes }: { readonly hashedBytes: number }) => void hashed.push(hashedBytes),
    },
    memory: createSendMemory(),
    environment: createTestEnvironment(standingClock()),
    signal: abort.signal,
  } as unknown as SendSession
  return { session, hash, abort, path, reached, jobs, hashed }
}

/** Waits like a request for a slot or a URL: an abort rejects. */
const waitUntilAborted = (signal: AbortSignal) =>
  new Promise<Result<string>>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

const hashed: FileHash = { sha256: 'a'.repeat(64), segmentChecksums: [1] }

test('keeps sending if only the hash thread ended, and reports that at the end', async () => {
  const { session, hash } = await setup()
  const sent = Promise.withResolvers<Result<string>>()
  let isAborted = false
  const done = sendWhileHashing(session, 3, (signal) => {
    signal.addEventListener('abort', () => (isAborted = true))
    return sent.promise
  })
  hash.resolve(failed(failure('hash-interrupted')))
  await hash.promise
  sent.resolve(success('sent'))
  expect(await done).toEqual(failed(failure('hash-interrupted')))
  expect(isAborted).toBe(false)
})

test('reports why sending failed if the hash thread ended too', async () => {
  const { session, hash } = await setup()
  hash.resolve(failed(failure('hash-interrupted')))
  const refused = failed(failure('rate-limited'))
  expect(await sendWhileHashing(session, 3, () => Promise.resolve(refused))).toEqual(refused)
  await expect(sendWhileHashing(session, 3, () => Promise.reject(new Error('a bug')))).rejects.toThrow(
    'a bug',
  )
})

test('is aborted while sending waits for a slot', async () => {
  const { session, hash, abort } = await setup()
  const done = sendWhileHashing(session, 3, waitUntilAborted)
  abort.abort()
  hash.resolve(aborted)
  expect(await done).toEqual(aborted)
})

test('a failure of sending stops the hash, which may then read to the end', async () => {
  const { session, hash, jobs, reached } = await setup()
  const refused = failed(failure('storage-refused'))
  const done = sendWhileHashing(session, 2, () => Promise.resolve(refused))
  await expect.poll(() => jobs[0]?.signal.aborted).toBe(true)
  hash.resolve(aborted)
  expect(await done).toEqual(refused)
  expect([jobs[0]?.segmentBytes, reached]).toEqual([2, [3]])
})

test('a file that changed while it was sent and hashed is not taken for the queued one', async () => {
  const { session, hash, path } = await setup()
  hash.resolve(success(hashed))
  const done = sendWhileHashing(session, 3, async () => {
    await writeFile(path, 'abcd')
    return success('sent')
  })
  expect(await done).toEqual(failed(failure('file-changed')))
})

test('an abort during sending ends it as aborted although everything was sent and hashed', async () => {
  const { session, hash, abort } = await setup()
  hash.resolve(success(hashed))
  const done = sendWhileHashing(session, 3, async () => {
    abort.abort()
    return success('sent')
  })
  expect(await done).toEqual(aborted)
})
