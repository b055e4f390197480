import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import {
  createHistoryStore,
  createUnverifiedFinder,
  type HistoryStore,
  type UnverifiedUpload,
} from './history-store.ts'
import {
  addAbandonedUpload,
  abandonUpload,
  dropParts,
  readAbandonedUploads,
  removeAbandonedUpload,
  type AbandonedUpload,
} from './abandoned-store.ts'
import { createDisplacedModelTable, type DisplacedModel } from './displaced-models.ts'
import { createPartsStore, type PartsStore } from './parts-store.ts'
import { createLogFlush, logFileOf } from './log-flush.ts'
import { createUploadLogStore, type UploadLogStore } from './upload-log/upload-log-store.ts'
import { multipartOf, type UploadRecord } from './upload-record.ts'
import { columns, fromColumns, toColumns } from './record-columns.ts'
import { createWrite } from './journal-write.ts'

/** Queue and history in the journal. A change that succeeded is on the disk. */
export interface UploadStore extends HistoryStore {
  /** Adds new uploads, all or none. */
  add(records: readonly UploadRecord[]): Result<void>
  /** Updates uploads, all or none. Without flushing, the change is on the disk after `flush`. */
  save(records: readonly UploadRecord[], options?: { readonly isFlushed: false }): Result<void>
  /** Resolves once all changes before are on the disk. Doesn't block the thread. */
  flush(): Promise<Result<void>>
  /** Removes uploads and lists their open multipart uploads as abandoned and the models they displaced. */
  remove(ids: readonly string[]): Result<void>
  /** Runs `work` in one transaction, so that ten thousand rows need one flush of the disk. */
  transaction(work: () => void): Result<void>
  readonly parts: PartsStore
  readonly logs: UploadLogStore
  abandonedUploads(): readonly AbandonedUpload[]
  /** Lists an abandoned upload that belongs to no row. */
  addAbandoned(upload: AbandonedUpload): Result<void>
  /** Removes one that is no longer in storage. */
  removeAbandoned(uploadId: string): Result<void>
  /** Models that were moved for uploads that no longer replace them. */
  displacedModels(): readonly DisplacedModel[]
  /** Removes one that is at its original path again. */
  removeDisplaced(modelId: string): Result<void>
  /** Ids of the uploads that are not in the library yet, in the order of the queue. */
  unfinishedIds(): readonly string[]
  /**
   * Those of these uploads that are not in the library yet, in the order of the queue. Skips rows with invalid values
   * after calling `onInvalid`. Decoding ten thousand takes 0.4 s.
   */
  readUnfinished(ids: readonly string[], onInvalid?: () => void): readonly UploadRecord[]
  /** Paths of the files of unfinished uploads to this team by any of these accounts. */
  queuedPathsOf(which: { readonly accountIds: readonly string[]; readonly teamId: string }): readonly string[]
  /** Registered uploads that are still to be verified, latest first. */
  unverified(): readonly UnverifiedUpload[]
  find(id: string): UploadRecord | null
  close(): void
}

const queueQuery = (names: string, condition: string) =>
  `SELECT ${names} FROM uploads WHERE phase <> 'registered' AND ${condition} ORDER BY position, added_at_ms`

/** Decodes one row after the other, so that the columns of all of them are never in memory. */
function createRowReader({ log }: Environment) {
  return (lines: Iterable<unknown>, onInvalid = () => {}): UploadRecord[] => {
    const records: UploadRecord[] = []
    for (const line of lines) {
      const record = fromColumns(line)
      if (record) {
        records.push(record)
        continue
      }
      log.error('a row of the journal cannot be read and is skipped')
      onInvalid()
    }
    return records
  }
}

/** The uploads of one journal. */
export function createUploadStore(database: DatabaseSync, environment: Environment): UploadStore {
  database.exec('PRAGMA foreign_keys = ON')
  const write = createWrite(database, environment)
  const writeUnflushed = createWrite(database, environment, { isFlushed: false })
  const read = createRowReader(environment)
  const names = columns.join(', ')
  const insert = database.prepare(
    `INSERT INTO uploads (${names}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  const assignments = columns.slice(1).map((name) => `${name} = ?`)
  const remove = database.prepare('DELETE FROM uploads WHERE id = ?')
  const update = database.prepare(`UPDATE uploads SET ${assignments.join(', ')} WHERE id = ?`)
  const displaced = createDisplacedModelTable(database)
  const one = database.prepare(`SELECT ${names} FROM uploads WHERE id = ?`)
  const unfinishedIds = database.prepare(queueQuery('id', 'true'))
  const queuedPaths = database.prepare(
    queueQuery('path', 'team_id = ? AND account_id IN (SELECT value FROM json_each(?))'),
  )
  const unfinished = database.prepare(queueQuery(names, 'id IN (SELECT value FROM json_each(?))'))

  /**
   * Lists what a row's old state leaves in storage or in the library; `next` is null if the row is removed.
   */
  function recordRemains(id: string, next: UploadRecord | null): void {
    abandonUpload(database, id, next ? (multipartOf(next.state)?.uploadId ?? null) : null)
    // A file of 100 GB has thousands of parts, which nothing needs once its model is registered.
    if (next?.phase === 'registered') dropParts(database, id)
    displaced.update(id, next)
  }

  const logs = createUploadLogStore(database, environment)
  const logFile = logFileOf(database)
  const flushLog = createLogFlush(logFile, environment)
  return {
    add(records) {
      // Before the transaction, whose lock upload threads wait for.
      const lines = records.map(toColumns)
      return write(() => lines.forEach((line) => insert.run(...line)))
    },
    save(records, options) {
      const lines = records.map((record) => ({ record, line: toColumns(record) }))
      // Without a log there is nothing that could be flushed later.
      const writeRecords = options && logFile !== null ? writeUnflushed : write
      return writeRecords(() => {
        for (const { record, line } of lines) {
          recordRemains(record.id, record)
          update.run(...line.slice(1), record.id)
        }
      })
    },
    remove: (ids) =>
      write(() => {
        for (const id of ids) {
          recordRemains(id, null)
          remove.run(id)
        }
      }),
    flush: flushLog,
    transaction: write,
    // Upload workers write parts themselves.
    parts: createPartsStore(database, { write, flushLog }, environment),
    logs,
    abandonedUploads: () => readAbandonedUploads(database),
    addAbandoned: (upload) => write(() => addAbandonedUpload(database, upload)),
    removeAbandoned: (uploadId) => write(() => removeAbandonedUpload(database, uploadId)),
    displacedModels: displaced.list,
    removeDisplaced: (modelId) => write(() => displaced.remove(modelId)),
    unfinishedIds: () => unfinishedIds.all().map(({ id }) => String(id)),
    readUnfinished: (ids, onInvalid) => read(unfinished.iterate(JSON.stringify(ids)), onInvalid),
    unverified: createUnverifiedFinder(database),
    queuedPathsOf: ({ accountIds, teamId }) =>
      queuedPaths.all(teamId, JSON.stringify(accountIds)).map(({ path }) => String(path)),
    find: (id) => read(one.all(id))[0] ?? null,
    ...createHistoryStore(database, read, write),
    close: logs.flush,
  }
}
