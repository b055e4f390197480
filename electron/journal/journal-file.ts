import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { failure, type Failure } from '../contract/failures.ts'
import { createPrivateFile, OtherOwnerError, protectDataFolder } from '../platform/files/data-folder.ts'
import { sqliteCode } from '../platform/files/sqlite-code.ts'
import { migrate, NewerJournalError, OlderVersionRunningError } from './schema.ts'

export interface OpenedJournal {
  readonly database: DatabaseSync
  /** The file to which a damaged journal was renamed, or null. */
  readonly damagedFile: string | null
}

export const journalFile = (folder: string): string => join(folder, 'journal.sqlite')

/** How long to wait for a lock of a reader such as `modelferry status`, in ms. */
export const lockTimeoutMs = 5_000

/**
 * Opens the journal in `folder`, or creates it. A damaged journal is renamed and a new one created, so that
 * the app starts; a journal of a newer version is never changed.
 */
export function openJournal(folder: string, nowMs: number): OpenedJournal {
  protectDataFolder(folder)
  const file = journalFile(folder)
  try {
    return { database: openChecked(file), damagedFile: null }
  } catch (error) {
    if (!isDamaged(error)) throw error
    const damagedFile = `${file}.damaged-${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}`
    renameSync(file, damagedFile)
    // The last commits may be in the write-ahead log only. SQLite recreates its index.
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${damagedFile}-wal`)
    rmSync(`${file}-shm`, { force: true })
    return { database: openChecked(file), damagedFile }
  }
}

/** Opens a journal and migrates it, or creates it. Throws if it is damaged or of a newer version. */
export function openChecked(file: string): DatabaseSync {
  // SQLite gives its write-ahead log the permissions of the journal.
  createPrivateFile(file)
  const database = new DatabaseSync(file, { timeout: lockTimeoutMs })
  try {
    // Overwrites deleted rows with zeros, since they may be those of an account that has signed out.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON')
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (check !== 'ok') throw Object.assign(new Error(String(check)), { errcode: 11 })
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Why the journal or its folder can't be used. */
export type JournalProblem = 'newer' | 'older-running' | 'full' | 'not-writable' | 'other-owner' | 'other'

/**
 * Classifies an error thrown by `openJournal`. SQLITE_FULL is 13, SQLITE_READONLY 8, SQLITE_CANTOPEN 14
 * (sqlite.org/rescode.html).
 */
export function journalProblemOf(error: unknown): JournalProblem {
  if (error instanceof NewerJournalError) return 'newer'
  if (error instanceof OlderVersionRunningError) return 'older-running'
  if (error instanceof OtherOwnerError) return 'other-owner'
  const code = error instanceof Error && 'code' in error ? error.code : null
  const resultCode = sqliteCode(error)
  if (isDiskFull(error)) return 'full'
  if (resultCode === 8 || resultCode === 14 || code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'not-writable'
  return 'other'
}

/** SQLITE_CORRUPT is 11, SQLITE_NOTADB 26 (sqlite.org/rescode.html). */
function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 11 || code === 26
}

/** SQLITE_FULL is 13 (sqlite.org/rescode.html). */
function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return sqliteCode(error) === 13 || code === 'ENOSPC' || code === 'EDQUOT'
}

/** The failure for an error of SQLite or of the disk while the journal is written. */
export function writeFailure(error: unknown): Failure {
  const code = isDiskFull(error) ? 'journal-full' : 'journal-trouble'
  return failure(code, {}, { detail: String(error) })
}
