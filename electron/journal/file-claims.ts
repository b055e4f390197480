import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { teamKey } from '../contract/account.ts'
import { pathKey } from '../contract/library-path.ts'
import { livingProcesses } from './process-claims.ts'
import { columns, fromColumns } from './record-columns.ts'
import { isRegistered, type RegisteredRecord, type UploadRecord } from './upload-record.ts'

/** The result of claiming a file and its target before anything is sent. */
export type FileClaim =
  /** `isContinued`: the upload now has what one of a process that has ended had left in storage. */
  | { readonly kind: 'claimed'; readonly isContinued: boolean }
  /** An upload of another living process has the claim. */
  | { readonly kind: 'held'; readonly pid: number }
  /** An upload of the same file to the same target was registered since this one was added. */
  | { readonly kind: 'registered'; readonly record: RegisteredRecord }

/**
 * Claims the upload's file for its target (server, team and library path), so that two processes never send it
 * both. A file is the same under any path if size, modification time and inode are the same. Two uploads of one
 * process compare themselves. Part of a transaction; `runner` is this process.
 */
export function createFileClaims(
  database: DatabaseSync,
  runner: string,
): (record: UploadRecord) => FileClaim {
  const sameFile = database.prepare(
    `SELECT ${columns.join(', ')}, runner, claimed FROM uploads
     WHERE inode = ? AND size_bytes = ? AND mtime_ns = ? AND team_id = ? AND id <> ?
     ORDER BY storage_key IS NULL, multipart IS NULL`,
  )
  const mark = database.prepare('UPDATE uploads SET claimed = 1 WHERE id = ?')
  const takeOver = takeOverStatements(database)
  return (record) => {
    const { id, identity, team } = record
    const others = sameFile
      .all(String(identity.inode), identity.sizeBytes, String(identity.mtimeNs), team.id, id)
      .flatMap((line) => {
        const other = fromColumns(line)
        return other && isSameTarget(other, record)
          ? [{ other, runner: line['runner'], isClaimed: line['claimed'] === 1 }]
          : []
      })
    const living = others.length > 0 ? livingProcesses(database) : new Map<string, number>()
    const abandoned: UploadRecord[] = []
    for (const { other, runner: otherRunner, isClaimed } of others) {
      if (isRegistered(other)) {
        if (other.state.finishedAtMs >= record.addedAtMs) return { kind: 'registered', record: other }
      } else if (otherRunner !== runner) {
        const pid = living.get(String(otherRunner))
        if (pid === undefined) abandoned.push(other)
        else if (isClaimed && other.phase === 'waiting') return { kind: 'held', pid }
      }
    }
    mark.run(id)
    return { kind: 'claimed', isContinued: takeOver(record, abandoned) }
  }
}

function isSameTarget(a: UploadRecord, b: UploadRecord): boolean {
  const [teamOfA, teamOfB] = [a, b].map(({ accountId, team }) => teamKey({ accountId, teamId: team.id }))
  return teamOfA === teamOfB && pathKey(a.target.modelPath) === pathKey(b.target.modelPath)
}

/**
 * Returns a function that lets an upload continue what its account's abandoned uploads of the same file have in
 * storage, and removes them. Failed ones stay, since they are for the user, and so do those whose model is
 * registered.
 */
function takeOverStatements(
  database: DatabaseSync,
): (record: UploadRecord, abandoned: readonly UploadRecord[]) => boolean {
  const [moveState, dropParts, moveParts, remove]: readonly StatementSync[] = [
    `UPDATE uploads SET (started, multipart, storage_key, sha256) =
       (SELECT started, multipart, storage_key, sha256 FROM uploads WHERE id = ?) WHERE id = ?`,
    'DELETE FROM parts WHERE upload = ?',
    'UPDATE parts SET upload = ? WHERE upload = ?',
    'DELETE FROM uploads WHERE id = ?',
  ].map((sql) => database.prepare(sql))
  return ({ id, accountId, state }, abandoned) => {
    let isContinued = false
    for (const other of abandoned) {
      const { kind } = other.state
      if (other.accountId !== accountId || other.phase === 'failed') continue
      if (kind === 'multipart-open' || kind === 'stored') {
        if (state.kind !== 'queued' || isContinued) continue
        moveState?.run(other.id, id)
        dropParts?.run(id)
        moveParts?.run(id, other.id)
        isContinued = true
      } else if (kind !== 'queued') continue
      remove?.run(other.id)
    }
    return isContinued
  }
}
