import type { DatabaseSync } from 'node:sqlite'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { sqliteCode } from './journal-file.ts'

/** SQLITE_FULL is 13 (sqlite.org/rescode.html). */
const diskFull = 13

export type Write = (work: () => void) => Result<void>

/**
 * Returns a function that runs `work` as one transaction, or within the present one. An error of the disk is
 * returned as a failure, and nothing is written.
 */
export function createWrite(database: DatabaseSync, { log }: Pick<Environment, 'log'>): Write {
  return (work) => {
    if (database.isTransaction) {
      work()
      return success(undefined)
    }
    try {
      database.exec('BEGIN IMMEDIATE')
      work()
      database.exec('COMMIT')
      return success(undefined)
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      log.error('the journal could not be written', { error: String(error) })
      const code = sqliteCode(error) === diskFull ? 'journal-full' : 'journal-trouble'
      return failed(failure(code, {}, { detail: String(error) }))
    }
  }
}
