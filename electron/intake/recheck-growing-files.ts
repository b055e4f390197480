import { failure, type Failure, type FailureCode, type Result } from '../contract/failures.ts'
import { isRecheckedSoon } from '../contract/uploads.ts'
import type { MountQueue } from '../discovery/scan/mounts.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import { isStopped, type Rows } from '../journal/rows.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { ChangedFileRechecks } from './recheck-changed-files.ts'

/** Failures of a file that is still being copied. */
const incompleteFileCodes: ReadonlySet<FailureCode> = new Set([
  'file-empty',
  'file-hollow',
  'file-cut-short',
  'file-damaged-header',
  'file-not-scanned',
  'file-part-missing',
])

/** A file modified within this time may still be written to, in ms; copying rarely pauses for longer. */
const freshMs = 5_000
const recheckAfterMs = 5_000

const isFresh = ({ mtimeNs }: FileIdentity, nowMs: number) =>
  Math.abs(nowMs - Number(mtimeNs / 1_000_000n)) < freshMs

/**
 * The failure to show for a file that changed since it was rejected and is rejected again: while it grows,
 * that it does.
 */
export function failureWhileWritten(seen: Failure, identity: FileIdentity, nowMs: number): Failure {
  return incompleteFileCodes.has(seen.code) && isFresh(identity, nowMs) ? failure('file-being-written') : seen
}

export interface Rechecks {
  /** Schedules a recheck of those that may still be being copied, or were not inspected. */
  schedule(ids: readonly string[]): void
  /** Rechecks files that the last process left still being written or uninspected, or that have changed since. */
  resume(): void
  /** An upload was added, removed or changed. */
  rowChanged(id: string): void
  /** The computer woke: looks for files that have changed meanwhile. */
  checkAll(): void
  close(): void
}

/**
 * Rechecks files that were modified moments before they were rejected, for as long as they grow, and after
 * `resume` also those that change later.
 */
export function createRechecks(options: {
  readonly rows: Pick<Rows, 'get' | 'ids'>
  /** Inspects files again, and queues those that are valid or adds them to the review. */
  readonly commands: {
    retry(ids: readonly string[], mustReview: (record: UploadRecord) => boolean): Promise<Result<void>>
  }
  readonly mustReview: (record: UploadRecord) => boolean
  readonly environment: Pick<Environment, 'now' | 'timers'>
  readonly mountQueue: Pick<MountQueue, 'run'>
}): Rechecks {
  const { rows, commands, mustReview, environment, mountQueue } = options
  const retry = (ids: readonly string[]) => commands.retry(ids, mustReview)
  const changedFiles = new ChangedFileRechecks({ rows, recheck: retry, environment, mountQueue })
  const waiting = new Set<string>()
  let cancel: (() => void) | null = null
  let isClosed = false

  function failureOf(id: string): Failure | null {
    const row = rows.get(id)
    return row && isStopped(row) ? row.record.failure : null
  }

  function mustRecheck(id: string): boolean {
    const reason = failureOf(id)
    const identity = rows.get(id)?.record.identity
    if (reason === null || identity === undefined) return false
    return (
      isRecheckedSoon(reason) ||
      (incompleteFileCodes.has(reason.code) && isFresh(identity, environment.now()))
    )
  }

  function wait(ids: readonly string[]): void {
    for (const id of ids) waiting.add(id)
    if (waiting.size > 0 && !isClosed) cancel ??= environment.timers.after(recheckAfterMs, recheck)
  }

  function recheck(): void {
    cancel = null
    const ids = [...waiting].filter((id) => failureOf(id) !== null)
    waiting.clear()
    // Those rejected again come back through `schedule`.
    void retry(ids)
  }

  return {
    schedule: (ids) => wait(ids.filter(mustRecheck)),
    resume() {
      const isDue = (reason: Failure | null) => reason !== null && isRecheckedSoon(reason)
      wait(rows.ids().filter((id) => isDue(failureOf(id))))
      changedFiles.start()
    },
    rowChanged: (id) => changedFiles.rowChanged(id),
    checkAll: () => changedFiles.checkAll(),
    close() {
      changedFiles.close()
      isClosed = true
      cancel?.()
    },
  }
}
