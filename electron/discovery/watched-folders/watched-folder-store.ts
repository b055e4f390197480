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
  /** See `lastingIdOf`; null if it isn't known. */
  readonly rootId: string | null
}

/**
 * A file that is not new: it was there when the folder was added, or was first found where nothing could be read then
 * or on another disk (`offered`), or it was enqueued or declined since (`known`).
 */
export interface StoredFile extends FileState {
  readonly path: string
  readonly state: 'offered' | 'known'
}

export interface MovedFile {
  readonly from: string
  /** With its new path. */
  readonly file: StoredFile
}

/**
 * An unread folder is stored like an offered file without content, so that it is encrypted at a sign-out and deleted
 * as the files are. No file is stored that way: a smaller one than 1 KB is no model. An older version shows it as one
 * more file that is offered.
 */
const isUnreadFolder = `state = 'offered' AND size_bytes = 0`

const folderRow = v.object({
  id: v.string(),
  path: v.string(),
  account_id: v.string(),
  team_id: v.string(),
  team_name: v.string(),
  paused: v.number(),
  root_id: v.nullable(v.string()),
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
        const { id, path, account_id, team_id, team_name, paused, root_id } = parsed.output
        const team = { id: team_id, name: team_name }
        return [{ id, path, accountId: account_id, team, isPaused: paused === 1, rootId: root_id }]
      })
  }

  /**
   * Stores a folder together with all files in it, so that none of them counts as new, and with the folders in
   * it that could not be read.
   */
  add(
    { id, path, accountId, team, isPaused, rootId }: StoredFolder,
    files: readonly StoredFile[],
    unreadFolders: readonly string[] = [],
  ): void {
    this.#inTransaction(() => {
      this.#database
        .prepare(
          `INSERT INTO watched_folders (id, path, account_id, team_id, team_name, paused, root_id, added_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(added_at), 0) + 1 FROM watched_folders))`,
        )
        .run(id, path, accountId, team.id, team.name, isPaused ? 1 : 0, rootId)
      this.#insertFiles(id, files)
      this.#insertUnreadFolders(id, unreadFolders)
    })
  }

  setPaused(id: string, isPaused: boolean): void {
    this.#database.prepare('UPDATE watched_folders SET paused = ? WHERE id = ?').run(isPaused ? 1 : 0, id)
  }

  setRootId(id: string, rootId: string): void {
    this.#database.prepare('UPDATE watched_folders SET root_id = ? WHERE id = ?').run(rootId, id)
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
      .prepare(
        `SELECT path, size_bytes, mtime_ms, state FROM watched_files WHERE folder = ? AND NOT (${isUnreadFolder})`,
      )
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

  /** Stores files of a folder that were moved, under their new paths. */
  moveFiles(id: string, moves: readonly MovedFile[]): void {
    this.#inTransaction(() => {
      const remove = this.#database.prepare('DELETE FROM watched_files WHERE folder = ? AND path = ?')
      for (const { from } of moves) remove.run(id, from)
      this.#insertFiles(
        id,
        moves.map(({ file }) => file),
      )
    })
  }

  /** Folders and files that have not been read since the watched folder was added. */
  unreadFolders(id: string): readonly string[] {
    return this.#database
      .prepare(`SELECT path FROM watched_files WHERE folder = ? AND ${isUnreadFolder}`)
      .all(id)
      .map(({ path }) => String(path))
  }

  /** Stores files that were found in unread folders, and replaces those folders. */
  saveOffered(id: string, files: readonly StoredFile[], unreadFolders: readonly string[]): void {
    this.#inTransaction(() => {
      this.#database.prepare(`DELETE FROM watched_files WHERE folder = ? AND ${isUnreadFolder}`).run(id)
      this.#insertFiles(id, files)
      this.#insertUnreadFolders(id, unreadFolders)
    })
  }

  #insertUnreadFolders(id: string, folders: readonly string[]): void {
    const state = { sizeBytes: 0, mtimeMs: 0, state: 'offered' } as const
    this.#insertFiles(
      id,
      folders.map((path) => ({ path, ...state })),
    )
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
