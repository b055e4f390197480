import type { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import type { Team } from '../../contract/account.ts'
import type { FileState } from './file-state.ts'

/** A watched folder as it is stored in the database. */
export interface StoredFolder {
  readonly id: string
  readonly path: string
  readonly accountId: string
  readonly team: Team
  readonly isPaused: boolean
}

/**
 * A file that is not new: it was there when the folder was added (`offered`), or it was enqueued or declined
 * since (`known`).
 */
export interface StoredFile extends FileState {
  readonly path: string
  readonly state: 'offered' | 'known'
}

const folderRow = v.object({
  id: v.string(),
  path: v.string(),
  account_id: v.string(),
  team_id: v.string(),
  team_name: v.string(),
  paused: v.number(),
})
const fileRow = v.object({
  path: v.string(),
  size_bytes: v.number(),
  mtime_ms: v.number(),
  state: v.picklist(['offered', 'known']),
})

/** Stores watched folders and the files in them that are not new. Invalid rows are left out. */
export class WatchedFolderStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  list(): readonly StoredFolder[] {
    return this.#database
      .prepare('SELECT * FROM watched_folders ORDER BY added_at')
      .all()
      .flatMap((row) => {
        const parsed = v.safeParse(folderRow, row)
        if (!parsed.success) return []
        const { id, path, account_id, team_id, team_name, paused } = parsed.output
        return [
          { id, path, accountId: account_id, team: { id: team_id, name: team_name }, isPaused: paused === 1 },
        ]
      })
  }

  /** Stores a folder together with all files in it, so that none of them counts as new. */
  add({ id, path, accountId, team, isPaused }: StoredFolder, files: readonly StoredFile[]): void {
    this.#inTransaction(() => {
      this.#database
        .prepare(
          `INSERT INTO watched_folders (id, path, account_id, team_id, team_name, paused, added_at)
           VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(added_at), 0) + 1 FROM watched_folders))`,
        )
        .run(id, path, accountId, team.id, team.name, isPaused ? 1 : 0)
      this.#insertFiles(id, files)
    })
  }

  setPaused(id: string, isPaused: boolean): void {
    this.#database.prepare('UPDATE watched_folders SET paused = ? WHERE id = ?').run(isPaused ? 1 : 0, id)
  }

  setTeam(id: string, accountId: string, team: Team): void {
    this.#database
      .prepare('UPDATE watched_folders SET account_id = ?, team_id = ?, team_name = ? WHERE id = ?')
      .run(accountId, team.id, team.name, id)
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM watched_folders WHERE id = ?').run(id)
  }

  files(id: string): readonly StoredFile[] {
    return this.#database
      .prepare('SELECT path, size_bytes, mtime_ms, state FROM watched_files WHERE folder = ?')
      .all(id)
      .flatMap((row) => {
        const parsed = v.safeParse(fileRow, row)
        if (!parsed.success) return []
        const { path, size_bytes, mtime_ms, state } = parsed.output
        return [{ path, sizeBytes: size_bytes, mtimeMs: mtime_ms, state }]
      })
  }

  /** Inserts or replaces files of a folder. */
  saveFiles(id: string, files: readonly StoredFile[]): void {
    this.#inTransaction(() => this.#insertFiles(id, files))
  }

  #insertFiles(id: string, files: readonly StoredFile[]): void {
    const insert = this.#database.prepare(
      'INSERT OR REPLACE INTO watched_files (folder, path, size_bytes, mtime_ms, state) VALUES (?, ?, ?, ?, ?)',
    )
    for (const { path, sizeBytes, mtimeMs, state } of files) insert.run(id, path, sizeBytes, mtimeMs, state)
  }

  /** Stores all files or none: files missing from the store would be uploaded as new. */
  #inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}
