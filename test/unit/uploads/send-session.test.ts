import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { diskTimeoutFailure, identityOf } from '../../../electron/platform/files/file-identity.ts'
import { aborted, type Attempt } from '../../../electron/platform/attempt.ts'
import type { FileHash, HashTask } from '../../../electron/transfer/hasher.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import {
  createSendMemory,
  forgetSent,
  sendWhileHashing,
  type SendSession,
} from '../../../electron/uploads/send-session.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'
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

test('reports an unreadable file while sending waits for a slot', async () => {
  const { session, hash } = await setup()
  const done = sendWhileHashing(session, 3, waitUntilAborted)
  hash.resolve(failed(failure('file-missing')))
  expect(await done).toEqual(failed(failure('file-missing')))
})

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

test('an exception while sending is not hidden by the hash', async () => {
  const { session, hash } = await setup()
  const done = sendWhileHashing(session, 3, () => Promise.reject(new Error('a bug')))
  hash.resolve(aborted)
  await expect(done).rejects.toThrow('a bug')
})

test('succeeds if sending and hashing succeed', async () => {
  const { session, hash } = await setup()
  hash.resolve(success(hashed))
  expect(await sendWhileHashing(session, 3, () => Promise.resolve(success('sent')))).toEqual(
    success({ sent: 'sent', hash: hashed }),
  )
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

test('continues to hash and to report its progress after everything was sent', async () => {
  const { session, hash, jobs, reached, hashed: progress } = await setup()
  const done = sendWhileHashing(session, 3, () => Promise.resolve(success('sent')))
  await expect.poll(() => reached).toEqual([3])
  jobs[0]?.onProgress(2)
  expect([jobs[0]?.signal.aborted, progress]).toEqual([false, [2]])
  hash.resolve(success(hashed))
  expect((await done).ok).toBe(true)
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

test('reports a disk that does not respond after everything was sent', async () => {
  const { session, hash, path } = await setup()
  hash.resolve(success(hashed))
  const done = sendWhileHashing(session, 3, async () => {
    await hangFolderOf(path)
    return success('sent')
  })
  expect(await done).toEqual(failed(diskTimeoutFailure()))
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

test('an upload that restarts forgets everything but which parts were sent more than once', () => {
  const memory = createSendMemory()
  const object = { storageKey: 'k', sha256: 'a'.repeat(64) }
  Object.assign(memory, { stored: object, unhashed: object, unanswered: object, hashed, modelId: 'm' })
  memory.unwrittenParts.set(1, { number: 1, etag: '"e"', checksum: 7 })
  memory.parts.lastBegun = 4
  memory.parts.repeated.add(3)
  forgetSent(memory)
  const fresh = createSendMemory()
  expect(memory).toEqual({ ...fresh, parts: { ...fresh.parts, repeated: new Set([3]) } })
})
