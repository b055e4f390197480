import type { DatabaseSync } from 'node:sqlite'
import type { Write } from './journal-write.ts'

/**
 * Registers this process as a runner of uploads, in the same transaction as its first claim: another process
 * adopts rows whose runner is not registered.
 */
export function createProcessClaims(database: DatabaseSync, runner: string, write: Write): Write {
  let isRegistered = false
  return (work) => {
    const written = write(() => {
      if (!isRegistered)
        database.prepare('INSERT OR IGNORE INTO runners (id, pid) VALUES (?, ?)').run(runner, process.pid)
      work()
    })
    isRegistered ||= written.ok && !database.isTransaction
    return written
  }
}

export function releaseClaims(database: DatabaseSync, runner: string): void {
  database.prepare('DELETE FROM runners WHERE id = ?').run(runner)
}

/** Single uploads. */
export interface UploadFilter {
  readonly ids: readonly string[]
}

/** All uploads of these accounts, without those in review. */
export interface AccountFilter {
  readonly accountIds: readonly string[]
}

/**
 * Assigns queued uploads whose runner has ended to `runner`, all or those that match, and removes runners
 * that have ended. Claims of files end with the runner that made them.
 */
export function claimAbandoned(
  database: DatabaseSync,
  runner: string,
  which: UploadFilter | AccountFilter | null,
): void {
  for (const { id, pid } of database.prepare('SELECT id, pid FROM runners').all()) {
    if (id !== runner && !isAlive(Number(pid)))
      database.prepare('DELETE FROM runners WHERE id = ?').run(String(id))
  }
  const abandoned = `phase <> 'registered' AND (runner IS NULL OR runner NOT IN (SELECT id FROM runners))`
  if (which === null) {
    database.prepare(`UPDATE uploads SET runner = ?, claimed = 0 WHERE ${abandoned}`).run(runner)
    return
  }
  if ('accountIds' in which) {
    const claimAll = database.prepare(
      `UPDATE uploads SET runner = ?, claimed = 0 WHERE ${abandoned} AND account_id = ? AND in_review = 0`,
    )
    for (const accountId of which.accountIds) claimAll.run(runner, accountId)
    return
  }
  const claim = database.prepare(`UPDATE uploads SET runner = ?, claimed = 0 WHERE ${abandoned} AND id = ?`)
  for (const id of which.ids) claim.run(runner, id)
}

/** Process ids of the runners that are alive. */
export function livingProcesses(database: DatabaseSync): ReadonlyMap<string, number> {
  const runners = database.prepare('SELECT id, pid FROM runners').all()
  return new Map(
    runners.flatMap(({ id, pid }) => (isAlive(Number(pid)) ? [[String(id), Number(pid)] as const] : [])),
  )
}

/**
 * Returns a function that says whether another living process has uploads. Once the journal is closed, it
 * repeats its last result.
 */
export function createOtherProcessCheck(database: DatabaseSync): () => boolean {
  let hasOthers = false
  return () => {
    // This process is not in the list.
    if (database.isOpen) hasOthers = livingProcesses(database).size > 0
    return hasOthers
  }
}

/**
 * Whether a process is alive. This process's own id under another runner is left from before a restart. An id
 * that the system has reused delays adoption until that process ends; two processes never run the same
 * upload.
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
