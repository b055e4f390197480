import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { success, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import { createDisplacedModelTable } from './displaced-models.ts'
import type { Write } from './journal-write.ts'
import { livingProcesses } from './process-claims.ts'
import { columns, fromColumns } from './record-columns.ts'
import { isRegistered, isSameTeam, type RegisteredRecord, type UploadRecord } from './upload-record.ts'

/** The result of claiming a file and its target before anything is sent. */
export type FileClaim =
  /**
   * `isContinued`: the upload now has the state of one of a process that has ended, and replaces the model that
   * was displaced for it.
   */
  | { readonly kind: 'claimed'; readonly isContinued: boolean }
  /** An upload of another living process has the claim. */
  | { readonly kind: 'held'; readonly pid: number }
  /** An upload of the same file to the same target was registered since this one was added. */
  | { readonly kind: 'registered'; readonly record: RegisteredRecord }

/** Not flushed to the disk: a power failure ends all processes. */
export interface FileClaims {
  /**
   * Claims the upload's file for its target (server, team and library path) before anything is sent, so that
   * two processes never send it both. A file is the same under any path if size, modification time and inode
   * are the same. Two uploads of one process compare themselves. An upload that is held has no claim itself,
   * so that no two wait for each other.
   */
  claimFile(record: UploadRecord): Result<FileClaim>
  /**
   * Lets other processes send the file of an upload that stopped or waits for another one, or of all uploads
   * of this process.
   */
  releaseFile(which: { readonly id: string } | 'all'): void
}

/**
 * @param runner this process
 * @param write does not flush
 */
export function createFileClaims(database: DatabaseSync, runner: string, write: Write): FileClaims {
  const findOthers = sameFileFinder(database)
  const mark = database.prepare('UPDATE uploads SET claimed = 1 WHERE id = ?')
  const unmark = database.prepare('UPDATE uploads SET claimed = 0 WHERE id = ? AND claimed = 1')
  const unmarkAll = database.prepare('UPDATE uploads SET claimed = 0 WHERE runner = ? AND claimed = 1')
  const takeOver = takeOverStatements(database)

  function claim(record: UploadRecord): FileClaim {
    const others = findOthers(record)
    const living = others.length > 0 ? livingProcesses(database) : new Map<string, number>()
    const abandoned: UploadRecord[] = []
    for (const { other, runner: otherRunner, isClaimed } of others) {
      if (isRegistered(other)) {
        if (other.state.finishedAtMs >= record.addedAtMs) return { kind: 'registered', record: other }
      } else if (otherRunner !== runner) {
        const pid = living.get(otherRunner)
        if (pid === undefined) abandoned.push(other)
        else if (isClaimed) {
          unmark.run(record.id)
          return { kind: 'held', pid }
        }
      }
    }
    mark.run(record.id)
    return { kind: 'claimed', isContinued: takeOver(record, abandoned) }
  }

  return {
    claimFile(record) {
      let result: FileClaim = { kind: 'claimed', isContinued: false }
      const written = write(() => {
        result = claim(record)
      })
      return written.ok ? success(result) : written
    },
    releaseFile(which) {
      // If this fails, others wait until the upload checks again or this process ends.
      write(() => {
        if (which === 'all') unmarkAll.run(runner)
        else unmark.run(which.id)
      })
    },
  }
}

interface OtherUpload {
  readonly other: UploadRecord
  readonly runner: string
  readonly isClaimed: boolean
}

/** Returns a function that finds the other uploads of an upload's file to its target, those with state first. */
function sameFileFinder(database: DatabaseSync): (record: UploadRecord) => readonly OtherUpload[] {
  const sameFile = database.prepare(
    `SELECT ${columns.join(', ')}, runner, claimed FROM uploads
     WHERE inode = ? AND size_bytes = ? AND mtime_ns = ? AND team_id = ? AND id <> ?
     ORDER BY storage_key IS NULL, multipart IS NULL`,
  )
  return (record) => {
    const { id, identity, team } = record
    return sameFile
      .all(String(identity.inode), identity.sizeBytes, String(identity.mtimeNs), team.id, id)
      .flatMap((line) => {
        const other = fromColumns(line)
        return other && isSameTarget(other, record)
          ? [{ other, runner: String(line['runner']), isClaimed: line['claimed'] === 1 }]
          : []
      })
  }
}

function isSameTarget(a: UploadRecord, b: UploadRecord): boolean {
  return isSameTeam(a, b) && pathKey(a.target.modelPath) === pathKey(b.target.modelPath)
}

/**
 * Returns a function that lets an upload continue what its account's abandoned uploads of the same file have in
 * storage, and removes them. Failed ones stay, since they are for the user, and so do those whose model is
 * registered. A model that one of them has moved away from the path is listed as displaced, unless the upload
 * replaces it from now on.
 */
function takeOverStatements(
  database: DatabaseSync,
): (record: UploadRecord, abandoned: readonly UploadRecord[]) => boolean {
  const displaced = createDisplacedModelTable(database)
  const [moveState, setLibrary, dropParts, moveParts, remove]: readonly StatementSync[] = [
    `UPDATE uploads SET (started, multipart, storage_key, sha256) =
       (SELECT started, multipart, storage_key, sha256 FROM uploads WHERE id = ?) WHERE id = ?`,
    'UPDATE uploads SET library = ? WHERE id = ?',
    'DELETE FROM parts WHERE upload = ?',
    'UPDATE parts SET upload = ? WHERE upload = ?',
    'DELETE FROM uploads WHERE id = ?',
  ].map((sql) => database.prepare(sql))
  /** Moves what `other` has in storage to the upload, and the replacement that has begun for it. */
  function move({ id, library }: UploadRecord, other: UploadRecord): void {
    moveState?.run(other.id, id)
    dropParts?.run(id)
    moveParts?.run(id, other.id)
    const { replaces } = other.library ?? {}
    if (replaces && replaces.asidePath !== null) setLibrary?.run(JSON.stringify({ ...library, replaces }), id)
  }

  return (record, abandoned) => {
    let isContinued = false
    for (const other of abandoned) {
      const { kind } = other.state
      if (other.accountId !== record.accountId || other.phase === 'failed') continue
      if (kind === 'multipart-open' || kind === 'stored') {
        if (record.state.kind !== 'queued' || isContinued) continue
        move(record, other)
        isContinued = true
      } else if (kind !== 'queued') continue
      else displaced.update(other.id, null)
      remove?.run(other.id)
    }
    return isContinued
  }
}
