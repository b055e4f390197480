import type { DatabaseSync } from 'node:sqlite'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { createHistoryStore, type HistoryStore } from './history-store.ts'
import { sqliteCode } from './journal-file.ts'
import {
  addAbandonedUpload,
  abandonUpload,
  readAbandonedUploads,
  type AbandonedUpload,
} from './abandoned-store.ts'
import { createDisplacedModelTable, type DisplacedModel } from './displaced-models.ts'
import { createPartsStore, type PartsStore } from './parts-store.ts'
import { multipartOf, type UploadRecord } from './upload-record.ts'
import { columns, fromColumns, toColumns } from './record-columns.ts'
import {
  claimAbandoned,
  createProcessClaims,
  claimedByOthers,
  releaseClaims,
  livingProcesses,
  type AccountFilter,
  type UploadFilter,
} from './process-claims.ts'

/** Queue and history in the journal. What it has answered `ok` to is on the disk. */
export interface UploadStore extends HistoryStore {
  /** Writes down new uploads, all or none. */
  add(records: readonly UploadRecord[]): Result<void>
  /** Writes down uploads as they are now, all or none. */
  save(records: readonly UploadRecord[]): Result<void>
  /** Takes uploads out; what storage holds open for them is remembered, to be aborted, as are models that they moved aside. */
  remove(ids: readonly string[]): Result<void>
  /** Makes one transaction of all that `work` writes: one flush of the disk for ten thousand rows. */
  transaction(work: () => void): Result<void>
  readonly parts: PartsStore
  abandonedUploads(): readonly AbandonedUpload[]
  /** Writes a leftover down that belongs to no row. */
  addAbandoned(leftover: AbandonedUpload): Result<void>
  /** Forgets a leftover that storage no longer holds. */
  removeAbandoned(uploadId: string): Result<void>
  /** Models that were moved aside for uploads that don't take their place any more. */
  displacedModels(): readonly DisplacedModel[]
  /** Forgets one that has its path again. */
  removeDisplaced(modelId: string): Result<void>
  /** Takes over queued uploads that no living process runs, all of them or those named; answers all of ours in order. */
  claimQueue(which?: UploadFilter | AccountFilter): Result<readonly UploadRecord[]>
  /** Queued uploads that no living process runs, to be looked at: none of them is ours yet. */
  unclaimed(): readonly UploadRecord[]
  /** Paths among those named that another living process has in its queue. */
  claimedByOthers(which: UploadFilter): readonly string[]
  find(id: string): UploadRecord | null
  close(): void
}

/** SQLITE_FULL is 13 (sqlite.org/rescode.html). */
const diskFull = 13

const queueOf = (names: string, whose: string) =>
  `SELECT ${names} FROM uploads WHERE phase <> 'registered' AND ${whose} ORDER BY position, added_at_ms`

/** The queue of one running process, named by `runner`; two processes share a journal without sharing a row. */
export function createUploadStore(
  database: DatabaseSync,
  runner: string,
  environment: Environment,
): UploadStore {
  // Power loss must not undo what was acknowledged; changes are few, so the price of a real flush is small.
  database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const names = columns.join(', ')
  const insert = database.prepare(
    `INSERT INTO uploads (${names}, runner) VALUES (${columns.map(() => '?').join(', ')}, ?)`,
  )
  const settings = columns.slice(1).map((name) => `${name} = ?`)
  const remove = database.prepare('DELETE FROM uploads WHERE id = ?')
  const update = database.prepare(`UPDATE uploads SET ${settings.join(', ')} WHERE id = ?`)
  const left = createLeft(database)
  const one = database.prepare(`SELECT ${names} FROM uploads WHERE id = ?`)
  const queued = database.prepare(queueOf(names, 'runner = ?'))
  const unclaimed = database.prepare(
    queueOf(names, '(runner IS NULL OR runner NOT IN (SELECT value FROM json_each(?)))'),
  )

  /** Runs `work` as one transaction; the disk's trouble becomes a failure and nothing of it stays. */
  function write(work: () => void): Result<void> {
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
      environment.log.error('the journal could not be written', { error: String(error) })
      const code = sqliteCode(error) === diskFull ? 'journal-full' : 'journal-trouble'
      return failed(failure(code, {}, { detail: String(error) }))
    }
  }

  function read(lines: readonly unknown[]): UploadRecord[] {
    return lines.flatMap((line) => {
      const record = fromColumns(line)
      if (!record) environment.log.error('a line of the journal cannot be read and is left out')
      return record ? [record] : []
    })
  }

  const writeAsOurs = createProcessClaims(database, runner, write)
  // On a full disk the queue is shown all the same, and taken over once there is room.
  writeAsOurs(() => {})
  return {
    add: (records) =>
      writeAsOurs(() => records.forEach((record) => insert.run(...toColumns(record), runner))),
    save: (records) =>
      write(() => {
        for (const record of records) {
          left.by(record.id, record)
          update.run(...toColumns(record).slice(1), record.id)
        }
      }),
    remove: (ids) =>
      write(() => {
        for (const id of ids) {
          left.by(id, null)
          remove.run(id)
        }
      }),
    transaction: write,
    parts: createPartsStore(database, write),
    abandonedUploads: () => readAbandonedUploads(database),
    addAbandoned: (leftover) => write(() => addAbandonedUpload(database, leftover)),
    removeAbandoned: (uploadId) => write(() => left.clear(uploadId)),
    displacedModels: left.movedAside.list,
    removeDisplaced: (modelId) => write(() => left.movedAside.clear(modelId)),
    claimQueue(which) {
      const claimed = writeAsOurs(() => claimAbandoned(database, runner, which ?? null))
      return claimed.ok ? success(read(queued.all(runner))) : claimed
    },
    unclaimed: () => read(unclaimed.all(JSON.stringify([...livingProcesses(database).keys()]))),
    claimedByOthers: (which) => claimedByOthers(database, runner, which),
    find: (id) => read(one.all(id))[0] ?? null,
    ...createHistoryStore(database, read, write),
    // On a full disk the name stays: the next start sees that its process is gone.
    close: () => void write(() => releaseClaims(database, runner)),
  }
}

/** What uploads leave behind elsewhere when they become something else, or go (`null`). */
function createLeft(database: DatabaseSync) {
  const movedAside = createDisplacedModelTable(database)
  const clear = database.prepare('DELETE FROM leftovers WHERE upload_id = ?')
  return {
    movedAside,
    clear: (uploadId: string) => void clear.run(uploadId),
    by(id: string, becomes: UploadRecord | null) {
      abandonUpload(database, id, becomes ? (multipartOf(becomes.state)?.uploadId ?? null) : null)
      movedAside.leave(id, becomes)
    },
  }
}
