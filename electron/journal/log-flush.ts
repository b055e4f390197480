import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { failed, success, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { writeFailure } from './journal-file.ts'

/** The write-ahead log of a database, or null for one without, such as in memory. */
export function logFileOf(database: DatabaseSync): string | null {
  const file = database.location()
  const hasLog = database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] === 'wal'
  return file !== null && hasLog ? `${file}-wal` : null
}

/** As `createLogFlush`, at once and blocking the thread; throws the error of the disk. */
export function flushLogNow(logFile: string): void {
  const descriptor = openSync(logFile, 'r+')
  try {
    fdatasyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Flushes SQLite's write-ahead log without holding the journal's lock and without blocking the thread, unlike
 * a commit with `synchronous = FULL`. A commit is durable once its frames in the log are (sqlite.org/wal.html).
 * Calls during a flush share the next one.
 * @param logFile null for a database without one
 */
export function createLogFlush(logFile: string | null, { log }: Environment): () => Promise<Result<void>> {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<Result<void>> | null = null

  async function flush(file: string): Promise<Result<void>> {
    try {
      // Windows flushes only files that are open for writing.
      const handle = await open(file, 'r+')
      try {
        await handle.datasync()
      } finally {
        await handle.close()
      }
      return success(undefined)
    } catch (error) {
      log.error('the journal could not be flushed', { error: String(error) })
      return failed(writeFailure(error))
    }
  }

  return async () => {
    if (logFile === null) return success(undefined)
    next ??= last.then(() => {
      last = next ?? last
      next = null
      return flush(logFile)
    })
    return next
  }
}
