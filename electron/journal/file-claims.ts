import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { success, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import { createDisplacedModelTable } from './displaced-models.ts'
import type { Write } from './journal-write.ts'
import { livingProcesses } from './process-claims.ts'
import { columns, fromColumns } from './record-columns.ts'
import { mustRestart } from './reset.ts'
import {
  isRegistered,
  isSameTeam,
  multipartOf,
  type MultipartOpenState,
  type RegisteredRecord,
  type UploadRecord,
  type UploadState,
} from './upload-record.ts'

/** The result of claiming a file and its target before anything is sent. */
export type FileClaim =
  /**
   * `isContinued`: the upload now has the state of another one, which its process left when it ended, stopped or
   * removed it, and replaces the model that was displaced for it.
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
  /**
   * Before an upload is removed: leaves what it has in storage to an upload of another process that waits for it.
   * Part of a transaction.
   */
  leaveToWaiting(id: string): void
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
  const { takeOver, leave } = takeOverStatements(database)
  const multipartOfRow = database.prepare('SELECT multipart FROM uploads WHERE id = ?')
  const withMultipart = database.prepare(
    `SELECT ${columns.join(', ')} FROM uploads WHERE id = ? AND multipart IS NOT NULL AND phase <> 'registered'`,
  )

  function claim(record: UploadRecord): FileClaim {
    const others = findOthers(record)
    const living = others.length > 0 ? livingProcesses(database) : new Map<string, number>()
    const abandoned: UploadRecord[] = []
    const stopped: UploadRecord[] = []
    for (const { other, runner: otherRunner, isClaimed } of others) {
      if (isRegistered(other)) {
        if (other.state.finishedAtMs >= record.addedAtMs) return { kind: 'registered', record: other }
      } else if (otherRunner !== runner) {
        const pid = living.get(otherRunner)
        if (pid === undefined) abandoned.push(other)
        else if (isClaimed) {
          unmark.run(record.id)
          return { kind: 'held', pid }
        } else stopped.push(other)
      }
    }
    mark.run(record.id)
    const isLeft =
      record.state.kind === 'queued' && (multipartOfRow.get(record.id)?.['multipart'] ?? null) !== null
    return { kind: 'claimed', isContinued: isLeft || takeOver(record, { abandoned, stopped }) }
  }

  /** An upload of another living process that waits for this one and has nothing in storage. */
  function findWaiting(record: UploadRecord): UploadRecord | undefined {
    const others = findOthers(record)
    const living = others.length > 0 ? livingProcesses(database) : new Map<string, number>()
    return others.find(
      ({ other, runner: otherRunner }) =>
        otherRunner !== runner &&
        living.has(otherRunner) &&
        other.accountId === record.accountId &&
        other.phase === 'waiting' &&
        other.state.kind === 'queued' &&
        other.failure?.code === 'other-process',
    )?.other
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
    leaveToWaiting(id) {
      const record = fromColumns(withMultipart.get(id))
      const waiting = record && findWaiting(record)
      if (record && waiting) leave(record, waiting)
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

function isSameMultipart({ multipart }: MultipartOpenState, other: UploadState): boolean {
  return multipartOf(other)?.uploadId === multipart.uploadId
}

interface OtherUploads {
  /** Of processes that have ended. */
  readonly abandoned: readonly UploadRecord[]
  /** Of living processes, without a claim: they are paused or have failed, or have not begun. */
  readonly stopped: readonly UploadRecord[]
}

interface TakeOver {
  /**
   * Lets an upload continue what its account's other uploads of the same file have in storage. Those of ended
   * processes are removed. Failed ones stay, since they are for the user, and so do those whose model is
   * registered. A model that one of them has moved away from the path is listed as displaced, unless the upload
   * replaces it from now on. Those of living processes stay and share the multipart upload: only the one that has
   * the claim sends, and the next one that claims takes over the parts again.
   */
  takeOver(record: UploadRecord, others: OtherUploads): boolean
  /** Copies what the upload has in storage to another one. */
  leave(record: UploadRecord, to: UploadRecord): void
}

function takeOverStatements(database: DatabaseSync): TakeOver {
  const displaced = createDisplacedModelTable(database)
  const [copyState, setLibrary, dropParts, copyParts, remove]: readonly StatementSync[] = [
    `UPDATE uploads SET (started, multipart, storage_key, sha256) =
       (SELECT started, multipart, storage_key, sha256 FROM uploads WHERE id = ?) WHERE id = ?`,
    'UPDATE uploads SET library = ? WHERE id = ?',
    'DELETE FROM parts WHERE upload = ?',
    `INSERT OR IGNORE INTO parts (upload, number, etag, checksum)
     SELECT ?, number, etag, checksum FROM parts WHERE upload = ?`,
    'DELETE FROM uploads WHERE id = ?',
  ].map((sql) => database.prepare(sql))

  /** Copies what the other upload has in storage, if this one can use it; returns whether there was anything. */
  function take({ id, state }: UploadRecord, { id: otherId, state: otherState }: UploadRecord): boolean {
    if (otherState.kind !== 'multipart-open' && otherState.kind !== 'stored') return false
    if (state.kind === 'queued') {
      dropParts?.run(id)
      copyState?.run(otherId, id)
      copyParts?.run(id, otherId)
      return true
    }
    const isSameUpload = state.kind === 'multipart-open' && isSameMultipart(state, otherState)
    if (!isSameUpload) return false
    const isFurther = otherState.kind === 'stored' || otherState.multipart.completing === true
    if (isFurther) copyState?.run(otherId, id)
    return Number(copyParts?.run(id, otherId).changes) > 0 || isFurther
  }

  function takeReplacement({ id, library }: UploadRecord, other: UploadRecord): void {
    const { replaces } = other.library ?? {}
    if (replaces && replaces.asidePath !== null) setLibrary?.run(JSON.stringify({ ...library, replaces }), id)
  }

  return {
    takeOver(record, { abandoned, stopped }) {
      let isContinued = false
      for (const other of abandoned) {
        const { kind } = other.state
        if (other.accountId !== record.accountId || other.phase === 'failed') continue
        if (kind === 'multipart-open' || kind === 'stored') {
          if (isContinued || !take(record, other)) continue
          takeReplacement(record, other)
          isContinued = true
        } else if (kind !== 'queued') continue
        else displaced.update(other.id, null)
        remove?.run(other.id)
      }
      // What the server has ended would be taken again and again.
      if (isContinued || (record.failure && mustRestart(record.failure))) return isContinued
      return stopped.some(
        (other) =>
          other.accountId === record.accountId &&
          // Its process restores the model that it has displaced.
          (other.library?.replaces?.asidePath ?? null) === null &&
          take(record, other),
      )
    },
    leave: (record, to) => void take(to, record),
  }
}
