import type { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import type { Team } from '../../contract/account.ts'
import type { Look } from './settling.ts'

/** A watched folder as the journal keeps it. */
export interface KeptFolder {
  readonly id: string
  readonly path: string
  readonly accountId: string
  readonly team: Team
  readonly isPaused: boolean
}

/** A file that is no news: it was there from the beginning (`offered`), or was queued or declined (`known`). */
export interface KeptFile extends Look {
  readonly path: string
  readonly state: 'offered' | 'known'
}

const folderLine = v.object({
  id: v.string(),
  path: v.string(),
  account_id: v.string(),
  team_id: v.string(),
  team_name: v.string(),
  paused: v.number(),
})
const fileLine = v.object({
  path: v.string(),
  size_bytes: v.number(),
  mtime_ms: v.number(),
  state: v.picklist(['offered', 'known']),
})

/** Watched folders and the files that are no news in them. A line that can't be read is left out. */
export interface KeptFolders {
  list(): readonly KeptFolder[]
  /** Writes down a folder with all that lies in it, so that none of it is ever taken for new. */
  add(folder: KeptFolder, files: readonly KeptFile[]): void
  setPaused(id: string, isPaused: boolean): void
  setTeam(id: string, accountId: string, team: Team): void
  remove(id: string): void
  files(id: string): readonly KeptFile[]
  keep(id: string, files: readonly KeptFile[]): void
}

export function createKeptFolders(database: DatabaseSync): KeptFolders {
  const keep = database.prepare(
    'INSERT OR REPLACE INTO watched_files (folder, path, size_bytes, mtime_ms, state) VALUES (?, ?, ?, ?, ?)',
  )

  /** All or nothing: half a baseline would send the other half. */
  function together(work: () => void): void {
    database.exec('BEGIN IMMEDIATE')
    try {
      work()
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
  const keepAll = (id: string, files: readonly KeptFile[]) => {
    for (const { path, sizeBytes, mtimeMs, state } of files) keep.run(id, path, sizeBytes, mtimeMs, state)
  }

  return {
    list: () =>
      database
        .prepare('SELECT * FROM watched_folders ORDER BY added_at')
        .all()
        .flatMap((line) => {
          const parsed = v.safeParse(folderLine, line)
          if (!parsed.success) return []
          const { id, path, account_id, team_id, team_name, paused } = parsed.output
          return [
            {
              id,
              path,
              accountId: account_id,
              team: { id: team_id, name: team_name },
              isPaused: paused === 1,
            },
          ]
        }),
    add: ({ id, path, accountId, team, isPaused }, files) =>
      together(() => {
        database
          .prepare(
            `INSERT INTO watched_folders (id, path, account_id, team_id, team_name, paused, added_at)
             VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(added_at), 0) + 1 FROM watched_folders))`,
          )
          .run(id, path, accountId, team.id, team.name, isPaused ? 1 : 0)
        keepAll(id, files)
      }),
    setPaused(id, isPaused) {
      database.prepare('UPDATE watched_folders SET paused = ? WHERE id = ?').run(isPaused ? 1 : 0, id)
    },
    setTeam(id, accountId, team) {
      database
        .prepare('UPDATE watched_folders SET account_id = ?, team_id = ?, team_name = ? WHERE id = ?')
        .run(accountId, team.id, team.name, id)
    },
    remove(id) {
      database.prepare('DELETE FROM watched_folders WHERE id = ?').run(id)
    },
    files: (id) =>
      database
        .prepare('SELECT path, size_bytes, mtime_ms, state FROM watched_files WHERE folder = ?')
        .all(id)
        .flatMap((line) => {
          const parsed = v.safeParse(fileLine, line)
          if (!parsed.success) return []
          const { path, size_bytes, mtime_ms, state } = parsed.output
          return [{ path, sizeBytes: size_bytes, mtimeMs: mtime_ms, state }]
        }),
    keep: (id, files) => together(() => keepAll(id, files)),
  }
}
