import { expect, test } from 'vitest'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { stopUploads } from '../../../electron/cli/commands/stop-uploads.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import type { Interruption } from '../../../electron/cli/interruption.ts'
import type { UploadReporter } from '../../../electron/cli/output/output.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { registeredRow, sendingRow, snapshotOf } from '../../components/support/rows.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

interface StopOptions {
  readonly rows?: readonly UploadRow[]
  readonly cancelled?: Result<void>
  /** The rows after they were cancelled, if any are. */
  readonly rowsLeft?: readonly UploadRow[]
}

/** What a command does and writes when it is stopped while its engine has these rows. */
async function stop(
  options: Parameters<typeof stopUploads>[1],
  {
    rows = [sendingRow('a'), registeredRow('b')],
    cancelled = success(undefined),
    rowsLeft = rows,
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
    engine: fakeClient({
      calls: {
        pause: record('pause', success(undefined)),
        stopPausing: record('stopPausing', success(undefined)),
        cancel(args) {
          current = rowsLeft
          return record('cancel', cancelled)(args)
        },
        async cleanUpStorage() {
          calls.push('cleaned up')
          return success(0)
        },
      },
      snapshot: () => snapshotOf(current),
      stopWork: async () => new Set(rows.map(({ id }) => id)),
    }),
    interruption: { exitCode: exitCodes.interrupted } as Interruption,
    reporter: {
      finished: () => void calls.push('finished'),
      stopped: (summary) => void calls.push(summary),
    } as Partial<UploadReporter> as UploadReporter,
    streams,
  } as Partial<UploadContext> as UploadContext
  await stopUploads(context, options)
  return { calls, err }
}

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
