import { open } from 'node:fs/promises'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * Flushes SQLite's write-ahead log without holding the journal's lock and without blocking the thread, unlike
 * a commit with `synchronous = FULL`. A commit is durable once its frames in the log are (sqlite.org/wal.html).
 * Calls during a flush share the next one.
 * @param databaseFile null for a database in memory
 */
export function createLogFlush(
  databaseFile: string | null,
  { log }: Pick<Environment, 'log'>,
): () => Promise<Result<void>> {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<Result<void>> | null = null

  async function flush(file: string): Promise<Result<void>> {
    try {
      // Windows flushes only files that are open for writing.
      const handle = await open(`${file}-wal`, 'r+')
      try {
        await handle.datasync()
      } finally {
        await handle.close()
      }
      return success(undefined)
    } catch (error) {
      log.error('the journal could not be flushed', { error: String(error) })
      const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      return failed(failure(isFull ? 'journal-full' : 'journal-trouble', {}, { detail: String(error) }))
    }
  }

  return async () => {
    if (databaseFile === null) return success(undefined)
    next ??= last.then(() => {
      last = next ?? last
      next = null
      return flush(databaseFile)
    })
    return next
  }
}
