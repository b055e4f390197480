import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { removeFailedUploads, stopUploads } from '../../../electron/cli/commands/stop-uploads.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import type { Interruption } from '../../../electron/cli/interruption.ts'
import type { UploadReporter } from '../../../electron/cli/output/output.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import {
  failedRow,
  patchOf,
  pathConflictRow,
  registeredRow,
  sendingRow,
  snapshotOf,
} from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

/** An engine with one upload whose pause ends when the test says so. */
function setup() {
  const clock = standingClock()
  const paused = Promise.withResolvers<Result<void>>()
  const listeners = new Set<() => void>()
  let pausingTotals = { finishingParts: 0, unacknowledgedBytes: 0, uploadCount: 1 }
  const snapshot = snapshotOf([sendingRow('1')])
  const { streams, err: lines } = recordedStreams()
  const pausing = vi.fn<UploadContext['reporter']['pausing']>()
  const context = {
    environment: createTestEnvironment(clock),
    engine: fakeEngine({
      calls: { pause: () => paused.promise },
      snapshot: () => ({ ...snapshot, totals: { ...snapshot.totals, pausing: pausingTotals } }),
      subscribe({ patch }) {
        const listener = () => patch?.(patchOf(1, []))
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }),
    interruption: { exitCode: 130 } as Interruption,
    reporter: { pausing, finished: () => {}, stopped: () => {} } as Partial<UploadReporter> as UploadReporter,
    streams,
  } as Partial<UploadContext> as UploadContext
  const ended = stopUploads(context, { command: 'upload', remove: false })
  return {
    clock,
    lines,
    listeners,
    pausing,
    change(finishingParts: number, unacknowledgedBytes: number) {
      pausingTotals = { ...pausingTotals, finishingParts, unacknowledgedBytes }
      for (const listener of listeners) listener()
    },
    async end() {
      paused.resolve(success(undefined))
      return ended
    },
  }
}

test('reports on Ctrl-C once what is finished, also parts that have just begun', async () => {
  const { clock, lines, listeners, pausing, change, end } = setup()
  change(1, 5)
  clock.advance(200)
  change(2, 3_000_000)
  expect(lines).toEqual([
    'Pausing, finishing 1 part. Press Ctrl-C again to stop now; 5 bytes would be uploaded again.',
  ])
  expect(pausing).toHaveBeenCalledOnce()
  expect(await end()).toBe(130)
  expect([listeners.size, clock.waits()]).toEqual([0, []])
})

test('reports what is finished when the first report of a part is late', async () => {
  const { clock, lines, change, end } = setup()
  clock.advance(200)
  expect(lines).toEqual([])
  change(4, 3_000_000)
  expect(lines).toEqual([
    'Pausing, finishing 4 parts. Press Ctrl-C again to stop now; 3.0 MB would be uploaded again.',
  ])
  await end()
})

test('reports nothing about a pause that ends at once', async () => {
  const { lines, pausing, end } = setup()
  await end()
  expect(lines).toEqual([
    'Paused. Uploaded data is kept. To continue, run the same command or: modelferry resume.',
  ])
  expect(pausing).not.toHaveBeenCalled()
})

interface StopOptions {
  readonly rows?: readonly UploadRow[]
  readonly exitCode?: number
  readonly paused?: Result<void>
  readonly cancelled?: Result<void>
  /** The rows after they were cancelled, if any are. */
  readonly rowsLeft?: readonly UploadRow[]
  readonly abandonedCount?: number
}

/** What a command does and writes when it is stopped while its engine has these rows. */
async function stop(
  options: Parameters<typeof stopUploads>[1],
  {
    rows = [sendingRow('a'), registeredRow('b')],
    exitCode = exitCodes.interrupted,
    paused = success(undefined),
    cancelled = success(undefined),
    rowsLeft = rows,
    abandonedCount = 0,
  }: StopOptions = {},
) {
  const { streams, err } = recordedStreams()
  const calls: unknown[] = []
  const clock = standingClock()
  let current = rows
  const record = (name: string, result: Result<void>) => async (args: object) => {
    calls.push({ [name]: args })
    return result
  }
  const context = {
    environment: createTestEnvironment(clock),
    engine: fakeEngine({
      calls: {
        pause: record('pause', paused),
        stopPausing: record('stopPausing', success(undefined)),
        cancel(args) {
          current = rowsLeft
          return record('cancel', cancelled)(args)
        },
      },
      snapshot: () => snapshotOf(current),
      cleanUpAbandoned: async () => void calls.push('cleaned up'),
      abandonedCount: () => abandonedCount,
    }),
    interruption: { exitCode } as Interruption,
    reporter: {
      finished: () => void calls.push('finished'),
      stopped: (summary) => void calls.push(summary),
    } as Partial<UploadReporter> as UploadReporter,
    streams,
  } as Partial<UploadContext> as UploadContext
  const code = await stopUploads(context, options)
  return { code, calls, err, waits: clock.waits() }
}

test('a stopped resume pauses what is not registered and can be repeated', async () => {
  expect(await stop({ command: 'resume', remove: false })).toEqual({
    code: exitCodes.interrupted,
    calls: [{ pause: { ids: ['a'] } }, 'finished', { kept: true, uploads: 1, leftBehind: 0 }],
    err: ['Paused. Uploaded data is kept. To continue, run the same command.'],
    waits: [],
  })
})

test('SIGTERM does not wait for parts', async () => {
  const { code, calls } = await stop({ command: 'upload', remove: false }, { exitCode: exitCodes.terminated })
  expect([code, calls.slice(0, 2)]).toEqual([
    exitCodes.terminated,
    [{ pause: { ids: ['a'] } }, { stopPausing: { ids: null } }],
  ])
})

test('says that nothing is left if all uploads are registered', async () => {
  const { calls, err } = await stop({ command: 'upload', remove: true }, { rows: [registeredRow('b')] })
  expect([calls, err]).toEqual([
    ['finished', { kept: false, uploads: 0, leftBehind: 0 }],
    ['Stopped. No uploads were left.'],
  ])
})

test('says that the pause could not be saved', async () => {
  const { calls, err } = await stop(
    { command: 'upload', remove: false },
    { paused: failed(failure('journal-trouble')) },
  )
  expect(calls.at(-1)).toEqual({ kept: true, uploads: 1, leftBehind: 0 })
  expect(err).toEqual([
    expect.stringMatching(/^Stopped, but the pause couldn’t be saved\. .*\(journal-trouble\)$/),
  ])
})

test.each([
  [0, /^Cancelled\. Uploaded parts were deleted from storage/],
  [1, /^Cancelled\. Storage still has data of 1 upload\./],
  [2, /^Cancelled\. Storage still has data of 2 uploads\./],
])('cancelled uploads leave data of %i in storage, which is reported', async (abandonedCount, sentence) => {
  const { calls, err, waits } = await stop({ command: 'upload', remove: true }, { abandonedCount })
  expect(calls).toEqual([
    'finished',
    { cancel: { ids: ['a'] } },
    'cleaned up',
    { kept: false, uploads: 1, leftBehind: abandonedCount },
  ])
  expect(err).toEqual([expect.stringContaining('Cancelling'), expect.stringMatching(sentence)])
  expect(waits).toEqual([])
})

test('uploads that can’t be cancelled stay in the queue', async () => {
  const { calls, err } = await stop(
    { command: 'upload', remove: true },
    { cancelled: failed(failure('journal-trouble')) },
  )
  expect(calls.at(-1)).toEqual({ kept: true, uploads: 1, leftBehind: 0 })
  expect(err.at(-1)).toBe('The uploads couldn’t be cancelled. They stay in the queue.')
})

const registering = (id: string) => sendingRow(id, { phase: 'registering' })
const unconfirmed = failed(failure('not-registered-yet', { count: 1 }))

test('pauses what can’t be cancelled while it is registered, and cleans up after the others', async () => {
  const { calls, err } = await stop(
    { command: 'upload', remove: true },
    { rows: [sendingRow('a'), registering('b')], cancelled: unconfirmed, rowsLeft: [registering('b')] },
  )
  expect(calls).toEqual([
    'finished',
    { cancel: { ids: ['a', 'b'] } },
    { pause: { ids: ['b'] } },
    'cleaned up',
    { kept: false, uploads: 1, paused: 1, leftBehind: 0 },
  ])
  expect(err.at(-1)).toBe(
    'Cancelled 1 upload. Uploaded parts were deleted from storage, unless another upload of the same file uses them. ' +
      '1 upload couldn’t be cancelled, because the server hasn’t confirmed yet whether its file is in the library. ' +
      'It is paused. To continue, run the same command or: modelferry resume.',
  )
})

test.each([
  ['paused', success(undefined), /^2 uploads couldn’t be cancelled, .* They are paused\. To continue/],
  [
    'not even paused',
    failed(failure('journal-trouble')),
    /^2 uploads couldn’t .* The pause couldn’t be saved\. .*\(journal-trouble\)$/,
  ],
] as const)('says that uploads which are all being registered are %s', async (_how, paused, sentence) => {
  const rows = [registering('a'), registering('b')]
  const { calls, err } = await stop(
    { command: 'upload', remove: true },
    { rows, cancelled: unconfirmed, paused },
  )
  expect(calls.at(-1)).toEqual({ kept: true, uploads: 2, leftBehind: 0 })
  expect(err.at(-1)).toMatch(sentence)
})

test('says only that uploads are cancelled if the server has answered by then', async () => {
  const { calls, err } = await stop(
    { command: 'upload', remove: true },
    { rows: [sendingRow('a')], cancelled: unconfirmed, rowsLeft: [registeredRow('a')] },
  )
  expect(calls.at(-1)).toEqual({ kept: false, uploads: 1, leftBehind: 0 })
  expect(err.at(-1)).toMatch(/^Cancelled\. Uploaded parts/)
})

test('does not wait forever for the cleanup of storage', async () => {
  const clock = standingClock()
  const engine = fakeEngine({
    calls: { cancel: async () => success(undefined) },
    snapshot: () => snapshotOf([failedRow('a')]),
    cleanUpAbandoned: () => new Promise(() => undefined),
    abandonedCount: () => 1,
  })
  const removed = removeFailedUploads(engine, createTestEnvironment(clock))
  await expect.poll(() => clock.waits().length).toBe(1)
  clock.advance(clock.waits()[0] ?? 0)
  await removed
})

/** Ids of the rows that `removeFailedUploads` removes, and what it waits for. */
async function removedOf(rows: readonly UploadRow[]) {
  const done: unknown[] = []
  const engine = fakeEngine({
    calls: {
      async cancel(args) {
        await setImmediate()
        done.push(args)
        return success(undefined)
      },
    },
    async cleanUpAbandoned() {
      await setImmediate()
      done.push('cleaned up')
    },
    snapshot: () => snapshotOf(rows),
    abandonedCount: () => 0,
  })
  await removeFailedUploads(engine, createTestEnvironment(standingClock()))
  return done
}

test('removes failures that only another file or target fixes, and waits for the cleanup', async () => {
  const rows = [
    failedRow('a', failure('file-empty')),
    failedRow('b', failure('target-path')),
    failedRow('c', failure('path-not-found')),
    registeredRow('d'),
  ]
  expect(await removedOf(rows)).toEqual([{ ids: ['a', 'b', 'c'] }, 'cleaned up'])
})

test.each<[string, UploadRow]>([
  ['waits for a sign-in', failedRow('a', failure('signed-out'))],
  ['has a path conflict', pathConflictRow('a')],
  ['is retried', sendingRow('a', { phase: 'retrying', failure: failure('server-trouble', { status: 503 }) })],
  ['met a server error', failedRow('a', failure('server-trouble', { status: 503 }))],
  ['met a file that can’t be read at the moment', failedRow('a', failure('file-read-trouble'))],
  ['was forbidden', failedRow('a', failure('forbidden'))],
  ['needs a login at the proxy', failedRow('a', failure('proxy-sign-in'))],
  ['has parts in storage', failedRow('a', failure('file-missing'), { started: true, sentBytes: 1 })],
  ['has its file in storage', failedRow('a', failure('target-name'), { started: true, storageKey: 'key' })],
])('keeps an upload that %s', async (_name, row) => {
  expect(await removedOf([row])).toEqual([])
})
