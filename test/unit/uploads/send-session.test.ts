import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { identityOf } from '../../../electron/platform/file-identity.ts'
import { aborted, type Attempt } from '../../../electron/platform/attempt.ts'
import type { FileHash, HashTask } from '../../../electron/transfer/hasher.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { sendWhileHashing, type SendSession } from '../../../electron/uploads/send-session.ts'

/** A file whose hash ends as the test says. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'sending-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, 'abc')
  const identity = identityOf(await stat(path, { bigint: true }))
  const hash = Promise.withResolvers<Attempt<FileHash>>()
  const hashing: HashTask = { result: hash.promise, uploadReached: () => {}, readAhead: createReadAhead() }
  const abort = new AbortController()
  const sending = {
    record: { path, identity },
    hasher: { hash: () => hashing },
    report: { progress: () => {} },
    signal: abort.signal,
  } as unknown as SendSession
  return { sending, hash, abort }
}

/** Waits for its turn as a stream or a grant is waited for: an abort rejects. */
const waiting = (signal: AbortSignal) =>
  new Promise<Result<string>>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

const hashed: FileHash = { sha256: 'a'.repeat(64), segmentChecksums: [1] }

test('a file that cannot be read while its sending waits for a turn is told by its own trouble', async () => {
  const { sending, hash } = await setup()
  const done = sendWhileHashing(sending, 3, waiting)
  hash.resolve(failed(failure('file-missing')))
  expect(await done).toEqual(failed(failure('file-missing')))
})

test('an abort while sending waits for a turn ends without a word', async () => {
  const { sending, hash, abort } = await setup()
  const done = sendWhileHashing(sending, 3, waiting)
  abort.abort()
  hash.resolve(aborted)
  expect(await done).toEqual(aborted)
})

test('a bug in sending is not hidden by the hash', async () => {
  const { sending, hash } = await setup()
  const done = sendWhileHashing(sending, 3, () => Promise.reject(new Error('a bug')))
  hash.resolve(aborted)
  await expect(done).rejects.toThrow('a bug')
})

test('both well is well', async () => {
  const { sending, hash } = await setup()
  hash.resolve(success(hashed))
  expect(await sendWhileHashing(sending, 3, () => Promise.resolve(success('sent')))).toEqual(
    success({ sent: 'sent', hash: hashed }),
  )
})
