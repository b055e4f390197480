import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue } from 'node:sqlite'

export type ModelRecord = {
  readonly id: string
  readonly display_name: string
  readonly model_type: string
  readonly storage_key: string
  readonly file_size: number
  readonly file_hash: string
  readonly model_path: string
  readonly model_status: 'active' | 'disabled'
  readonly created_at: string
  readonly updated_at: string
}

export type IssuedKey = { readonly storageKey: string; readonly teamId: string; readonly fileSize: number }
export type OpenUpload = { readonly uploadId: string; readonly storageKey: string; readonly partSize: number }
export type Device = { readonly keyHash: string; readonly userId: string; readonly teamId: string }
export type Pairing = {
  readonly deviceCode: string
  readonly userCode: string
  readonly expiresAt: number
  readonly userId: string | null
  readonly teamId: string | null
}

export type Records = ReturnType<typeof openRecords>

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS refresh_tokens (id TEXT PRIMARY KEY, user_id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS devices (key_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, team_id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS pairings (
    device_code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL,
    user_id TEXT, team_id TEXT);
  CREATE TABLE IF NOT EXISTS issued_keys (
    storage_key TEXT PRIMARY KEY, team_id TEXT NOT NULL, file_size INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS open_uploads (
    upload_id TEXT NOT NULL, storage_key TEXT NOT NULL, part_size INTEGER NOT NULL,
    PRIMARY KEY (upload_id, storage_key));
  CREATE TABLE IF NOT EXISTS models (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, team_id TEXT NOT NULL, display_name TEXT NOT NULL,
    model_type TEXT NOT NULL, storage_key TEXT NOT NULL, file_size INTEGER NOT NULL, file_hash TEXT NOT NULL,
    model_path TEXT NOT NULL, model_status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    UNIQUE (team_id, storage_key), UNIQUE (team_id, model_path));
  CREATE INDEX IF NOT EXISTS models_by_team ON models (team_id, position);
`

const MODEL = `id, display_name, model_type, storage_key, file_size, file_hash, model_path, model_status,
  created_at, updated_at`
const UPLOAD = 'upload_id AS uploadId, storage_key AS storageKey, part_size AS partSize'
const DEVICE = 'key_hash AS keyHash, user_id AS userId, team_id AS teamId'
const PAIRING =
  'device_code AS deviceCode, user_code AS userCode, expires_at AS expiresAt, user_id AS userId, team_id AS teamId'

/** Opens or creates the API's records in a file; each call is one statement and therefore atomic. */
export function openRecords(file: string) {
  const database = new DatabaseSync(file)
  // A test server may lose its last records in a power failure; waiting for the disk would slow down every
  // test.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(SCHEMA)

  const run = (sql: string, ...values: SQLInputValue[]) =>
    Number(database.prepare(sql).run(...values).changes)
  const one = <Row>(sql: string, ...values: SQLInputValue[]) =>
    database.prepare(sql).get(...values) as Row | undefined
  const all = <Row>(sql: string, ...values: SQLInputValue[]) => database.prepare(sql).all(...values) as Row[]

  return {
    close: () => database.close(),

    /** A setting that is created once and stored with the data. */
    setting(name: string, make: () => string): string {
      run('INSERT OR IGNORE INTO settings VALUES (?, ?)', name, make())
      return one<{ value: string }>('SELECT value FROM settings WHERE name = ?', name)?.value ?? ''
    },

    addRefreshToken: (id: string, userId: string) =>
      run('INSERT INTO refresh_tokens VALUES (?, ?)', id, userId),
    /** True only for the first call with this token. */
    useRefreshToken: (id: string) => run('DELETE FROM refresh_tokens WHERE id = ?', id) === 1,
    endSessions: (userId: string) => run('DELETE FROM refresh_tokens WHERE user_id = ?', userId),

    addDevice: (device: Device) =>
      run('INSERT INTO devices VALUES (?, ?, ?)', device.keyHash, device.userId, device.teamId),
    device: (keyHash: string) => one<Device>(`SELECT ${DEVICE} FROM devices WHERE key_hash = ?`, keyHash),
    removeDevice: (keyHash: string) => run('DELETE FROM devices WHERE key_hash = ?', keyHash) === 1,
    removeDevicesOf: (userId: string) => run('DELETE FROM devices WHERE user_id = ?', userId),

    addPairing: (deviceCode: string, userCode: string, expiresAt: number) =>
      run('INSERT INTO pairings VALUES (?, ?, ?, NULL, NULL)', deviceCode, userCode, expiresAt),
    pairing: (deviceCode: string) =>
      one<Pairing>(`SELECT ${PAIRING} FROM pairings WHERE device_code = ?`, deviceCode),
    /** True if a pairing with this code was waiting. */
    confirmPairing: (userCode: string, userId: string, teamId: string, now: number) =>
      run(
        `UPDATE pairings SET user_id = ?, team_id = ?
         WHERE user_code = ? AND user_id IS NULL AND expires_at > ?`,
        userId,
        teamId,
        userCode,
        now,
      ) === 1,
    removePairing: (deviceCode: string) =>
      run('DELETE FROM pairings WHERE device_code = ?', deviceCode) === 1,

    issueKey: (issued: IssuedKey) =>
      run('INSERT INTO issued_keys VALUES (?, ?, ?)', issued.storageKey, issued.teamId, issued.fileSize),
    issuedKey: (storageKey: string, teamId: string) =>
      one<IssuedKey>(
        `SELECT storage_key AS storageKey, team_id AS teamId, file_size AS fileSize
         FROM issued_keys WHERE storage_key = ? AND team_id = ?`,
        storageKey,
        teamId,
      ),

    openUpload: (upload: OpenUpload) =>
      run('INSERT INTO open_uploads VALUES (?, ?, ?)', upload.uploadId, upload.storageKey, upload.partSize),
    upload: (uploadId: string, storageKey: string) =>
      one<OpenUpload>(
        `SELECT ${UPLOAD} FROM open_uploads WHERE upload_id = ? AND storage_key = ?`,
        uploadId,
        storageKey,
      ),
    closeUpload: (uploadId: string) => run('DELETE FROM open_uploads WHERE upload_id = ?', uploadId),

    ...modelRecords(run, one, all),
  }
}

type Run = (sql: string, ...values: SQLInputValue[]) => number
type One = <Row>(sql: string, ...values: SQLInputValue[]) => Row | undefined
type All = <Row>(sql: string, ...values: SQLInputValue[]) => Row[]

function modelRecords(run: Run, one: One, all: All) {
  return {
    /** False if the team already has a model with this storage key or path. */
    addModel: (teamId: string, model: ModelRecord) =>
      run(
        `INSERT OR IGNORE INTO models VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[model.id, teamId, model.display_name, model.model_type, model.storage_key, model.file_size],
        ...[model.file_hash, model.model_path, model.model_status, model.created_at, model.updated_at],
      ) === 1,
    model: (teamId: string, id: string) =>
      one<ModelRecord>(`SELECT ${MODEL} FROM models WHERE team_id = ? AND id = ?`, teamId, id),
    hasModel: (teamId: string, storageKey: string, modelPath: string) =>
      one(
        'SELECT 1 FROM models WHERE team_id = ? AND (storage_key = ? OR model_path = ?)',
        teamId,
        storageKey,
        modelPath,
      ) !== undefined,
    /** False if another model of the team already has the new path. */
    updateModel: (teamId: string, model: ModelRecord) =>
      run(
        `UPDATE OR IGNORE models SET display_name = ?, model_type = ?, model_path = ?, model_status = ?, updated_at = ?
         WHERE team_id = ? AND id = ?`,
        ...[model.display_name, model.model_type, model.model_path, model.model_status, model.updated_at],
        ...[teamId, model.id],
      ) === 1,
    removeModel: (teamId: string, id: string) =>
      run('DELETE FROM models WHERE team_id = ? AND id = ?', teamId, id) === 1,
    /** Newest first. */
    models: (teamId: string, limit: number, offset: number) =>
      all<ModelRecord>(
        `SELECT ${MODEL} FROM models WHERE position IN
           (SELECT position FROM models WHERE team_id = ? ORDER BY position DESC LIMIT ? OFFSET ?)
         ORDER BY position DESC`,
        teamId,
        limit,
        offset,
      ),
    countModels: (teamId: string) =>
      one<{ count: number }>('SELECT count(*) AS count FROM models WHERE team_id = ?', teamId)?.count ?? 0,
  }
}
