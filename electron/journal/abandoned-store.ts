import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A multipart upload in storage that no row needs any more. Its parts are billed until it is aborted. */
export interface AbandonedUpload {
  readonly uploadId: string
  readonly storageKey: string
  readonly accountId: string
  readonly teamId: string
}

interface Statements {
  readonly find: StatementSync
  readonly insert: StatementSync
  readonly dropParts: StatementSync
}

/** They run at each change of a row, so they are prepared once per journal. */
const preparedStatements = new WeakMap<DatabaseSync, Statements>()

function statementsOf(database: DatabaseSync): Statements {
  const statements = preparedStatements.get(database) ?? {
    find: database.prepare(
      `SELECT 1 FROM uploads
       WHERE id = ? AND multipart IS NOT NULL AND multipart ->> 'uploadId' IS NOT ? AND phase <> 'registered'`,
    ),
    insert: database.prepare(
      `INSERT OR IGNORE INTO leftovers (upload_id, storage_key, account_id, team_id)
       SELECT multipart ->> 'uploadId', multipart ->> 'storageKey', account_id, team_id FROM uploads
       WHERE id = ?`,
    ),
    dropParts: database.prepare('DELETE FROM parts WHERE upload = ?'),
  }
  preparedStatements.set(database, statements)
  return statements
}

/**
 * Lists a row's multipart upload as abandoned and deletes the row's parts; does nothing if it is `keptUploadId` or its
 * model is registered. A completed upload may be listed too: aborting it costs one request that finds nothing. Part of the transaction that changes the row.
 */
export function abandonUpload(database: DatabaseSync, id: string, keptUploadId: string | null): void {
  const { find, insert, dropParts } = statementsOf(database)
  if (find.get(id, keptUploadId) === undefined) return
  insert.run(id)
  dropParts.run(id)
}

/** Part of the transaction that changes the row. */
export const dropParts = (database: DatabaseSync, id: string) => void statementsOf(database).dropParts.run(id)

/** Lists an upload that belongs to no row. */
export function addAbandonedUpload(
  database: DatabaseSync,
  { uploadId, storageKey, accountId, teamId }: AbandonedUpload,
): void {
  database
    .prepare(
      'INSERT OR IGNORE INTO leftovers (upload_id, storage_key, account_id, team_id) VALUES (?, ?, ?, ?)',
    )
    .run(uploadId, storageKey, accountId, teamId)
}

export function removeAbandonedUpload(database: DatabaseSync, uploadId: string): void {
  database.prepare('DELETE FROM leftovers WHERE upload_id = ?').run(uploadId)
}

export function readAbandonedUploads(database: DatabaseSync): AbandonedUpload[] {
  return database
    .prepare('SELECT upload_id, storage_key, account_id, team_id FROM leftovers')
    .all()
    .map((line) => ({
      uploadId: String(line['upload_id']),
      storageKey: String(line['storage_key']),
      accountId: String(line['account_id']),
      teamId: String(line['team_id']),
    }))
}
