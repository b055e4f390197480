import type { DatabaseSync } from 'node:sqlite'
import { failed, success, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { writeFailure } from './journal-file.ts'
import { flushLogNow, logFileOf } from './log-flush.ts'

export type Write = (work: () => void) => Result<void>

interface WriteOptions {
  /** Whether changes have to survive a power failure; by default they do. */
  readonly isFlushed?: boolean
  /** Flushes SQLite's log; throws the error of the disk. */
  readonly flush?: (logFile: string) => void
}

/**
 * Returns a function that runs `work` as one transaction, or within the present one. An error of the disk is
 * returned as a failure, and nothing is written.
 *
 * The log is flushed after the transaction: SQLite itself (`synchronous = FULL`) flushes before it releases the
 * lock, for which upload workers with acknowledged parts would wait, up to a second on a busy disk. If only this
 * flush fails, the changes are in the journal all the same, and a repetition replaces them.
 */
export function createWrite(
  database: DatabaseSync,
  { log }: Environment,
  { isFlushed = true, flush = flushLogNow }: WriteOptions = {},
): Write {
  const logFile = logFileOf(database)

  function commit(work: () => void): void {
    // SQLite refuses another mode within a transaction.
    if (logFile !== null || !isFlushed) database.exec('PRAGMA synchronous = NORMAL')
    try {
      database.exec('BEGIN IMMEDIATE')
      work()
      database.exec('COMMIT')
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK')
      database.exec('PRAGMA synchronous = FULL')
    }
    if (logFile !== null && isFlushed) flush(logFile)
  }

  return (work) => {
    if (database.isTransaction) {
      work()
      return success(undefined)
    }
    try {
      commit(work)
      return success(undefined)
    } catch (error) {
      log.error('the journal could not be written', { error: String(error) })
      return failed(writeFailure(error))
    }
  }
}

/** Writing a thousand rows takes about 45 ms of CPU time (docs/decisions/008-journal.md). */
const rowsPerTransaction = 1_000

/** Writes many rows in groups, also those after a group that can't be written; returns the first failure. */
export function writeInGroups<T>(
  items: readonly T[],
  write: (group: readonly T[]) => Result<void>,
): Result<void> {
  let result: Result<void> = success(undefined)
  for (let start = 0; start < items.length; start += rowsPerTransaction) {
    const written = write(items.slice(start, start + rowsPerTransaction))
    if (result.ok) result = written
  }
  return result
}
