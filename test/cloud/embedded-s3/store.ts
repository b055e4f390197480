import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue } from 'node:sqlite'

export type StoredPart = {
  readonly number: number
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Base64; present if the client sent it with the part. */
  readonly sha256: string | null
  /** File name in the blobs folder, or null if bytes are discarded. */
  readonly blob: string | null
}

export type ObjectRecord = {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly sha256: string | null
  /** JSON array of blobs, in order. */
  readonly blobs: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

export type UploadRecord = {
  readonly id: string
  readonly bucket: string
  readonly key: string
  /** Whether parts and object carry a SHA-256. */
  readonly checksums: number
  readonly initiated: number
}

export type Store = ReturnType<typeof openStore>

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, sha256 TEXT,
    blobs TEXT NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (bucket, key));
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, checksums INTEGER NOT NULL, initiated INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, sha256 TEXT, blob TEXT,
    PRIMARY KEY (upload, number));
`

/** Objects and unfinished uploads: records in SQLite, and bytes in files that are created atomically. */
export function openStore(folder: string) {
  const incoming = join(folder, 'incoming')
  const blobs = join(folder, 'blobs')
  mkdirSync(incoming, { recursive: true })
  mkdirSync(blobs, { recursive: true })
  // Incomplete files of a killed run.
  for (const name of readdirSync(incoming)) rmSync(join(incoming, name))

  const database = new DatabaseSync(join(folder, 'storage.sqlite'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(SCHEMA)
  const run = (sql: string, ...values: SQLInputValue[]) =>
    Number(database.prepare(sql).run(...values).changes)
  const one = <Row>(sql: string, ...values: SQLInputValue[]) =>
    database.prepare(sql).get(...values) as Row | undefined
  const all = <Row>(sql: string, ...values: SQLInputValue[]) => database.prepare(sql).all(...values) as Row[]

  const discard = (names: readonly (string | null)[]) =>
    Promise.all(names.map(async (name) => name !== null && (await rm(join(blobs, name), { force: true }))))
  const object = (bucket: string, key: string) =>
    one<ObjectRecord>('SELECT * FROM objects WHERE bucket = ? AND key = ?', bucket, key)

  return {
    close: () => database.close(),
    /** The name of a new file and its path while it is incomplete. */
    begin() {
      const name = randomUUID()
      return { name, path: join(incoming, name) }
    },
    /** Moves a complete file to its final place. */
    keep: (name: string) => rename(join(incoming, name), join(blobs, name)),
    dropIncoming: (name: string) => rm(join(incoming, name), { force: true }),
    discard,
    blobPath: (name: string) => join(blobs, name),

    addBucket: (name: string) => run('INSERT OR IGNORE INTO buckets VALUES (?)', name) === 1,
    hasBucket: (name: string) => one('SELECT 1 FROM buckets WHERE name = ?', name) !== undefined,

    object,
    /** Replaces an existing object and removes its old bytes. */
    async putObject(bucket: string, record: ObjectRecord): Promise<void> {
      const old = object(bucket, record.key)
      const { key, size, etag, sha256, blobs: names, modified } = record
      run(
        'INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)',
        bucket,
        key,
        size,
        etag,
        sha256,
        names,
        modified,
      )
      if (old) await discard(JSON.parse(old.blobs) as string[])
    },
    async removeObject(bucket: string, key: string): Promise<void> {
      const old = object(bucket, key)
      run('DELETE FROM objects WHERE bucket = ? AND key = ?', bucket, key)
      if (old) await discard(JSON.parse(old.blobs) as string[])
    },
    /** At most `limit` objects whose keys start with `prefix` and follow `after`, in the keys' byte order. */
    listObjects: (bucket: string, prefix: string, after: string, limit: number) =>
      all<ObjectRecord>(
        `SELECT * FROM objects WHERE bucket = ? AND key > ? AND substr(key, 1, length(?)) = ? ORDER BY key LIMIT ?`,
        ...[bucket, after, prefix, prefix, limit],
      ),

    addUpload: (upload: UploadRecord) =>
      run(
        'INSERT INTO uploads VALUES (?, ?, ?, ?, ?)',
        ...[upload.id, upload.bucket, upload.key, upload.checksums, upload.initiated],
      ),
    upload: (id: string) => one<UploadRecord>('SELECT * FROM uploads WHERE id = ?', id),
    listUploads: (bucket: string) =>
      all<UploadRecord>('SELECT * FROM uploads WHERE bucket = ? ORDER BY key, initiated', bucket),
    part: (upload: string, number: number) =>
      one<StoredPart>('SELECT * FROM parts WHERE upload = ? AND number = ?', upload, number),
    putPart(upload: string, part: StoredPart): void {
      const { number, size, etag, sha256, blob } = part
      run('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)', upload, number, size, etag, sha256, blob)
    },
    parts: (upload: string) =>
      all<StoredPart>('SELECT * FROM parts WHERE upload = ? ORDER BY number', upload),
    /** Deletes the upload and its part records; the caller deletes the bytes. */
    endUpload(id: string): void {
      run('DELETE FROM parts WHERE upload = ?', id)
      run('DELETE FROM uploads WHERE id = ?', id)
    },
  }
}
