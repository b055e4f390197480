import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'
import { isRegistered, type RegisteredRecord, type UploadRecord } from './upload-record.ts'
import { columns } from './record-columns.ts'

export interface HistoryQuery {
  /** Finished before this time (ms since the epoch, exclusive) and not before that one (inclusive). */
  readonly beforeMs?: number | null
  readonly sinceMs?: number
  /** Part of the display name, path or file name; letters match in either case. */
  readonly search?: string
  /** Accounts whose uploads are left out. */
  readonly hidden?: ReadonlySet<string>
  /** Without those that were taken out of the list. */
  readonly isListed?: boolean
  readonly limit: number
}

/** What the journal has of uploads whose models are in a library. */
export interface HistoryStore {
  history(options: HistoryQuery): readonly RegisteredRecord[]
  /** How many were finished since then (ms since the epoch) and not taken out of the list. */
  finishedSince(sinceMs: number): number
  /** Takes some out of the list; the history keeps them. */
  dismiss(ids: readonly string[]): Result<void>
}

const finishedOf = (names: string) =>
  `SELECT ${names} FROM uploads
   WHERE phase = 'registered' AND finished_at_ms < ? AND finished_at_ms >= ?
     AND account_id NOT IN (SELECT value FROM json_each(?)) AND dismissed <= ?
     AND instr(lower(display_name || ' ' || model_path || ' ' || file_name), lower(?)) > 0
   ORDER BY finished_at_ms DESC LIMIT ?`

export function createHistoryStore(
  database: DatabaseSync,
  read: (lines: readonly unknown[]) => readonly UploadRecord[],
  write: (work: () => void) => Result<void>,
): HistoryStore {
  const finished = database.prepare(finishedOf(columns.join(', ')))
  const dismiss = database.prepare('UPDATE uploads SET dismissed = 1 WHERE id = ?')
  const since = database.prepare(
    `SELECT count(*) AS count FROM uploads
     WHERE phase = 'registered' AND finished_at_ms >= ? AND dismissed = 0`,
  )
  return {
    history: ({ beforeMs, sinceMs = 0, search = '', hidden, isListed = false, limit }) =>
      read(
        finished.all(
          beforeMs ?? Number.MAX_SAFE_INTEGER,
          sinceMs,
          JSON.stringify([...(hidden ?? [])]),
          isListed ? 0 : 1,
          search,
          limit,
        ),
      ).filter(isRegistered),
    finishedSince: (sinceMs) => Number(since.get(sinceMs)?.['count']),
    dismiss: (ids) => write(() => ids.forEach((id) => void dismiss.run(id))),
  }
}
