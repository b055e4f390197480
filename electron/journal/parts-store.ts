import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'
import type { AcknowledgedPart } from '../platform/acknowledged-part.ts'
import type { Environment } from '../platform/environment.ts'
import type { Write } from './journal-write.ts'
import { isStored, type UploadRecord } from './upload-record.ts'

/** The acknowledged parts of each upload. A change that succeeded is on the disk. */
export interface PartsStore {
  list(uploadId: string): readonly AcknowledgedPart[]
  add(uploadId: string, part: AcknowledgedPart): Result<void>
  /** Resolves once parts that an upload worker has written (see part-recorder.ts) are on the disk. */
  flush(): Promise<Result<void>>
  /** Counts the parts of these uploads in one query. */
  counts(uploadIds: readonly string[]): ReadonlyMap<string, PartCount>
}

/** Enough to compute how many bytes the parts have. */
export interface PartCount {
  readonly count: number
  readonly lastNumber: number
}

/**
 * Upload workers append about three pages of the log for each part and leave checkpoints to this thread: SQLite
 * itself checkpoints after 1,000 pages (sqlite.org/wal.html).
 */
const partsPerCheckpoint = 300

export function createPartsStore(
  database: DatabaseSync,
  { write, flushLog }: { readonly write: Write; readonly flushLog: () => Promise<Result<void>> },
  environment: Environment,
): PartsStore {
  let uncheckpointedParts = 0
  const insert = database.prepare(
    'INSERT OR REPLACE INTO parts (upload, number, etag, checksum) VALUES (?, ?, ?, ?)',
  )
  const all = database.prepare('SELECT number, etag, checksum FROM parts WHERE upload = ? ORDER BY number')
  return {
    list: (uploadId) =>
      all.all(uploadId).map(({ number, etag, checksum }) => ({
        number: Number(number),
        etag: String(etag),
        checksum: Number(checksum),
      })),
    add: (uploadId, { number, etag, checksum }) => write(() => insert.run(uploadId, number, etag, checksum)),
    flush() {
      uncheckpointedParts += 1
      if (uncheckpointedParts < partsPerCheckpoint) return flushLog()
      uncheckpointedParts = 0
      return flushLog().then((flushed) => {
        if (flushed.ok && database.isOpen) checkpoint(database, environment)
        return flushed
      })
    },
    counts: (uploadIds) => countParts(database, uploadIds),
  }
}

/** Its failure loses nothing: the log is flushed already, and a later checkpoint repeats it. */
function checkpoint(database: DatabaseSync, { log }: Environment): void {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch (error) {
    log.error('the journal could not be checkpointed', { error: String(error) })
  }
}

/** Counts the parts of these uploads, or of all of them. */
export function countParts(
  database: DatabaseSync,
  uploadIds: readonly string[] | null = null,
): ReadonlyMap<string, PartCount> {
  const ofUploads = uploadIds === null ? '' : 'WHERE upload IN (SELECT value FROM json_each(?))'
  const lines = database
    .prepare(`SELECT upload, count(*) AS count, max(number) AS last FROM parts ${ofUploads} GROUP BY upload`)
    .all(...(uploadIds === null ? [] : [JSON.stringify(uploadIds)]))
  return new Map(
    lines.map(({ upload, count, last }) => [
      String(upload),
      { count: Number(count), lastNumber: Number(last) },
    ]),
  )
}

/** How many bytes of an upload storage has acknowledged. */
export function acknowledgedBytes(
  { identity, state }: UploadRecord,
  { count, lastNumber }: PartCount = { count: 0, lastNumber: 0 },
): number {
  const { sizeBytes } = identity
  if (isStored(state)) return sizeBytes
  if (state.kind !== 'multipart-open') return 0
  const { partSizeBytes } = state.multipart
  const partCount = Math.ceil(sizeBytes / partSizeBytes)
  // Only the last part is shorter than the others.
  const missingBytes = lastNumber === partCount ? partCount * partSizeBytes - sizeBytes : 0
  return count * partSizeBytes - missingBytes
}
