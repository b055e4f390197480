import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A multipart upload in storage that no row needs any more. Its parts are billed until it is aborted. */
export interface AbandonedUpload {
  readonly uploadId: string
  readonly storageKey: string
  readonly accountId: string
  readonly teamId: string
}

/** Runs at each change of a row, so it is prepared once per journal. */
const insertStatements = new WeakMap<DatabaseSync, StatementSync>()

function insertStatement(database: DatabaseSync): StatementSync {
  const insert =
    insertStatements.get(database) ??
    database.prepare(
      `INSERT OR IGNORE INTO leftovers (upload_id, storage_key, account_id, team_id)
       SELECT multipart ->> 'uploadId', multipart ->> 'storageKey', account_id, team_id FROM uploads
       WHERE id = ? AND multipart IS NOT NULL AND multipart ->> 'uploadId' IS NOT ? AND phase <> 'registered'`,
    )
  insertStatements.set(database, insert)
  return insert
}

/**
 * Lists a row's multipart upload as abandoned and deletes its parts, unless it is `keptUploadId` or its model
 * is registered. A completed upload may be listed too: aborting it costs one request that finds nothing. Part
 * of the transaction that changes the row.
 */
export function abandonUpload(database: DatabaseSync, id: string, keptUploadId: string | null): void {
  const inserted = insertStatement(database).run(id, keptUploadId)
  if (Number(inserted.changes) > 0) database.prepare('DELETE FROM parts WHERE upload = ?').run(id)
}

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
