import type { DatabaseSync } from 'node:sqlite'

/** Finds where files lay that are in the queue or in history, newest first, by their names in lower case. */
export function createUploadedBefore(
  database: DatabaseSync,
): (names: readonly string[]) => readonly string[] {
  const find = database.prepare(
    `SELECT DISTINCT path FROM uploads WHERE lower(file_name) IN (SELECT value FROM json_each(?))
     ORDER BY added_at_ms DESC LIMIT 1000`,
  )
  return (names) => find.all(JSON.stringify(names)).map(({ path }) => String(path))
}
