import type { DatabaseSync } from 'node:sqlite'

/** Writes down that this process runs uploads, so that another one leaves them alone. */
export function enrol(database: DatabaseSync, runner: string): void {
  database.prepare('INSERT INTO runners (id, pid) VALUES (?, ?)').run(runner, process.pid)
}

export function leave(database: DatabaseSync, runner: string): void {
  database.prepare('DELETE FROM runners WHERE id = ?').run(runner)
}

/** Gives to `runner` every queued upload whose own runner is gone, and forgets those that are. */
export function claimAbandoned(database: DatabaseSync, runner: string): void {
  for (const { id, pid } of database.prepare('SELECT id, pid FROM runners').all()) {
    if (id !== runner && !isAlive(Number(pid)))
      database.prepare('DELETE FROM runners WHERE id = ?').run(String(id))
  }
  database
    .prepare(
      `UPDATE uploads SET runner = ?
       WHERE phase <> 'registered' AND (runner IS NULL OR runner NOT IN (SELECT id FROM runners))`,
    )
    .run(runner)
}

/**
 * Whether a process lives. This process's own number under another name is a leftover from before a restart. A number that
 * the system gave to somebody else delays a takeover until that one ends; it never makes two run one upload.
 */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
