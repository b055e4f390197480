import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { currentBoot, isEarlierBoot } from './boot.ts'
import type { Write } from './journal-write.ts'

/**
 * Registers this process as a runner of uploads, in the same transaction as its first claim: another process
 * adopts rows whose runner is not registered. It is registered again when the clock was set forward, which
 * changes the computed time of the computer's start.
 */
export function createProcessClaims(database: DatabaseSync, runner: string, write: Write): Write {
  let registeredBoot: string | null = null
  return (work) => {
    const boot = currentBoot()
    const isRegistered = registeredBoot !== null && !isEarlierBoot(registeredBoot, boot)
    const written = write(() => {
      if (!isRegistered)
        database
          .prepare(
            `INSERT INTO runners (id, pid, boot) VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET boot = excluded.boot`,
          )
          .run(runner, process.pid, boot)
      work()
    })
    if (!isRegistered && written.ok && !database.isTransaction) registeredBoot = boot
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
  for (const line of database.prepare(runnersQuery).all()) {
    if (line['id'] !== runner && !isAlive(line))
      database.prepare('DELETE FROM runners WHERE id = ?').run(String(line['id']))
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
  const living = database.prepare(runnersQuery).all().filter(isAlive)
  return new Map(living.map(({ id, pid }) => [String(id), Number(pid)]))
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

const runnersQuery = 'SELECT id, pid, boot FROM runners'

/**
 * Whether the process of a runner is alive. After a restart of the computer its id may be another program's, as
 * may this process's own id under another runner. An id that the system has reused without a restart delays
 * adoption until that program ends; two processes never run the same upload. Older versions stored no boot.
 */
function isAlive({ pid, boot }: Readonly<Record<string, SQLOutputValue>>): boolean {
  if (pid === process.pid || (typeof boot === 'string' && isEarlierBoot(boot))) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
