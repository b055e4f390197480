import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Timers } from '../platform/environment.ts'
import { currentBootId, isBootTime, isEarlierBoot, isUpToDate } from './boot.ts'
import type { Write } from './journal-write.ts'

/** The registration of this process as a runner of uploads, and which others are alive. */
export interface ProcessClaims {
  readonly runner: string
  /**
   * Returns a write that also registers this process, in the same transaction as its first claim: another process
   * adopts rows whose runner is not registered. Registers it again once the computed time of the boot has changed.
   */
  registering(write: Write): Write
  /** Registers this process again if the computed time of the boot has changed. */
  renew(): void
  /** Process ids of the runners that are alive. */
  living(): ReadonlyMap<string, number>
  /**
   * Assigns queued uploads whose runner has ended to this one, all or those that match, and removes runners
   * that have ended. Claims of files end with the runner that made them.
   */
  claimAbandoned(which: UploadFilter | AccountFilter | null): void
  release(): void
}

export function createProcessClaims(options: {
  readonly database: DatabaseSync
  readonly runner: string
  readonly write: Write
  readonly readBootId: () => string
}): ProcessClaims {
  const { database, runner, write, readBootId } = options
  let registeredId: string | null = null

  const isRegistered = (bootId: string) => registeredId !== null && isUpToDate(registeredId, bootId)

  function register(bootId: string): void {
    database
      .prepare(
        `INSERT INTO runners (id, pid, boot) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET boot = excluded.boot`,
      )
      .run(runner, process.pid, bootId)
  }

  const registering =
    (plainWrite: Write): Write =>
    (work) => {
      const bootId = readBootId()
      if (isRegistered(bootId)) return plainWrite(work)
      const written = plainWrite(() => {
        register(bootId)
        work()
      })
      // An outer transaction may still be rolled back.
      if (written.ok && !database.isTransaction) registeredId = bootId
      return written
    }

  return {
    runner,
    registering,
    renew() {
      if (!isRegistered(readBootId())) registering(write)(() => {})
    },
    living: () => livingProcesses(database, readBootId()),
    claimAbandoned: (which) => claimAbandoned({ database, runner, bootId: readBootId() }, which),
    release: () => void database.prepare('DELETE FROM runners WHERE id = ?').run(runner),
  }
}

/** How often a process looks whether the clock was set, in ms. */
const renewEveryMs = 60_000

/**
 * Renews the claims of this process regularly where boots have no id: others would otherwise regard it as ended
 * after the clock was set or has drifted. Returns a function that ends this.
 */
export function renewRegularly(renew: () => void, timers: Timers, bootId = currentBootId()): () => void {
  if (!isBootTime(bootId)) return () => {}
  let cancel = () => {}
  const schedule = () => {
    cancel = timers.after(renewEveryMs, () => {
      renew()
      schedule()
    })
  }
  schedule()
  return () => cancel()
}

/** Single uploads. */
export interface UploadFilter {
  readonly ids: readonly string[]
}

/** All uploads of these accounts, without those in review. */
export interface AccountFilter {
  readonly accountIds: readonly string[]
}

function claimAbandoned(
  {
    database,
    runner,
    bootId,
  }: { readonly database: DatabaseSync; readonly runner: string; readonly bootId: string },
  which: UploadFilter | AccountFilter | null,
): void {
  for (const line of database.prepare(runnersQuery).all()) {
    if (line['id'] !== runner && !isAlive(line, bootId))
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
export function livingProcesses(
  database: DatabaseSync,
  bootId = currentBootId(),
): ReadonlyMap<string, number> {
  const living = database
    .prepare(runnersQuery)
    .all()
    .filter((line) => isAlive(line, bootId))
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
 * Whether the process of a runner is alive. After a reboot its id may be another program's, as may this process's own
 * id under another runner. An id that the system has reused without a reboot delays adoption until that program ends;
 * two processes never run the same upload. Ids of other containers are not found: they must not share a data folder.
 * Older versions stored no boot.
 */
function isAlive({ pid, boot }: Readonly<Record<string, SQLOutputValue>>, bootId: string): boolean {
  if (pid === process.pid || (typeof boot === 'string' && isEarlierBoot(boot, bootId))) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
