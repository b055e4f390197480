import type { DatabaseSync } from 'node:sqlite'
import { modelIdOf, type UploadRecord } from './upload-record.ts'

/**
 * A model that was moved to another path for an upload that no longer replaces it: it has to be moved back.
 */
export interface DisplacedModel {
  readonly modelId: string
  readonly accountId: string
  readonly teamId: string
  /** Its original path. */
  readonly path: string
  /**
   * Where it was moved to. This is written before the move, so the model may still be at its original path.
   */
  readonly displacedPath: string
}

export interface DisplacedModelTable {
  /**
   * Adds the model that an upload has displaced, unless the upload still replaces it or has replaced it;
   * `next` is null when the upload is removed. Part of the transaction that changes the upload.
   */
  update(id: string, next: UploadRecord | null): void
  list(): readonly DisplacedModel[]
  /** Removes a model that is at its original path again, or was deleted. */
  remove(modelId: string): void
}

export function createDisplacedModelTable(database: DatabaseSync): DisplacedModelTable {
  const insert = database.prepare(
    `INSERT OR REPLACE INTO moved_aside (model_id, account_id, team_id, path, aside_path)
     SELECT library ->> '$.replaces.modelId', account_id, team_id,
            library ->> '$.replaces.path', library ->> '$.replaces.asidePath'
     FROM uploads
     WHERE id = ? AND library ->> '$.replaces.asidePath' IS NOT NULL
       AND model_id IS NULL AND phase <> 'registered'`,
  )
  const list = database.prepare('SELECT * FROM moved_aside')
  const remove = database.prepare('DELETE FROM moved_aside WHERE model_id = ?')
  return {
    update(id, next) {
      const replaces = next?.library?.replaces
      if (replaces && (replaces.asidePath !== null || modelIdOf(next.state) !== null))
        remove.run(replaces.modelId)
      // Most records that are written have no conflicts and need no query.
      else if (next === null || next.library !== undefined) insert.run(id)
    },
    list: () =>
      list.all().map((line) => ({
        modelId: String(line['model_id']),
        accountId: String(line['account_id']),
        teamId: String(line['team_id']),
        path: String(line['path']),
        displacedPath: String(line['aside_path']),
      })),
    remove: (modelId) => void remove.run(modelId),
  }
}
