import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { runResumeCommand } from '../../../electron/cli/commands/resume.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { createTextReporter } from '../../../electron/cli/output/text-output.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { ServerEntry } from '../../../electron/contract/servers.ts'
import type { Engine } from '../../../electron/engine/engine.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { patchOf, registeredRow, snapshotOf } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const servers: readonly ServerEntry[] = ['https://account-1', 'https://account-2'].map((address) => ({
  ...{ address, singlePutLimitBytes: null },
}))

/** What `resume` writes and returns if the engine resumes the uploads with these ids, and finishes them. */
async function resume(
  records: readonly UploadRecord[],
  resumed: Result<readonly string[]>,
  { isRunning = false } = {},
) {
  const { folder, database } = rowsOnJournal(records)
  if (isRunning) database.prepare('UPDATE runners SET pid = ?').run(process.ppid)
  const { streams, out, err } = recordedStreams()
  let listener: Parameters<Engine['subscribe']>[0] = {}
  const already = { name: 'A', path: null, status: 'active' } as const
  const engine = fakeEngine({
    subscribe(next) {
      listener = next
      return () => undefined
    },
    // All rows come in patches.
    snapshot: () => snapshotOf([]),
    async resumeUnfinished() {
      const ids = resumed.ok ? resumed.value : []
      listener.patch?.(
        patchOf(
          1,
          ids.map((id) => registeredRow(id, { already })),
        ),
      )
      return resumed
    },
  })
  const context = {
    engine,
    streams,
    cliEnvironment: { server: 'https://account-1', servers },
    interruption: listenForInterruption(new EventEmitter() as NodeJS.Process, () => undefined),
    reporter: createTextReporter(streams, { quiet: false }),
  } as UploadContext
  return { code: await runResumeCommand(folder, context), out, err }
}

const file = (name: string, change: Partial<UploadRecord> = {}) =>
  uploadRecord({ id: name, fileName: name, accountId: 'account-1', ...change })
const inReview = file('reviewed', { phase: 'review' })

test('says which uploads are not resumed because their accounts are signed out', async () => {
  const { code, out, err } = await resume([file('a'), file('b'), file('c')], success(['a']))
  expect([code, err]).toEqual([
    exitCodes.notSignedIn,
    ['2 uploads not resumed: account-1 is signed out. Run: modelferry login'],
  ])
  expect(out).toEqual([
    expect.stringMatching(/^queued {6}a/),
    expect.stringMatching(/^already {5}a/),
    'not resumed b (not signed in)',
    'not resumed c (not signed in)',
  ])
  const ofTwo = [file('a'), file('b', { accountId: 'account-2' })]
  expect((await resume(ofTwo, success([]))).err).toEqual([
    '2 uploads not resumed: account-1, account-2 are signed out. Run: modelferry login',
  ])
})

test('leaves files in review to the app, which is no error', async () => {
  expect(await resume([inReview], success([]))).toEqual({
    code: exitCodes.ok,
    out: ['not resumed reviewed (waiting for approval in the app)'],
    err: ['1 upload not resumed: it waits for approval in the app.'],
  })
  const { code, err } = await resume(
    [inReview, file('other', { phase: 'review' }), file('a')],
    success(['a']),
  )
  expect([code, err]).toEqual([exitCodes.ok, ['2 uploads not resumed: they wait for approval in the app.']])
})

test('exits with 3 if uploads of a signed-out account are left besides files in review', async () => {
  expect((await resume([inReview, file('a')], success([]))).code).toBe(exitCodes.notSignedIn)
})

test('exits with 1 if nothing is left to resume', async () => {
  expect((await resume([], success([]))).code).toBe(exitCodes.someFailed)
})

test('says why the queue can’t be resumed', async () => {
  const { code, err } = await resume([file('a')], failed(failure('journal-trouble')))
  expect([code, err]).toEqual([exitCodes.someFailed, [expect.stringContaining('(journal-trouble)')]])
})

test('leaves uploads for another server to it, which is no error', async () => {
  const elsewhere = (name: string, accountId = 'elsewhere.example ann') => file(name, { accountId })
  expect(await resume([elsewhere('a')], success([]))).toEqual({
    code: exitCodes.ok,
    out: ['not resumed a (for another server)'],
    err: [
      '1 upload not resumed: it is for another server (elsewhere.example). To resume it, set MODELFERRY_SERVER to its address.',
    ],
  })
  const { err } = await resume(
    [elsewhere('a'), elsewhere('b'), elsewhere('c', 'third.example ann')],
    success([]),
  )
  expect(err).toEqual([
    '3 uploads not resumed: they are for another server (elsewhere.example, third.example). To resume them, set MODELFERRY_SERVER to its address.',
  ])
})

test('leaves uploads to the process that runs them, which is an error if there are no others', async () => {
  const { ppid } = process
  expect(await resume([file('a'), file('b')], success([]), { isRunning: true })).toEqual({
    code: exitCodes.someFailed,
    out: ['a', 'b'].map((name) => `not resumed ${name} (running in another process)`),
    err: [`2 uploads not resumed: already running in another Modelferry process (${ppid}).`],
  })
  const { code } = await resume([file('a'), file('b')], success(['b']), { isRunning: true })
  expect(code).toBe(exitCodes.ok)
})
