import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { success, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import { mayHaveSameBytes } from '../platform/files/file-identity.ts'
import { abandonUpload } from './abandoned-store.ts'
import { createDisplacedModelTable } from './displaced-models.ts'
import type { Write } from './journal-write.ts'
import type { ProcessClaims } from './process-claims.ts'
import { columns, fromColumns } from './record-columns.ts'
import type { StorageHistory } from './storage-history.ts'
import {
  isRegistered,
  isSameTeam,
  multipartOf,
  type MultipartOpenState,
  type RegisteredRecord,
  type StoredState,
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
   * two processes never send it both. A file is the same under any path if size, modification time, inode and
   * sample are the same. Two uploads of one process compare themselves. An upload that is held has no claim itself,
   * so that no two wait for each other.
   * @param deletedModelIds models that were registered of the file and no longer exist
   */
  claimFile(record: UploadRecord, deletedModelIds?: ReadonlySet<string>): Result<FileClaim>
  /**
   * Lets other processes send the file of an upload that stopped or waits for another one, or of all uploads
   * of this process.
   */
  releaseFile(which: { readonly id: string } | 'all'): void
}

/** Part of the transaction that changes the upload. */
interface LeftUploads {
  /** Before an upload is removed: leaves what it has in storage to an upload of another process that waits for it. */
  leaveToWaiting(id: string): void
  /** What another process has left to a queued upload and this one has not taken over yet, or null. */
  leftTo(record: UploadRecord): InStorage | null
}

type InStorage = MultipartOpenState | StoredState

const isInStorage = (state: UploadState): state is InStorage =>
  state.kind === 'multipart-open' || state.kind === 'stored'

/** Its process moves the model back. */
const hasDisplaced = ({ library }: UploadRecord) => (library?.replaces?.asidePath ?? null) !== null

/**
 * @param write does not flush
 */
export function createFileClaims(
  database: DatabaseSync,
  { runner, living }: Pick<ProcessClaims, 'runner' | 'living'>,
  write: Write,
  history: StorageHistory,
): FileClaims & LeftUploads {
  const findOthers = sameFileFinder(database)
  const mark = database.prepare('UPDATE uploads SET claimed = 1 WHERE id = ?')
  const unmark = database.prepare('UPDATE uploads SET claimed = 0 WHERE id = ? AND claimed = 1')
  // Without the phase, the whole history would be searched.
  const unmarkAll = database.prepare(
    "UPDATE uploads SET claimed = 0 WHERE phase <> 'registered' AND runner = ? AND claimed = 1",
  )
  const { takeOver, leave } = takeOverStatements(database, history)
  const inStorage = database.prepare(
    `SELECT ${columns.join(', ')} FROM uploads
     WHERE id = ? AND (multipart IS NOT NULL OR storage_key IS NOT NULL) AND phase <> 'registered'`,
  )

  function claim(record: UploadRecord, deletedModelIds: ReadonlySet<string>): FileClaim {
    const others = findOthers(record)
    const pids = others.length > 0 ? living() : new Map<string, number>()
    const abandoned: UploadRecord[] = []
    const stopped: UploadRecord[] = []
    for (const { other, runner: otherRunner, isClaimed } of others) {
      if (isRegistered(other)) {
        const isLater = other.state.finishedAtMs >= record.addedAtMs
        if (isLater && !deletedModelIds.has(other.state.modelId)) return { kind: 'registered', record: other }
      } else if (otherRunner !== runner) {
        const pid = pids.get(otherRunner)
        if (pid === undefined) abandoned.push(other)
        else if (isClaimed) {
          unmark.run(record.id)
          return { kind: 'held', pid }
        } else stopped.push(other)
      }
    }
    mark.run(record.id)
    const isContinued = leftTo(record) !== null || takeOver(record, { abandoned, stopped })
    return { kind: 'claimed', isContinued }
  }

  function leftTo(record: UploadRecord): InStorage | null {
    if (record.state.kind !== 'queued') return null
    const row = fromColumns(inStorage.get(record.id))
    if (!row || !isInStorage(row.state) || history.has(row.id, row.state)) return null
    // What was left is of no use after a change of these.
    const isUsable = isSameTeam(row, record) && row.accountId === record.accountId
    return isUsable && mayHaveSameBytes(row.identity, record.identity) ? row.state : null
  }

  /** An upload of another living process that waits for this one and has nothing in storage. */
  function findWaiting(record: UploadRecord): UploadRecord | undefined {
    const others = findOthers(record)
    const pids = others.length > 0 ? living() : new Map<string, number>()
    return others.find(
      ({ other, runner: otherRunner }) =>
        otherRunner !== runner &&
        pids.has(otherRunner) &&
        other.accountId === record.accountId &&
        other.phase === 'waiting' &&
        other.state.kind === 'queued' &&
        other.failure?.code === 'other-process',
    )?.other
  }

  return {
    claimFile(record, deletedModelIds = new Set()) {
      let result: FileClaim = { kind: 'claimed', isContinued: false }
      const written = write(() => {
        result = claim(record, deletedModelIds)
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
      const record = fromColumns(inStorage.get(id))
      if (!record || hasDisplaced(record)) return
      const waiting = findWaiting(record)
      if (waiting) leave(record, waiting)
    },
    leftTo,
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
        return other && isSameTarget(other, record) && mayHaveSameBytes(other.identity, identity)
          ? [{ other, runner: String(line['runner']), isClaimed: line['claimed'] === 1 }]
          : []
      })
  }
}

function isSameTarget(a: UploadRecord, b: UploadRecord): boolean {
  return isSameTeam(a, b) && pathKey(a.target.modelPath) === pathKey(b.target.modelPath)
}

function sharesMultipart(one: UploadState, other: UploadState): one is MultipartOpenState {
  return one.kind === 'multipart-open' && multipartOf(other)?.uploadId === one.multipart.uploadId
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
   * processes are removed. Failed ones stay, since they are for the user, and only new parts of the same multipart
   * upload are copied; those whose model is registered stay too. A model that one of them has moved away from the
   * path is listed as displaced, unless the upload replaces it from now on. Those of living processes stay and share
   * the multipart upload: only the one that has the claim sends, and the next one that claims takes over the parts
   * again. What the upload has had before and given up is not taken over again.
   */
  takeOver(record: UploadRecord, others: OtherUploads): boolean
  /** Copies what the upload has in storage to another one. */
  leave(record: UploadRecord, to: UploadRecord): void
}

function takeOverStatements(database: DatabaseSync, history: StorageHistory): TakeOver {
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

  /**
   * Copies what the other upload has in storage, if an upload in this state can use it; returns the new state, or
   * null if there was nothing new.
   */
  function take(id: string, state: UploadState, other: UploadRecord): UploadState | null {
    if (!isInStorage(other.state)) return null
    if (state.kind === 'queued') {
      if (history.has(id, other.state)) return null
      abandonUpload(database, id, null)
      dropParts?.run(id)
      copyState?.run(other.id, id)
      copyParts?.run(id, other.id)
      return other.state
    }
    if (!sharesMultipart(state, other.state)) return null
    const isFurther = other.state.kind === 'stored' || other.state.multipart.completing === true
    if (isFurther) copyState?.run(other.id, id)
    const hasNewParts = Number(copyParts?.run(id, other.id).changes) > 0
    if (isFurther) return other.state
    return hasNewParts ? state : null
  }

  function takeReplacement({ id, library }: UploadRecord, other: UploadRecord): void {
    const { replaces } = other.library ?? {}
    if (replaces && replaces.asidePath !== null) setLibrary?.run(JSON.stringify({ ...library, replaces }), id)
  }

  return {
    takeOver(record, { abandoned, stopped }) {
      let { state } = record
      let isContinued = false
      function takeFrom(other: UploadRecord): boolean {
        const taken = take(record.id, state, other)
        if (taken === null) return false
        state = taken
        return (isContinued = true)
      }
      for (const other of abandoned) {
        const { kind } = other.state
        if (other.accountId !== record.accountId) continue
        if (other.phase === 'failed') {
          if (sharesMultipart(state, other.state)) takeFrom(other)
          continue
        }
        if (isInStorage(other.state)) {
          const wasContinued = isContinued
          if (!takeFrom(other) || wasContinued) continue
          takeReplacement(record, other)
        } else if (kind !== 'queued') continue
        else displaced.update(other.id, null)
        remove?.run(other.id)
      }
      for (const other of stopped)
        if (other.accountId === record.accountId && !hasDisplaced(other)) takeFrom(other)
      return isContinued
    },
    leave: (record, to) => void take(to.id, to.state, record),
  }
}
