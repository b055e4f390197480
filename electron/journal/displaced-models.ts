import type { DatabaseSync } from 'node:sqlite'
import { modelIdOf, type UploadRecord } from './upload-record.ts'

/** A model that made room for a new one which doesn't come any more: it is to have its own path again. */
export interface DisplacedModel {
  readonly modelId: string
  readonly accountId: string
  readonly teamId: string
  /** Where it stood. */
  readonly path: string
  /** Where it was moved to; may be written down before it was moved. */
  readonly asidePath: string
}

/** What is owed to models that stand aside, as the journal has it. */
export interface DisplacedModelTable {
  /**
   * Remembers the model that an upload has moved aside, unless the upload `becomes` one that still means to take its place or
   * has taken it; `null` when the upload goes. Part of the transaction that changes the upload.
   */
  leave(id: string, becomes: UploadRecord | null): void
  list(): readonly DisplacedModel[]
  /** Forgets one that stands where it stood, or is no more. */
  clear(modelId: string): void
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
  const clear = database.prepare('DELETE FROM moved_aside WHERE model_id = ?')
  return {
    leave(id, becomes) {
      const replaces = becomes?.library?.replaces
      if (replaces && (replaces.asidePath !== null || modelIdOf(becomes.state) !== null))
        clear.run(replaces.modelId)
      // What has nothing to do with the library is most of what is written.
      else if (becomes === null || becomes.library !== undefined) insert.run(id)
    },
    list: () =>
      list.all().map((line) => ({
        modelId: String(line['model_id']),
        accountId: String(line['account_id']),
        teamId: String(line['team_id']),
        path: String(line['path']),
        asidePath: String(line['aside_path']),
      })),
    clear: (modelId) => void clear.run(modelId),
  }
}
