import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { hiddenAccounts } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account } from '../contract/account.ts'
import type { UploadLog } from '../contract/upload-log.ts'
import { readChoice, storedAccounts } from './account-store.ts'
import { readAbandonedUploads } from './abandoned-store.ts'
import { journalFile, openChecked } from './journal-file.ts'
import { acknowledgedBytes, countParts } from './parts-store.ts'
import { isRegisteredUpload, type RegisteredUpload, type UploadRecord } from './upload-record.ts'
import { columns, fromColumns } from './record-columns.ts'
import { parseLog } from './upload-log/upload-log.ts'
import { journalVersion } from './schema.ts'

/** An upload that is not in the library yet. */
export interface UnfinishedUpload {
  readonly record: UploadRecord
  readonly acknowledgedBytes: number
  /** Parts that storage has acknowledged; 0 for a file sent as one PUT. */
  readonly acknowledgedParts: number
}

/** A summary of the journal without the uploads of hidden accounts. */
export interface JournalSummary {
  readonly unfinished: readonly UnfinishedUpload[]
  /** The number of uploads in the history. */
  readonly registeredCount: number
  /** Of those, how many records in the library were compared with their files, and are equal. */
  readonly verifiedCount: number
  /** Uploads whose record in the library differs from the file or is missing, latest first. */
  readonly differing: readonly RegisteredUpload[]
  /** The number of multipart uploads still in storage that no row needs. */
  readonly abandonedCount: number
  readonly allPaused: boolean
  readonly accounts: readonly Account[]
}

/** How long to wait for a lock of another process, in ms. Writers hold it for milliseconds. */
const lockTimeoutMs = 1_000

/**
 * Reads the journal in `folder`. It is only written to if it is of an older version, which
 * is migrated. The value is null if there is no journal.
 */
export const readJournal = (folder: string): Result<JournalSummary | null> => readFrom(folder, readSummary)

/** An upload of the queue or the history with its log. */
export interface LoggedUpload {
  readonly record: UploadRecord
  readonly log: UploadLog
}

/**
 * Reads the logs of uploads in the same way: of the one with this id or, if there is none, of those with this file
 * or display name, in any case of ASCII letters, latest first.
 */
export function readUploadLogs(folder: string, idOrName: string): Result<readonly LoggedUpload[]> {
  const found = readFrom(folder, (database) => {
    const hidden = hiddenAccounts(storedAccounts(database))
    const find = (condition: string) =>
      database
        .prepare(
          `SELECT ${columns.join(', ')}, log FROM uploads LEFT JOIN upload_logs ON upload = id
           WHERE ${condition} ORDER BY added_at_ms DESC`,
        )
        .all({ word: idOrName })
        .flatMap((line) => {
          const record = fromColumns(line)
          return record && !hidden.has(record.accountId) ? [{ record, log: parseLog(line['log']) }] : []
        })
    const byId = find('id = :word')
    return byId.length > 0
      ? byId
      : find('lower(file_name) = lower(:word) OR lower(display_name) = lower(:word)')
  })
  return found.ok ? success(found.value ?? []) : found
}

/** Names that are suggested for a mistyped one. */
const maxNames = 1_000

/** The file and display names of the latest uploads. */
export function readUploadNames(folder: string): readonly string[] {
  const names = readFrom(folder, (database) => {
    const hidden = JSON.stringify([...hiddenAccounts(storedAccounts(database))])
    const read = (name: 'file_name' | 'display_name') =>
      database
        .prepare(
          `SELECT ${name} AS name FROM uploads WHERE account_id NOT IN (SELECT value FROM json_each(?))
           ORDER BY added_at_ms DESC LIMIT ?`,
        )
        .all(hidden, maxNames)
        .map((line) => String(line['name']))
    return [...read('display_name'), ...read('file_name')]
  })
  return names.ok ? (names.value ?? []) : []
}

function readFrom<T>(folder: string, read: (database: DatabaseSync) => T): Result<T | null> {
  const file = journalFile(folder)
  if (!existsSync(file)) return success(null)
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: lockTimeoutMs })
    try {
      // One transaction, so that all tables are consistent.
      database.exec('BEGIN')
      const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
      // Another process is creating the journal.
      if (version === 0) return success(null)
      if (version === journalVersion) return success(read(database))
      if (version < journalVersion) {
        database.close()
        openChecked(file).close()
        return readFrom(folder, read)
      }
      const detail = `the journal has version ${version}, this Modelferry reads ${journalVersion}`
      return failed(failure('journal-trouble', {}, { detail }))
    } finally {
      if (database.isOpen) database.close()
    }
  } catch (error) {
    return failed(failure('journal-trouble', {}, { detail: String(error) }))
  }
}

function readSummary(database: DatabaseSync): JournalSummary {
  const partCounts = countParts(database)
  const lines = database
    .prepare(
      `SELECT ${columns.join(', ')} FROM uploads WHERE phase <> 'registered' ORDER BY position, added_at_ms`,
    )
    .all()
  const accounts = storedAccounts(database)
  const hidden = hiddenAccounts(accounts)
  const unfinished = lines.flatMap((line) => {
    const record = fromColumns(line)
    if (!record || hidden.has(record.accountId)) return []
    const parts = partCounts.get(record.id)
    return {
      record,
      acknowledgedBytes: acknowledgedBytes(record, parts),
      acknowledgedParts: parts?.count ?? 0,
    }
  })
  const registered = database
    .prepare(
      `SELECT count(*) AS count, count(*) FILTER (WHERE verification ->> 'kind' = 'verified') AS verified
       FROM uploads WHERE phase = 'registered' AND account_id NOT IN (SELECT value FROM json_each(?))`,
    )
    .get(JSON.stringify([...hidden]))
  const differing = database
    .prepare(
      `SELECT ${columns.join(', ')} FROM uploads
       WHERE phase = 'registered'
         AND (verification ->> 'kind' = 'differs' OR verification ->> 'reason' = 'missing') ORDER BY finished_at_ms DESC`,
    )
    .all()
    .flatMap((line) => fromColumns(line) ?? [])
  return {
    unfinished,
    registeredCount: Number(registered?.['count']),
    verifiedCount: Number(registered?.['verified']),
    differing: differing.filter(isRegisteredUpload).filter(({ accountId }) => !hidden.has(accountId)),
    abandonedCount: readAbandonedUploads(database).filter(({ accountId }) => !hidden.has(accountId)).length,
    allPaused: readChoice(database, 'all-paused') === 'yes',
    accounts: accounts.filter(({ id }) => !hidden.has(id)),
  }
}
