import type { DatabaseSync } from 'node:sqlite'

/** Each step brings the journal from one version to the next; `PRAGMA user_version` says which it has. Never edit one. */
const migrations: readonly string[] = [
  `CREATE TABLE uploads (
     id TEXT PRIMARY KEY,
     position INTEGER NOT NULL,
     path TEXT NOT NULL,
     file_name TEXT NOT NULL,
     folder TEXT NOT NULL,
     size_bytes INTEGER NOT NULL,
     mtime_ns TEXT NOT NULL,
     inode TEXT NOT NULL,
     account_id TEXT NOT NULL,
     team_id TEXT NOT NULL,
     team_name TEXT NOT NULL,
     display_name TEXT NOT NULL,
     model_type TEXT NOT NULL,
     model_path TEXT NOT NULL,
     recognition TEXT NOT NULL,
     phase TEXT NOT NULL CHECK (phase IN ('waiting', 'paused', 'failed', 'registered')),
     started INTEGER NOT NULL,
     failure TEXT,
     storage_key TEXT,
     sha256 TEXT,
     model_id TEXT,
     added_at_ms INTEGER NOT NULL,
     finished_at_ms INTEGER,
     runner TEXT,
     CHECK ((phase = 'registered') = (finished_at_ms IS NOT NULL AND model_id IS NOT NULL))
   ) STRICT;
   CREATE INDEX uploads_history ON uploads (finished_at_ms DESC) WHERE phase = 'registered';
   CREATE TABLE accounts (id TEXT PRIMARY KEY, account TEXT NOT NULL) STRICT;
   CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE runners (id TEXT PRIMARY KEY, pid INTEGER NOT NULL) STRICT;`,
  // A large file goes in parts: what storage has acknowledged, and what it still holds of uploads that are no more.
  `ALTER TABLE uploads ADD COLUMN multipart TEXT;
   CREATE TABLE parts (
     upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
     number INTEGER NOT NULL,
     etag TEXT NOT NULL,
     checksum INTEGER NOT NULL,
     PRIMARY KEY (upload, number)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE leftovers (
     upload_id TEXT PRIMARY KEY,
     storage_key TEXT NOT NULL,
     account_id TEXT NOT NULL,
     team_id TEXT NOT NULL
   ) STRICT;
   CREATE INDEX uploads_by_path ON uploads (path) WHERE phase <> 'registered';`,
  // A file that can run code was sent only after a second yes, which is remembered.
  `ALTER TABLE uploads ADD COLUMN allowed INTEGER NOT NULL DEFAULT 0;`,
  // What an upload has to do with what its team has already; and the hash of each file as it was when it was read.
  `ALTER TABLE uploads ADD COLUMN library TEXT;
   CREATE TABLE hashes (
     path TEXT PRIMARY KEY,
     size_bytes INTEGER NOT NULL,
     mtime_ns TEXT NOT NULL,
     inode TEXT NOT NULL,
     sha256 TEXT NOT NULL,
     used_at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX hashes_by_bytes ON hashes (sha256);
   CREATE INDEX hashes_by_use ON hashes (used_at_ms);`,
  // Folders that are watched for new models, and the files in them that are no news.
  `CREATE TABLE watched_folders (
     id TEXT PRIMARY KEY,
     path TEXT NOT NULL,
     account_id TEXT NOT NULL,
     team_id TEXT NOT NULL,
     team_name TEXT NOT NULL,
     paused INTEGER NOT NULL,
     added_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE watched_files (
     folder TEXT NOT NULL REFERENCES watched_folders (id) ON DELETE CASCADE,
     path TEXT NOT NULL,
     size_bytes INTEGER NOT NULL,
     mtime_ms REAL NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('offered', 'known')),
     PRIMARY KEY (folder, path)
   ) STRICT, WITHOUT ROWID;`,
  // Models that made room for a new one which doesn't come any more: each is to have its own path again.
  `CREATE TABLE moved_aside (
     model_id TEXT PRIMARY KEY,
     account_id TEXT NOT NULL,
     team_id TEXT NOT NULL,
     path TEXT NOT NULL,
     aside_path TEXT NOT NULL
   ) STRICT;`,
  // A file that is tried again is looked at as it was met: in its folder, as part of its model.
  `ALTER TABLE uploads ADD COLUMN seen TEXT;`,
  // What is done can be taken out of the list and stays in the history.
  `ALTER TABLE uploads ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;`,
]

/** The version that `migrate` leads to. */
export const journalVersion = migrations.length

/** A journal written by a newer version of the app: it is left alone. */
export class NewerJournalError extends Error {}

/** Brings the journal to this version's schema, all steps or none. */
export function migrate(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (found > migrations.length)
    throw new NewerJournalError(`journal version ${found}, known ${migrations.length}`)
  if (found === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(found)) database.exec(step)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
