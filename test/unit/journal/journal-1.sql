-- The journal as version 1 of its schema began it. Never edit it: it stands for files that are out there.
CREATE TABLE uploads (
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
CREATE TABLE runners (id TEXT PRIMARY KEY, pid INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
