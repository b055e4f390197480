import { expect, test } from 'vitest'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { ConflictCheckResult } from '../../../electron/conflicts/check-before-upload.ts'
import { createUploadRunner } from '../../../electron/engine/upload-runner.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

type RunnerOptions = Parameters<typeof createUploadRunner>[0]

/** Runs that end with what the test gives the conflict check, one large file at once. */
function setup({ waitersOf }: { readonly waitersOf: (id: string) => readonly string[] }) {
  const records = ['a', 'b', 'c'].map((id) => {
    const record = uploadRecord({ id })
    return { ...record, identity: { ...record.identity, sample: 's' } }
  })
  const { rows, environment } = rowsOnJournal(records)
  const checks = new Map<string, PromiseWithResolvers<ConflictCheckResult>>()
  const { queue } = createUploadRunner({
    rows,
    uploadAccounts: { accountFor: () => null },
    services: {
      environment,
      accessTo: () => success({ kind: 'session' }),
      singlePutLimitBytes: () => 2 ** 50,
    } as unknown as RunnerOptions['services'],
    atOnce: 1,
    conflictCheck: {
      check(id: string) {
        const check = Promise.withResolvers<ConflictCheckResult>()
        checks.set(id, check)
        return check.promise
      },
      takeWaiters: waitersOf,
    },
    recovery: { waitForConnection: () => {}, waitForVolume: () => {} },
    events: { emit: () => {} },
  } as unknown as RunnerOptions)
  return {
    queue,
    /** Ends the check of a running upload and resolves once the queue has settled it. */
    async end(id: string, result: ConflictCheckResult) {
      checks.get(id)?.resolve(result)
      await expect.poll(() => queue.running.has(id)).toBe(false)
    },
    rows,
    nowMs: environment.now(),
  }
}

test('an upload moved to the top keeps its priority when the copy it waits for fails', async () => {
  const { queue, end, rows, nowMs } = setup({ waitersOf: (id) => (id === 'a' ? ['b'] : []) })
  queue.add(['a', 'b', 'c'])
  await queue.setHeld(false)
  queue.prioritise(['b'])
  await expect.poll(() => [...queue.running]).toEqual(['a', 'b'])
  await end('b', { kind: 'retry', failure: failure('same-as-other', { name: 'a' }), atMs: nowMs + 5_000 })
  await end('a', { kind: 'failed', failure: failure('forbidden') })
  // It runs in addition to the next upload.
  await expect.poll(() => [...queue.running].sort()).toEqual(['b', 'c'])
  expect([queue.isPrioritised('b'), rows.get('a')?.live.phase]).toEqual([true, 'failed'])
})
