import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { HistoryFilters } from '../contract/uploads.ts'
import { isRegistered, modelIdOf, type RegisteredRecord, type UploadRecord } from './upload-record.ts'
import type { Write } from './journal-write.ts'
import { columns } from './record-columns.ts'

export interface HistoryQuery {
  /** Finished before this time (ms since the epoch, exclusive). */
  readonly beforeMs?: number | null
  /** Finished at or after this time (ms since the epoch). */
  readonly sinceMs?: number
  /** Part of the display name, library path or file name; not case-sensitive. */
  readonly search?: string
  readonly teamId?: string
  readonly modelType?: string
  /** Ids of accounts whose uploads are excluded. */
  readonly hidden?: ReadonlySet<string>
  /** Only those that were not dismissed from the list. */
  readonly isListed?: boolean
  /** More are returned if they finished at the same time as the last one, since the next page begins before it. */
  readonly limit: number
}

/** Uploads whose models are in a library. */
export interface HistoryStore {
  history(options: HistoryQuery): readonly RegisteredRecord[]
  /** The teams and model types of all uploads in the history, without those of hidden accounts. */
  historyFilters(hidden: ReadonlySet<string>): HistoryFilters
  /** Finished uploads of a multi-file model, by the key of its group. */
  registeredFilesOf(groupKey: string): readonly RegisteredRecord[]
  /** Finished uploads that became this model, or whose bytes it already had. */
  registeredAs(modelId: string): readonly RegisteredRecord[]
  /** What a team's models of these types were recognised as when they were uploaded, by the ids of the models. */
  recognitionsOf(teamId: string, modelTypes: ReadonlySet<string>): ReadonlyMap<string, Recognition>
  /** The base models of models that were uploaded from this computer, by their ids. */
  basesOf(modelIds: readonly string[]): ReadonlyMap<string, string>
  /**
   * The number of uploads finished since this time (ms since the epoch) and not dismissed from the list, without
   * those of hidden accounts and files that the library already had.
   */
  finishedSince(sinceMs: number, hidden: ReadonlySet<string>): number
  /** Finished uploads that need attention: the library's record of them is wrong. Without dismissed ones. */
  wrongRecords(): readonly RegisteredRecord[]
  /** Removes uploads from the list; they stay in the history. */
  dismiss(ids: readonly string[]): Result<void>
  isDismissed(id: string): boolean
  undoDismissal(id: string): Result<void>
}

/** Folds a column's case: SQLite's own function folds ASCII letters only, but is faster and may use an index. */
type FoldFunction = 'lower' | 'fold_case'

const foldCase = (text: string) => text.normalize().toLowerCase()

/** Whether a character has another case, or can be written as several characters. */
const isFolded = (character: string) =>
  character.toLowerCase() !== character.toUpperCase() || character.normalize('NFD') !== character

/** Which function finds a text without regard to case. Chinese has none, so that SQLite's own suffices. */
function foldFunctionFor(database: DatabaseSync, text: string): FoldFunction {
  if (![...text].some((character) => character > '~' && isFolded(character))) return 'lower'
  database.function('fold_case', { deterministic: true }, (value) => foldCase(String(value)))
  return 'fold_case'
}

const historyQuery = (names: string, fold: FoldFunction) =>
  `SELECT ${names} FROM uploads
   WHERE phase = 'registered' AND finished_at_ms < ? AND finished_at_ms >= ?
     AND account_id NOT IN (SELECT value FROM json_each(?)) AND dismissed <= ?
     AND team_id = ifnull(?, team_id) AND model_type = ifnull(?, model_type)
     AND instr(${fold}(display_name || ' ' || model_path || ' ' || file_name), ${fold}(?)) > 0
   ORDER BY finished_at_ms DESC`

/** As in the index `uploads_by_group` (schema.ts), which is used only if both are written alike. */
const groupKey = `iif(json_valid(seen), json_extract(seen, '$.group.key'), NULL)`

export function createHistoryStore(
  database: DatabaseSync,
  read: (lines: readonly unknown[]) => readonly UploadRecord[],
  write: Write,
): HistoryStore {
  const names = columns.join(', ')
  const finished = database.prepare(historyQuery(names, 'lower'))
  // The name of a team is the one of its latest upload.
  const filters = database.prepare(
    `SELECT team_id, team_name, model_type, max(finished_at_ms) AS latest_ms FROM uploads
     WHERE phase = 'registered' AND account_id NOT IN (SELECT value FROM json_each(?))
     GROUP BY team_id, model_type ORDER BY latest_ms`,
  )
  const wrong = database.prepare(
    `SELECT ${names} FROM uploads WHERE phase = 'registered' AND failure IS NOT NULL AND dismissed = 0
     ORDER BY finished_at_ms DESC`,
  )
  const setDismissed = database.prepare('UPDATE uploads SET dismissed = ? WHERE id = ?')
  const dismissed = database.prepare('SELECT dismissed FROM uploads WHERE id = ?')
  const ofGroup = database.prepare(
    `SELECT ${names} FROM uploads
     WHERE phase = 'registered' AND seen IS NOT NULL AND ${groupKey} = ?`,
  )
  const ofModel = database.prepare(
    `SELECT ${names} FROM uploads WHERE phase = 'registered' AND model_id = ?
     ORDER BY finished_at_ms DESC`,
  )
  const ofTeam = database.prepare(
    `SELECT ${names} FROM uploads
     WHERE phase = 'registered' AND team_id = ? AND model_id IS NOT NULL
       AND model_type IN (SELECT value FROM json_each(?))
     ORDER BY finished_at_ms DESC LIMIT 2000`,
  )
  const bases = database.prepare(
    `SELECT model_id, iif(json_valid(recognition), json_extract(recognition, '$.base'), NULL) AS base FROM uploads
     WHERE phase = 'registered' AND model_id IN (SELECT value FROM json_each(?)) AND base IS NOT NULL
     ORDER BY finished_at_ms`,
  )
  const since = database.prepare(
    `SELECT count(*) AS count FROM uploads
     WHERE phase = 'registered' AND finished_at_ms >= ? AND dismissed = 0 AND storage_key IS NOT NULL
       AND account_id NOT IN (SELECT value FROM json_each(?))`,
  )
  return {
    history({ beforeMs, sinceMs = 0, search = '', teamId, modelType, hidden, isListed = false, limit }) {
      const fold = foldFunctionFor(database, search)
      const query = fold === 'lower' ? finished : database.prepare(historyQuery(names, fold))
      const excluded = JSON.stringify([...(hidden ?? [])])
      const endMs = beforeMs ?? Number.MAX_SAFE_INTEGER
      const found: RegisteredRecord[] = []
      // Unreadable rows are made up for with older ones, since callers take a short page as the last one.
      const filtered = [teamId ?? null, modelType ?? null]
      for (const line of query.iterate(endMs, sinceMs, excluded, isListed ? 0 : 1, ...filtered, search)) {
        const lastMs = found.at(-1)?.state.finishedAtMs
        if (found.length >= limit && line['finished_at_ms'] !== lastMs) break
        found.push(...read([line]).filter(isRegistered))
      }
      return found
    },
    historyFilters(hidden) {
      const lines = filters.all(JSON.stringify([...hidden]))
      const teams = new Map(lines.map((line) => [String(line['team_id']), String(line['team_name'])]))
      return {
        teams: [...teams].map(([id, name]) => ({ id, name })),
        modelTypes: [...new Set(lines.map((line) => String(line['model_type'])))],
      }
    },
    registeredFilesOf: (groupKey) => read(ofGroup.all(groupKey)).filter(isRegistered),
    registeredAs: (modelId) => read(ofModel.all(modelId)).filter(isRegistered),
    recognitionsOf: (teamId, modelTypes) =>
      new Map(
        read(ofTeam.all(teamId, JSON.stringify([...modelTypes]))).flatMap((record) => {
          const modelId = modelIdOf(record.state)
          return modelId === null ? [] : [[modelId, record.recognition] as const]
        }),
      ),
    basesOf: (modelIds) =>
      new Map(
        bases.all(JSON.stringify(modelIds)).map((line) => [String(line['model_id']), String(line['base'])]),
      ),
    finishedSince: (sinceMs, hidden) => Number(since.get(sinceMs, JSON.stringify([...hidden]))?.['count']),
    wrongRecords: () => read(wrong.all()).filter(isRegistered),
    dismiss: (ids) => write(() => ids.forEach((id) => void setDismissed.run(1, id))),
    isDismissed: (id) => dismissed.get(id)?.['dismissed'] === 1,
    undoDismissal: (id) => write(() => void setDismissed.run(0, id)),
  }
}

/** Finds the local paths of uploads in the queue or the history by file names in lower case, newest first. */
export function createUploadedPathFinder(
  database: DatabaseSync,
): (fileNames: readonly string[]) => readonly string[] {
  const query = (fold: FoldFunction) =>
    `SELECT DISTINCT path FROM uploads WHERE ${fold}(file_name) IN (SELECT value FROM json_each(?))
     ORDER BY added_at_ms DESC LIMIT 1000`
  const find = database.prepare(query('lower'))
  return (fileNames) => {
    const names = JSON.stringify(fileNames.map(foldCase))
    const fold = foldFunctionFor(database, names)
    // Other letters than ASCII are rare, and the index `uploads_by_name` does not have them in lower case.
    const lines = fold === 'lower' ? find.all(names) : database.prepare(query(fold)).all(names)
    return lines.map(({ path }) => String(path))
  }
}

/** A registered upload that is still to be verified. */
export interface UnverifiedUpload {
  readonly id: string
  readonly accountId: string
  readonly teamId: string
}

/** Finds registered uploads that are still to be verified, latest first. */
export function createUnverifiedFinder(database: DatabaseSync): () => readonly UnverifiedUpload[] {
  const find = database.prepare(
    'SELECT id, account_id, team_id FROM uploads WHERE to_verify = 1 ORDER BY finished_at_ms DESC',
  )
  return () =>
    find.all().map((line) => ({
      id: String(line['id']),
      accountId: String(line['account_id']),
      teamId: String(line['team_id']),
    }))
}
