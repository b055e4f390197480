/** SQLite's extended result code (sqlite.org/rescode.html), or null if the error is not from SQLite. */
export function extendedSqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : null
}

/** SQLite's primary result code, or null if the error is not from SQLite. */
export function sqliteCode(error: unknown): number | null {
  const code = extendedSqliteCode(error)
  return code === null ? null : code & 0xff
}
