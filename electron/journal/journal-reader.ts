import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hiddenAccounts } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account } from '../contract/account.ts'
import { createAccountStore, createStoredChoices } from './account-store.ts'
import { readAbandonedUploads } from './abandoned-store.ts'
import { acknowledgedBytes, countParts } from './parts-store.ts'
import type { UploadRecord } from './upload-record.ts'
import { columns, fromColumns } from './record-columns.ts'
import { livingProcesses } from './process-claims.ts'
import { journalVersion } from './schema.ts'

/** One upload that is not in the library yet, as the journal has it. */
export interface UnfinishedUpload {
  readonly record: UploadRecord
  /** What storage has acknowledged, in bytes. */
  readonly acknowledgedBytes: number
  /** Parts that storage has acknowledged; 0 for a file that goes whole. */
  readonly acknowledgedParts: number
  /** Number of the living process that has it, or null. */
  readonly runByPid: number | null
}

/** Everything that a look at the journal tells, but for people who have left this computer to somebody else. */
export interface JournalSummary {
  readonly left: readonly UnfinishedUpload[]
  /** Uploads in the history. */
  readonly registeredCount: number
  /** Uploads that are no more and of which storage still holds parts. */
  readonly leftoverCount: number
  readonly allPaused: boolean
  readonly accounts: readonly Account[]
}

/** A writer holds the journal for milliseconds; whoever only looks does not wait longer than this. */
const busyWaitMs = 1_000

/**
 * Looks at the journal in `folder` without writing to it or taking anything from a process that runs. Answers null where
 * there is none.
 */
export function readJournal(folder: string): Result<JournalSummary | null> {
  const file = join(folder, 'journal.sqlite')
  if (!existsSync(file)) return success(null)
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: busyWaitMs })
    try {
      return view(database)
    } finally {
      database.close()
    }
  } catch (error) {
    return failed(failure('journal-trouble', {}, { detail: String(error) }))
  }
}

function view(database: DatabaseSync): Result<JournalSummary | null> {
  // One transaction, so that rows and parts are of the same moment.
  database.exec('BEGIN')
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  // A journal that another process is just making has no tables yet.
  if (version === 0) return success(null)
  if (version !== journalVersion) {
    const detail = `the journal has version ${version}, this Modelferry reads ${journalVersion}`
    return failed(failure('journal-trouble', {}, { detail }))
  }
  const runners = livingProcesses(database)
  const parts = countParts(database)
  const lines = database
    .prepare(
      `SELECT ${columns.join(', ')}, runner FROM uploads WHERE phase <> 'registered' ORDER BY position, added_at_ms`,
    )
    .all()
  const everybody = createAccountStore(database).list()
  const hidden = hiddenAccounts(everybody)
  const left = lines.flatMap((line) => {
    const record = fromColumns(line)
    if (!record || hidden.has(record.accountId)) return []
    const done = parts.get(record.id)
    return {
      record,
      acknowledgedBytes: acknowledgedBytes(record, done),
      acknowledgedParts: done?.count ?? 0,
      runByPid: runners.get(String(line['runner'])) ?? null,
    }
  })
  const registered = database
    .prepare(`SELECT count(*) AS count FROM uploads WHERE phase = 'registered'`)
    .get()
  return success({
    left,
    registeredCount: Number(registered?.['count']),
    leftoverCount: readAbandonedUploads(database).length,
    allPaused: createStoredChoices(database).get('all-paused') === 'yes',
    accounts: everybody.filter(({ id }) => !hidden.has(id)),
  })
}
