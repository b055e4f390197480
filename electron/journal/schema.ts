import type { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from '../platform/files/sqlite-code.ts'

/**
 * Each migration leads from one version of the journal to the next (`PRAGMA user_version`). Never change one.
 */
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
  // Multipart uploads: acknowledged parts, and abandoned uploads that are still in storage.
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
  // The user's confirmation for a file that can run code.
  `ALTER TABLE uploads ADD COLUMN allowed INTEGER NOT NULL DEFAULT 0;`,
  // Conflicts with the team's library, and cached hashes of files.
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
  // Watched folders, and the files in them that are not new.
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
  // Displaced models that have to be moved back to their paths.
  `CREATE TABLE moved_aside (
     model_id TEXT PRIMARY KEY,
     account_id TEXT NOT NULL,
     team_id TEXT NOT NULL,
     path TEXT NOT NULL,
     aside_path TEXT NOT NULL
   ) STRICT;`,
  // How a file was found, for inspecting it again.
  `ALTER TABLE uploads ADD COLUMN seen TEXT;`,
  // Finished uploads that were dismissed from the list.
  `ALTER TABLE uploads ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;`,
  // Uploads whose process is the one that sends their file.
  `ALTER TABLE uploads ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX uploads_by_file ON uploads (inode, size_bytes);`,
  // How the library's record compares with the file, and whether that is still to be found out.
  `ALTER TABLE uploads ADD COLUMN verification TEXT;
   ALTER TABLE uploads ADD COLUMN to_verify INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX uploads_to_verify ON uploads (finished_at_ms DESC) WHERE to_verify = 1;`,
  // The file's device and a digest of samples.
  `ALTER TABLE uploads ADD COLUMN device TEXT;
   ALTER TABLE uploads ADD COLUMN sample TEXT;`,
  // Uploads that wait for approval. Their phase column is `paused`, since its CHECK can't be changed.
  `ALTER TABLE uploads ADD COLUMN in_review INTEGER NOT NULL DEFAULT 0 CHECK (in_review = 0 OR phase = 'paused');`,
  // The log of each upload, as JSON (see upload-log/upload-log.ts).
  `CREATE TABLE upload_logs (
     upload TEXT PRIMARY KEY REFERENCES uploads (id) ON DELETE CASCADE,
     changed_at_ms INTEGER NOT NULL,
     log TEXT NOT NULL
   ) STRICT;`,
  // What belongs to accounts that have signed out, encrypted (see sealing/sealed-accounts.ts).
  `CREATE TABLE sealed (
     id INTEGER PRIMARY KEY,
     seal TEXT NOT NULL,
     owner TEXT NOT NULL,
     content BLOB NOT NULL
   ) STRICT;
   CREATE INDEX sealed_by_seal ON sealed (seal);`,
  // A long history is searched by models, by the groups of multi-file models and by file names.
  `CREATE INDEX uploads_by_model ON uploads (model_id) WHERE phase = 'registered';
   CREATE INDEX uploads_by_group ON uploads (iif(json_valid(seen), json_extract(seen, '$.group.key'), NULL))
     WHERE phase = 'registered' AND seen IS NOT NULL;
   CREATE INDEX uploads_by_name ON uploads (lower(file_name));`,
  // The boot in which a process runs. Parts of finished uploads are not needed.
  `ALTER TABLE runners ADD COLUMN boot TEXT;
   DELETE FROM parts WHERE upload IN (SELECT id FROM uploads WHERE phase = 'registered');`,
  // The watched folder itself, by which it is recognised after a restart (see lastingIdOf in file-state.ts).
  `ALTER TABLE watched_folders ADD COLUMN root_id TEXT;`,
  // Finished uploads that need attention stay in the list after their day.
  `CREATE INDEX uploads_wrong ON uploads (finished_at_ms) WHERE phase = 'registered' AND failure IS NOT NULL;`,
  // When the files were inspected and hashed, their ctime.
  `ALTER TABLE uploads ADD COLUMN ctime_ns TEXT;
   ALTER TABLE hashes ADD COLUMN ctime_ns TEXT;`,
  // Only one process has the journal. Of uploads that share a multipart upload, the furthest keeps it.
  `UPDATE uploads SET failure = NULL, phase = iif(phase = 'failed', 'waiting', phase)
     WHERE phase <> 'registered' AND iif(json_valid(failure), failure ->> 'code', NULL) = 'other-process';
   CREATE TEMP TABLE sharing AS
     SELECT id, row_number() OVER (
       PARTITION BY upload_id
       ORDER BY phase = 'registered' DESC, model_id IS NOT NULL DESC, storage_key IS NOT NULL DESC,
         (SELECT count(*) FROM parts WHERE upload = id) DESC, id
     ) AS rank
     FROM (SELECT *, iif(json_valid(multipart), multipart ->> 'uploadId', NULL) AS upload_id FROM uploads)
     WHERE upload_id IS NOT NULL;
   UPDATE uploads SET started = 0, multipart = NULL, storage_key = NULL, sha256 = NULL
     WHERE phase <> 'registered' AND model_id IS NULL AND id IN (SELECT id FROM sharing WHERE rank > 1);
   DELETE FROM parts WHERE upload IN (SELECT id FROM uploads WHERE multipart IS NULL);
   DROP TABLE sharing;
   DROP INDEX uploads_by_file;
   ALTER TABLE uploads DROP COLUMN runner;
   ALTER TABLE uploads DROP COLUMN claimed;
   DROP TABLE runners;`,
]

/** The version that `migrate` leads to. */
export const journalVersion = migrations.length

/** Brings an empty database to an older version, for rows that were sealed by that version. */
export function createSchema(database: DatabaseSync, version: number): void {
  for (const migration of migrations.slice(0, version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${version}`)
}

/** The journal was written by a newer version of the app. */
export class NewerJournalError extends Error {}

/** An older version of the app, which doesn't lock its data folder, has the journal open. */
export class OlderVersionRunningError extends Error {}

/** Before this version of the journal, several processes shared it. */
const firstLockedVersion = 20

/**
 * Migrates the journal to the current schema in one transaction. A command that only reads the journal may do the
 * same at the same time.
 */
export function migrate(database: DatabaseSync): void {
  const before = versionOf(database)
  if (before === migrations.length) return
  if (before > 0 && before < firstLockedVersion) checkNotOpen(database)
  // Temporary files would be readable, and creating an index sorts the names of files in them.
  database.exec('PRAGMA temp_store = MEMORY')
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(database)
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    // On a full disk SQLite has done so itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  } finally {
    database.exec('PRAGMA temp_store = DEFAULT')
  }
}

/** To leave the mode WAL, SQLite needs the file to itself; SQLITE_BUSY is 5 (sqlite.org/rescode.html). */
function checkNotOpen(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL')
  } catch (error) {
    if (sqliteCode(error) !== 5) throw error
    throw new OlderVersionRunningError('an older version of Modelferry has the journal open; quit it first')
  }
}

function versionOf(database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length)
    throw new NewerJournalError(`journal version ${version}, known ${migrations.length}`)
  return version
}
