import type { DatabaseSync } from 'node:sqlite'
import { success, type Result } from '../contract/failures.ts'
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
import { createFileClaims, type FileClaims } from './file-claims.ts'
import { createLogFlush, logFileOf } from './log-flush.ts'
import { createStorageHistory, type StorageHistory } from './storage-history.ts'
import { createUploadLogStore, type UploadLogStore } from './upload-log/upload-log-store.ts'
import { multipartOf, type UploadRecord } from './upload-record.ts'
import { columns, fromColumns, toColumns } from './record-columns.ts'
import {
  createProcessClaims,
  type AccountFilter,
  type ProcessClaims,
  type UploadFilter,
} from './process-claims.ts'
import { currentBootId } from './boot.ts'
import { createWrite, type Write } from './journal-write.ts'

/** Queue and history in the journal. A change that succeeded is on the disk. */
export interface UploadStore extends HistoryStore, FileClaims {
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
  /**
   * Claims queued uploads that no living process runs, all or those that match; returns all that this process
   * has, in order, or only the needed ones: decoding ten thousand takes 0.4 s.
   */
  claimQueue(
    which?: UploadFilter | AccountFilter,
    isNeeded?: (id: string) => boolean,
  ): Result<readonly UploadRecord[]>
  /** Claims like `claimQueue` and returns only the ids, in order. */
  claimQueueIds(): Result<readonly string[]>
  /**
   * Those of these uploads that this process has in its queue, in order of the queue. Skips rows with invalid
   * values after calling `onInvalid`.
   */
  readClaimed(ids: readonly string[], onInvalid?: () => void): readonly UploadRecord[]
  /** Keeps the uploads of this process from others after the clock was set or has drifted (see boot.ts). */
  renewClaims(): void
  /** Queued uploads that no living process runs, without claiming them. */
  unclaimed(): readonly UploadRecord[]
  /** Uploads of these files to this team by any of these accounts, in the queue of any process. */
  queuedUploadsOf(which: FileFilter): readonly UploadRecord[]
  /** Paths of the files in the queues of all processes, of this team and any of these accounts. */
  queuedPathsOf(which: Omit<FileFilter, 'paths'>): readonly string[]
  /** Registered uploads that are still to be verified and that no other living process verifies, latest first. */
  unverified(): readonly UnverifiedUpload[]
  find(id: string): UploadRecord | null
  close(): void
}

export interface FileFilter {
  readonly paths: readonly string[]
  readonly accountIds: readonly string[]
  readonly teamId: string
}

const queueQuery = (names: string, condition: string) =>
  `SELECT ${names} FROM uploads WHERE phase <> 'registered' AND ${condition} ORDER BY position, added_at_ms`

function createFileQueries(
  database: DatabaseSync,
  read: (lines: Iterable<unknown>) => UploadRecord[],
): Pick<UploadStore, 'queuedUploadsOf' | 'queuedPathsOf'> {
  const ofTeam = 'team_id = ? AND account_id IN (SELECT value FROM json_each(?))'
  const uploads = database.prepare(queueQuery(columns.join(', '), `path = ? AND ${ofTeam}`))
  const queuedPaths = database.prepare(queueQuery('path', ofTeam))
  return {
    queuedUploadsOf: ({ paths, accountIds, teamId }) =>
      [...new Set(paths)].flatMap((path) => read(uploads.all(path, teamId, JSON.stringify(accountIds)))),
    queuedPathsOf: ({ accountIds, teamId }) =>
      queuedPaths.all(teamId, JSON.stringify(accountIds)).map((line) => String(line['path'])),
  }
}

function createQueueClaims(options: {
  readonly database: DatabaseSync
  readonly processes: ProcessClaims
  readonly read: (lines: Iterable<unknown>, onInvalid?: () => void) => UploadRecord[]
  readonly writeAsRunner: Write
  readonly history: Pick<StorageHistory, 'addRead'>
}): Pick<UploadStore, 'claimQueue' | 'claimQueueIds' | 'readClaimed'> {
  const { database, processes, read, writeAsRunner, history } = options
  const { runner } = processes
  const names = columns.join(', ')
  const all = database.prepare(queueQuery(names, 'runner = ?'))
  const allIds = database.prepare(queueQuery('id', 'runner = ?'))
  const some = database.prepare(queueQuery(names, 'runner = ? AND id IN (SELECT value FROM json_each(?))'))

  const claimedIds = () => allIds.all(runner).map(({ id }) => String(id))

  const readClaimed = (ids: readonly string[], onInvalid?: () => void) =>
    remember(read(some.iterate(runner, JSON.stringify(ids)), onInvalid))

  function remember(records: readonly UploadRecord[]): readonly UploadRecord[] {
    records.forEach(history.addRead)
    return records
  }

  return {
    claimQueue(which, isNeeded) {
      const claimed = writeAsRunner(() => processes.claimAbandoned(which ?? null))
      if (!claimed.ok) return claimed
      if (!isNeeded) return success(remember(read(all.iterate(runner))))
      return success(readClaimed(claimedIds().filter(isNeeded)))
    },
    claimQueueIds() {
      const claimed = writeAsRunner(() => processes.claimAbandoned(null))
      return claimed.ok ? success(claimedIds()) : claimed
    },
    readClaimed,
  }
}

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

/** The uploads of one process, identified by `runner`. Processes share a journal, but no row. */
export function createUploadStore(
  database: DatabaseSync,
  runner: string,
  environment: Environment,
  readBootId: () => string = currentBootId,
): UploadStore {
  database.exec('PRAGMA foreign_keys = ON')
  const write = createWrite(database, environment)
  const read = createRowReader(environment)
  const processes = createProcessClaims({ database, runner, write, readBootId })
  const writeAsRunner = processes.registering(write)
  const names = columns.join(', ')
  const insert = database.prepare(
    `INSERT INTO uploads (${names}, runner) VALUES (${columns.map(() => '?').join(', ')}, ?)`,
  )
  const assignments = columns.slice(1).map((name) => `${name} = ?`)
  const remove = database.prepare('DELETE FROM uploads WHERE id = ?')
  const update = database.prepare(`UPDATE uploads SET ${assignments.join(', ')} WHERE id = ?`)
  const displaced = createDisplacedModelTable(database)
  const one = database.prepare(`SELECT ${names} FROM uploads WHERE id = ?`)
  const unclaimed = database.prepare(
    queueQuery(names, '(runner IS NULL OR runner NOT IN (SELECT value FROM json_each(?)))'),
  )

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
  const history = createStorageHistory()
  const logFile = logFileOf(database)
  const flushLog = createLogFlush(logFile, environment)
  const writeUnflushed = processes.registering(createWrite(database, environment, { isFlushed: false }))
  const { leaveToWaiting, leftTo, ...claims } = createFileClaims(database, processes, writeUnflushed, history)

  /** Upload workers write parts themselves, so that this is all that a long upload does here. */
  function flushParts(): Promise<Result<void>> {
    processes.renew()
    return flushLog()
  }

  // On a full disk this fails: the queue is shown anyway, and claimed once there is space.
  writeAsRunner(() => {})
  return {
    add(records) {
      // Before the transaction, whose lock upload threads wait for.
      const lines = records.map(toColumns)
      const written = writeAsRunner(() => lines.forEach((line) => insert.run(...line, runner)))
      if (written.ok) records.forEach(history.add)
      return written
    },
    save(records, options) {
      const lines = records.map((record) => ({ record, line: toColumns(record) }))
      // Without a log there is nothing that could be flushed later.
      const writeRecords = options && logFile !== null ? writeUnflushed : writeAsRunner
      const written = writeRecords(() => {
        for (const { record, line } of lines) {
          const left = leftTo(record)
          const kept = left ? { ...record, state: left } : record
          recordRemains(record.id, kept)
          update.run(...(left ? toColumns(kept) : line).slice(1), record.id)
        }
      })
      if (written.ok) records.forEach(history.add)
      return written
    },
    remove(ids) {
      const written = write(() => {
        for (const id of ids) {
          leaveToWaiting(id)
          recordRemains(id, null)
          remove.run(id)
        }
      })
      if (written.ok) ids.forEach(history.remove)
      return written
    },
    flush: flushLog,
    transaction: writeAsRunner,
    parts: createPartsStore(database, { write: writeAsRunner, flushLog: flushParts }, environment),
    logs,
    abandonedUploads: () => readAbandonedUploads(database),
    addAbandoned: (upload) => write(() => addAbandonedUpload(database, upload)),
    removeAbandoned: (uploadId) => write(() => removeAbandonedUpload(database, uploadId)),
    displacedModels: displaced.list,
    removeDisplaced: (modelId) => write(() => displaced.remove(modelId)),
    ...createQueueClaims({ database, processes, read, writeAsRunner, history }),
    renewClaims: processes.renew,
    unclaimed: () => read(unclaimed.iterate(JSON.stringify([...processes.living().keys()]))),
    unverified: createUnverifiedFinder(database, processes),
    ...createFileQueries(database, read),
    find: (id) => read(one.all(id))[0] ?? null,
    ...claims,
    ...createHistoryStore(database, read, write),
    // On a full disk the runner stays listed; the next start finds that its process has ended.
    close() {
      logs.flush()
      write(processes.release)
    },
  }
}
