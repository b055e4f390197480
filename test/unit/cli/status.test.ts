import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { runStatusCommand } from '../../../electron/cli/commands/status.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { createAccountStore, createStoredChoices } from '../../../electron/journal/account-store.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { account } from '../../components/support/rows.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import {
  multipartOpenState,
  registeredRecord,
  storedState,
  uploadRecord,
  withVerification,
} from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const nowMs = Date.UTC(2026, 10, 27, 12)

/** What `status` writes about a journal with these uploads, which no process runs unless `isRunning`. */
function status(
  records: readonly UploadRecord[],
  deadlineMs: number | null = null,
  change: (database: DatabaseSync) => void = () => undefined,
  isRunning = false,
) {
  const { folder, database: journal } = rowsOnJournal(records)
  if (isRunning) journal.prepare('UPDATE runners SET pid = ?').run(process.ppid)
  const { database } = openJournal(folder, 0)
  change(database)
  database.close()
  const write = (json: boolean) => {
    const { streams, out } = recordedStreams()
    runStatusCommand({ home: folder, deadlineMs }, { nowMs, json }, streams)
    return out
  }
  return { lines: () => write(false), json: (): unknown => JSON.parse(write(true).join('\n')) }
}

const gigabyte = 1_000_000_000
const file = (name: string, change: Partial<UploadRecord> = {}) =>
  uploadRecord({
    id: name,
    fileName: name,
    identity: { sizeBytes: 2 * gigabyte, mtimeNs: 1n, inode: 1n },
    ...change,
  })
const team = { id: 'team_01', name: 'Studio North' }

test('shows each upload of the queue with its state, and the sum of their bytes', () => {
  const { lines } = status([
    file('a'),
    file('b', { phase: 'paused', state: multipartOpenState(0.3 * gigabyte) }),
    file('c', { state: storedState(), team: { id: '', name: '' } }),
    file('d', { phase: 'failed', failure: failure('file-missing') }),
  ])
  expect(lines()).toEqual([
    'waiting     a → Studio North: 0 bytes of 2.0 GB',
    'paused      b → Studio North: 0 bytes of 2.0 GB, 0 of 7 parts',
    'waiting     c → no team yet: 2.0 GB of 2.0 GB, uploaded, not registered yet',
    expect.stringMatching(/^failed {6}d → Studio North: 0 bytes of 2\.0 GB, .+ \(file-missing\)$/),
    '4 uploads in the queue, 2.0 GB of 8.0 GB uploaded.',
    'To continue, run: modelferry resume',
  ])
})

test('shows what a failed upload needs instead of the failure', () => {
  const params = { name: 'A', path: 'p', status: 'active', suggestion: '', modelId: 'm', theirBytes: 1 }
  const conflict = file('a', { phase: 'failed', failure: failure('path-taken', params) })
  const { lines, json } = status([conflict])
  expect(lines()[0]).toMatch(/^needs attention {2}a → /)
  expect(json()).toMatchObject({
    uploads: [{ phase: 'failed', status: 'choice', failure: { code: 'path-taken' } }],
  })
})

test('shows the history, and each record that differs from its file or is missing', () => {
  const differing = withVerification({ kind: 'differs', differences: [], atMs: 1 })
  const missing = withVerification({ kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 })
  const verified = withVerification({ kind: 'verified', atMs: 1 })
  const { lines, json } = status([registeredRecord(), verified, { ...differing, fileName: 'a' }, missing])
  expect(lines()).toEqual(
    expect.arrayContaining([
      'The upload queue is empty.',
      '4 in history, 1 verified.',
      expect.stringMatching(/^differs {5}a → Studio North: /),
      expect.stringMatching(/^missing {5}.+ → Studio North: .+/),
    ]),
  )
  expect(json()).toMatchObject({
    totals: { left: 0, registered: 4, verified: 1, differing: 2 },
    differing: expect.arrayContaining([
      {
        id: differing.id,
        file: 'a',
        model: 'm',
        team,
        path: differing.target.modelPath,
        result: 'differs',
        differences: [],
      },
    ]) as unknown,
  })
})

test('shows whether the account of an upload is signed in, and that all uploads are paused', () => {
  const environment = createTestEnvironment(standingClock())
  const records = [file('a', { accountId: 'account-1' }), file('b', { accountId: 'account-2' })]
  const { lines, json } = status(records, null, (database) => {
    createStoredChoices(database, environment).set('all-paused', 'yes')
    const otto = account({ id: 'account-2', email: 'otto@night.example', state: 'signed-out' })
    createAccountStore(database, environment).save(account(), otto)
  })
  expect(lines()).toEqual([
    'waiting     a → Studio North: 0 bytes of 2.0 GB',
    'waiting     b → Studio North: 0 bytes of 2.0 GB, otto@night.example is signed out',
    '2 uploads in the queue, 0 bytes of 4.0 GB uploaded.',
    'All uploads are paused in the app.',
    'To continue, run: modelferry resume',
  ])
  expect(json()).toMatchObject({
    allPaused: true,
    uploads: [
      { account: { id: 'account-1', email: 'mira@aurora.example', signedIn: true } },
      { account: { id: 'account-2', email: 'otto@night.example', signedIn: false } },
    ],
  })
})
