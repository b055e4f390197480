import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate, NewerJournalError } from './schema.ts'

export interface OpenedJournal {
  readonly database: DatabaseSync
  /** File to which a damaged journal was set aside, or null. */
  readonly setAside: string | null
}

/** Another process may hold the journal for a moment (the command line beside the app); waited for this long, in ms. */
const busyWaitMs = 5_000

/**
 * Opens the journal in `folder`, made when missing. A damaged one is kept under another name and a new one begun, so that
 * the app starts; a newer one is never touched.
 */
export function openJournal(folder: string, nowMs: number): OpenedJournal {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'journal.sqlite')
  try {
    return { database: openSound(file), setAside: null }
  } catch (error) {
    if (error instanceof NewerJournalError || !isDamage(error)) throw error
    const setAside = `${file}.damaged-${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}`
    renameSync(file, setAside)
    // What was committed last may be in the log alone: it goes with its journal. The index of it is made anew by SQLite.
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${setAside}-wal`)
    rmSync(`${file}-shm`, { force: true })
    return { database: openSound(file), setAside }
  }
}

function openSound(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyWaitMs })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (check !== 'ok') throw Object.assign(new Error(String(check)), { errcode: 11 })
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Why the journal, or the folder that it lies in, can't be used. */
export type JournalProblem = 'newer' | 'full' | 'not-writable' | 'other'

/** Reads what `openJournal` threw. SQLITE_FULL is 13, SQLITE_READONLY 8, SQLITE_CANTOPEN 14 (sqlite.org/rescode.html). */
export function journalProblemOf(error: unknown): JournalProblem {
  if (error instanceof NewerJournalError) return 'newer'
  const code = error instanceof Error && 'code' in error ? error.code : null
  const sqlite = sqliteCode(error)
  if (sqlite === 13 || code === 'ENOSPC' || code === 'EDQUOT') return 'full'
  if (sqlite === 8 || sqlite === 14 || code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'not-writable'
  return 'other'
}

/** SQLITE_CORRUPT is 11, SQLITE_NOTADB 26 (sqlite.org/rescode.html). */
function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 11 || code === 26
}

/** SQLite's primary result code of an error, or null when it is none of its own. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return Number(error.errcode) & 0xff
}
