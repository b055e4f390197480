import { expect } from 'vitest'
import type { FailureCode } from '../../../electron/contract/failures.ts'
import { endingHashWorker } from '../../support/ending-hash-worker.ts'
import { inlineHashBytes } from '../../../electron/transfer/upload-worker-pool.ts'
import { expectInLibrary } from './expect-end.ts'
import { beginUpload, bytesOf, expectShown, fault, setupFor, type UploadMethod } from './fault.ts'

/** Larger than what an upload worker hashes itself. */
const sizeBytes = { whole: inlineHashBytes + 4_321, parts: bytesOf.parts } as const

/** Uploads a file of which the first `times` hash threads end, and expects that no byte is sent again. */
async function expectSentOnce(
  method: UploadMethod,
  times: number,
  expected: FailureCode | null,
): Promise<void> {
  const harness = await setupFor(method, { hashWorker: endingHashWorker(times) })
  const begun = await beginUpload(harness, method, { sizeBytes: sizeBytes[method] })
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(begun.environment.lines.filter(({ message }) => message.startsWith('a worker thread'))).toHaveLength(
    times,
  )
  const puts = { whole: [1, 0], parts: [0, 4] }[method]
  expect([begun.countOf('put-object'), begun.countOf('put-part')]).toEqual(puts)
}

fault('reads a whole file again when the thread that hashes its PUT ends', null, async (expected) => {
  await expectSentOnce('whole', 1, expected)
})

fault(
  'only reads a stored file again later when all hash threads end',
  'hash-interrupted',
  async (expected) => {
    await expectSentOnce('whole', 3, expected)
  },
)

fault('reads a file again when the thread that hashes its parts ends', null, async (expected) => {
  await expectSentOnce('parts', 1, expected)
})

fault(
  'keeps parts and hashes again later when all hash threads end',
  'hash-interrupted',
  async (expected) => {
    await expectSentOnce('parts', 2, expected)
  },
)
