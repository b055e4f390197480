import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { columns, toColumns } from '../../electron/journal/record-columns.ts'
import { createSchema } from '../../electron/journal/schema.ts'
import type { UploadRecord } from '../../electron/journal/upload-record.ts'

/** Creates a journal of an older version with these uploads; of each, what that version had columns for. */
export function createOldJournal(
  file: string,
  version: number,
  records: readonly UploadRecord[],
): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file)
  createSchema(database, version)
  insertIntoOldJournal(database, records)
  return database
}

export function insertIntoOldJournal(database: DatabaseSync, records: readonly UploadRecord[]): void {
  const names = database
    .prepare("SELECT name FROM pragma_table_info('uploads')")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => columns.includes(name))
  const insert = database.prepare(
    `INSERT INTO uploads (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  )
  for (const record of records) {
    const values = toColumns(record)
    insert.run(...names.map((name) => values[columns.indexOf(name)] ?? null))
  }
}
