import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'
import { isStored, type UploadRecord } from './upload-record.ts'

/** A part that storage has acknowledged. */
export interface StoredPart {
  /** From 1 to 10,000. */
  readonly number: number
  /** Exactly as storage returned it, quotes included. */
  readonly etag: string
  /** Checksum of the bytes that were sent. */
  readonly checksum: number
}

/** The acknowledged parts of each upload. What has been answered `ok` to is on the disk. */
export interface PartsStore {
  of(upload: string): readonly StoredPart[]
  add(upload: string, part: StoredPart): Result<void>
  /** How far each upload has come, asked once for all of them. */
  counts(): ReadonlyMap<string, DoneParts>
}

/** As much of an upload's parts as tells how many bytes they are. */
export interface DoneParts {
  readonly count: number
  readonly lastNumber: number
}

export function createPartsStore(
  database: DatabaseSync,
  write: (work: () => void) => Result<void>,
): PartsStore {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO parts (upload, number, etag, checksum) VALUES (?, ?, ?, ?)',
  )
  const all = database.prepare('SELECT number, etag, checksum FROM parts WHERE upload = ? ORDER BY number')
  return {
    of: (upload) =>
      all.all(upload).map(({ number, etag, checksum }) => ({
        number: Number(number),
        etag: String(etag),
        checksum: Number(checksum),
      })),
    add: (upload, { number, etag, checksum }) => write(() => insert.run(upload, number, etag, checksum)),
    counts: () => countParts(database),
  }
}

/** How many parts of each upload storage has acknowledged. */
export function countParts(database: DatabaseSync): ReadonlyMap<string, DoneParts> {
  const found = database
    .prepare('SELECT upload, count(*) AS count, max(number) AS last FROM parts GROUP BY upload')
    .all()
  return new Map(
    found.map(({ upload, count, last }) => [
      String(upload),
      { count: Number(count), lastNumber: Number(last) },
    ]),
  )
}

/** What storage has acknowledged of an upload, in bytes. */
export function acknowledgedBytes(
  { identity, state }: UploadRecord,
  { count, lastNumber }: DoneParts = { count: 0, lastNumber: 0 },
): number {
  const { sizeBytes } = identity
  if (isStored(state)) return sizeBytes
  if (state.kind !== 'multipart-open') return 0
  const { partSizeBytes } = state.multipart
  const partCount = Math.ceil(sizeBytes / partSizeBytes)
  // Only the last part is shorter than the others.
  const missing = lastNumber === partCount ? partCount * partSizeBytes - sizeBytes : 0
  return count * partSizeBytes - missing
}
