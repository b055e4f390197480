import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { refreshTimeoutMs } from '../cloud/auth.ts'
import type { Environment } from '../platform/environment.ts'
import { sqliteCode } from '../platform/files/sqlite-code.ts'

/** Runs work while no other process of this user runs work of the same name. */
export type RunExclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>

const retryMs = 50
/**
 * A refresh without a response must not block the others forever, although a refresh without the lock may be
 * refused. It makes two requests (session.ts); the rest is for the keychain.
 */
const timeoutMs = 2 * refreshTimeoutMs + 5_000
/** SQLITE_BUSY is 5 (sqlite.org/rescode.html). */
const sqliteBusy = 5

/**
 * Locks between processes, as files in `folder`. SQLite takes each as a file lock of the operating system,
 * which is released when the process ends, even by a crash. Where no lock is available, the work runs without
 * one.
 */
export function createLocks(folder: string, environment: Environment): RunExclusive {
  function open(name: string): DatabaseSync | null {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const file = createHash('sha256').update(name).digest('hex').slice(0, 16)
      return new DatabaseSync(join(folder, `${file}.lock`), { timeout: 0 })
    } catch (error) {
      environment.log.warn('could not open a lock file', { error: String(error) })
      return null
    }
  }

  async function take(database: DatabaseSync): Promise<void> {
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += retryMs) {
      try {
        return database.exec('BEGIN EXCLUSIVE')
      } catch (error) {
        if (sqliteCode(error) !== sqliteBusy)
          return environment.log.warn('could not acquire a lock', { error: String(error) })
      }
      await new Promise<void>((resolve) => environment.timers.after(retryMs, resolve))
    }
    environment.log.warn('another process holds the lock; continuing without it')
  }

  return async (name, work) => {
    const database = open(name)
    try {
      if (database) await take(database)
      return await work()
    } finally {
      database?.close()
    }
  }
}
