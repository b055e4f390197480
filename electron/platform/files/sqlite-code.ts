/** SQLite's primary result code (sqlite.org/rescode.html), or null if the error is not from SQLite. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return Number(error.errcode) & 0xff
}
