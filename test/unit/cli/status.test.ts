import { runStatusCommand } from '../../../electron/cli/commands/status.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import type { DatabaseSync } from 'node:sqlite'
import { uploadRecord, multipartOpenState, storedState } from '../../support/records.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { test, expect } from 'vitest'

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
