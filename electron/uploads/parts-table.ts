import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/errors.ts'
import type { SentPart } from '../transfer/send-parts.ts'

/** The acknowledged parts of each upload. What has been answered `ok` to is on the disk. */
export interface PartsTable {
  of(upload: string): readonly SentPart[]
  add(upload: string, part: SentPart): Result<void>
}

export function createPartsTable(
  database: DatabaseSync,
  write: (work: () => void) => Result<void>,
): PartsTable {
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
  }
}
