import type { DatabaseSync } from 'node:sqlite'

/** A multipart upload that storage still holds and no row needs any more: its parts are billed until it is aborted. */
export interface AbandonedUpload {
  readonly uploadId: string
  readonly storageKey: string
  readonly accountId: string
  readonly teamId: string
}

/** Every change of a row asks this: prepared once for each journal. */
const prepared = new WeakMap<DatabaseSync, ReturnType<DatabaseSync['prepare']>>()

function insertOf(database: DatabaseSync): ReturnType<DatabaseSync['prepare']> {
  const insert =
    prepared.get(database) ??
    database.prepare(
      `INSERT OR IGNORE INTO leftovers (upload_id, storage_key, account_id, team_id)
       SELECT multipart ->> 'uploadId', multipart ->> 'storageKey', account_id, team_id FROM uploads
       WHERE id = ? AND multipart IS NOT NULL AND multipart ->> 'uploadId' IS NOT ? AND phase <> 'registered'`,
    )
  prepared.set(database, insert)
  return insert
}

/**
 * Remembers an upload's multipart as left behind, unless `kept` is the one it goes on with or its model is registered, and
 * forgets its parts. One that was joined already is not known any more, which costs one call. Part of the same transaction as
 * the change that leaves it.
 */
export function abandonUpload(database: DatabaseSync, id: string, kept: string | null): void {
  const left = insertOf(database).run(id, kept)
  if (Number(left.changes) > 0) database.prepare('DELETE FROM parts WHERE upload = ?').run(id)
}

/** Remembers one that no row ever had. */
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
