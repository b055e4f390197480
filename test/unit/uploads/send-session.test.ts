import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import type { FileHash, HashTask } from '../../../electron/transfer/hasher.ts'
import { type Attempt } from '../../../electron/platform/aborted.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtemp, rm, writeFile, stat } from 'node:fs/promises'
import { failed, failure, type Result } from '../../../electron/contract/failures.ts'
import {
  sendWhileHashing,
  createSendMemory,
  type SendSession,
} from '../../../electron/uploads/send-session.ts'
import { test, expect, onTestFinished } from 'vitest'

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
  return { session, hash }
}

/** Waits like a request for a slot or a URL: an abort rejects. */
const waitUntilAborted = (signal: AbortSignal) =>
  new Promise<Result<string>>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

test('reports an unreadable file while sending waits for a slot', async () => {
  const { session, hash } = await setup()
  const done = sendWhileHashing(session, 3, waitUntilAborted)
  hash.resolve(failed(failure('file-missing')))
  expect(await done).toEqual(failed(failure('file-missing')))
})
