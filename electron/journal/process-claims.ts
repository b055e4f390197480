import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../contract/failures.ts'

/**
 * Writes down that this process runs uploads, as part of the first change that makes rows its own: another process takes over
 * rows whose runner it finds nowhere.
 */
export function createProcessClaims(
  database: DatabaseSync,
  runner: string,
  write: (work: () => void) => Result<void>,
): (work: () => void) => Result<void> {
  let isEnrolled = false
  return (work) => {
    const written = write(() => {
      if (!isEnrolled)
        database.prepare('INSERT OR IGNORE INTO runners (id, pid) VALUES (?, ?)').run(runner, process.pid)
      work()
    })
    isEnrolled ||= written.ok && !database.isTransaction
    return written
  }
}

export function releaseClaims(database: DatabaseSync, runner: string): void {
  database.prepare('DELETE FROM runners WHERE id = ?').run(runner)
}

/** Uploads of these files for this team by any of these accounts. */
export interface UploadFilter {
  readonly paths: readonly string[]
  readonly accountIds: readonly string[]
  readonly teamId: string
}

/** Whatever these accounts have in the queue. */
export interface AccountFilter {
  readonly accountIds: readonly string[]
}

/**
 * Gives to `runner` the queued uploads whose own runner is gone, all of them or those named, and forgets runners that are
 * gone.
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
    database.prepare(`UPDATE uploads SET runner = ? WHERE ${abandoned}`).run(runner)
    return
  }
  if (!('paths' in which)) {
    const claimAll = database.prepare(`UPDATE uploads SET runner = ? WHERE ${abandoned} AND account_id = ?`)
    for (const accountId of which.accountIds) claimAll.run(runner, accountId)
    return
  }
  const claim = database.prepare(`UPDATE uploads SET runner = ? WHERE ${abandoned} AND ${oneFile}`)
  for (const path of which.paths) claim.run(runner, path, which.teamId, JSON.stringify(which.accountIds))
}

/** Paths among those named that another living process has in its queue. */
export function claimedByOthers(database: DatabaseSync, runner: string, which: UploadFilter): string[] {
  const held = database.prepare(
    `SELECT path FROM uploads WHERE phase <> 'registered' AND runner IS NOT ? AND ${oneFile} LIMIT 1`,
  )
  const accountIds = JSON.stringify(which.accountIds)
  return which.paths.filter((path) => held.get(runner, path, which.teamId, accountIds) !== undefined)
}

/** Processes that run uploads now, by the name under which they run them. */
export function livingProcesses(database: DatabaseSync): ReadonlyMap<string, number> {
  const found = database.prepare('SELECT id, pid FROM runners').all()
  return new Map(
    found.flatMap(({ id, pid }) => (isAlive(Number(pid)) ? [[String(id), Number(pid)] as const] : [])),
  )
}

const oneFile = 'path = ? AND team_id = ? AND account_id IN (SELECT value FROM json_each(?))'

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
