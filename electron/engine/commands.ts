import { failed, failure, remedyOf, success, type FailureCode, type Result } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'
import { resetAfter } from '../journal/reset.ts'
import { changeAfterInspection, fileToInspect, isUnchanged, isUninspected } from '../intake/inspect-again.ts'
import { isBeingWritten } from '../intake/recheck.ts'
import type { Queue } from '../queue/queue.ts'
import type { RecordChange, UploadRecord } from '../journal/upload-record.ts'
import type { Row, Rows } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-state.ts'
import { editTargets, retargeted, wasCausedByTarget, type TargetEdit } from '../intake/edit-targets.ts'
import { targetFailure } from '../contract/uploads.ts'

/** What a person can do to uploads. Ids that are not known, or to which it can't happen, are passed over. */
export interface Commands {
  pause(ids: readonly string[]): Promise<Result<void>>
  resume(ids: readonly string[]): Promise<Result<void>>
  /** Looks at the file again where the file was the trouble, then queues it anew. */
  retry(ids: readonly string[]): Promise<Result<void>>
  /** Sends files all the same that can run code when they are loaded. Answers whether any stood still for that. */
  allow(ids: readonly string[]): Result<boolean>
  cancel(ids: readonly string[]): Promise<Result<void>>
  /** Lets an upload that stands still go on, in whatever way it stopped. Answers whether it stood still. */
  continueUpload(id: string): Promise<Result<boolean>>
  moveToTop(ids: readonly string[]): Result<void>
  editTarget(id: string, change: Partial<Target>): Result<void>
  /** Whole targets for many, all or none; answers those that had not begun and have theirs now. */
  editTargets(changes: readonly TargetEdit[]): Result<readonly string[]>
  /** Stops what an account has in the queue; its rows wait for its return. */
  suspendAccount(accountId: string): Promise<void>
  /** Queues again what waited for a sign-in and has one now. */
  resumeWaiting(canGoOn: (record: UploadRecord) => boolean): void
  /** Queues again what one kind of failure ended, whose cause is gone. */
  resumeAfter(code: FailureCode): void
}

export function createCommands(options: {
  readonly rows: Rows
  readonly queue: Queue
  readonly inspect: (file: FileToInspect) => Promise<Inspection>
  /** Drops what is kept in memory of an upload. */
  readonly forget: (id: string) => void
  /** Storage or the library may hold something that no upload needs any more. */
  readonly onAbandoned: () => void
  /** A file that was looked at again is still refused. */
  readonly refused: (ids: readonly string[]) => void
  readonly now: () => number
}): Commands {
  const { rows, queue, inspect, forget, onAbandoned } = options

  const known = (ids: readonly string[]): Row[] => ids.flatMap((id) => rows.get(id) ?? [])

  async function stopped(ids: readonly string[], becomes: (row: Row) => void): Promise<Result<void>> {
    // What one waited for, such as its disk, may come back and queue it while others still stop; no step lies in between then.
    while (ids.some((id) => queue.has(id))) await queue.remove(ids)
    return rows.together(() => known(ids).forEach(becomes))
  }

  const standsInQueue = ({ live }: Row) => live.phase === 'waiting' || live.phase === 'retrying'

  function requeue(row: Row, change: RecordChange = {}): Result<void> {
    const written = rows.happen(row.record.id, 'resume', { failure: null, ...change })
    if (written.ok) queue.add([row.record.id])
    return written
  }

  /** The same for one that was only taken out of the queue. */
  function goOnWith(row: Row, change: RecordChange): Result<void> {
    if (row.live.phase !== 'waiting') return requeue(row, change)
    const written = rows.change(row.record.id, { failure: null, ...change })
    if (written.ok) queue.add([row.record.id])
    return written
  }

  async function retryOne(row: Row): Promise<Result<void>> {
    const { record } = row
    const met = record.failure
    if (row.live.phase === 'retrying') {
      await queue.remove([record.id])
      return rows.get(record.id)?.live.phase === 'retrying' ? requeue(row) : success(undefined)
    }
    if (row.live.phase !== 'failed') return success(undefined)
    if (met === null || !met.code.startsWith('file-')) return requeue(row, resetAfter(met))
    const inspection = await inspect(fileToInspect(record))
    const now = rows.get(record.id)
    if (now?.live.phase !== 'failed') return success(undefined)
    const isAsBefore = isUnchanged(now.record, inspection)
    const change = changeAfterInspection(now, inspection)
    const { failure: seen } = inspection
    // Before anything else is asked: what was sent of other bytes is not this file's.
    if (!isAsBefore && !isUninspected(inspection)) forget(record.id)
    const still = seen && isAsBefore && now.record.allowed && remedyOf(seen) === 'allow' ? null : seen
    if (still) {
      const told = isAsBefore ? still : isBeingWritten(still, inspection.identity, options.now())
      const written = rows.change(record.id, {
        ...(isUninspected(inspection) ? {} : change),
        failure: told,
      })
      options.refused([record.id])
      return written
    }
    const written = requeue(row, change)
    onAbandoned()
    return written
  }

  return {
    pause: (ids) =>
      stopped(ids, (row) => {
        if (standsInQueue(row)) rows.happen(row.record.id, 'pause', { failure: null })
      }),
    async resume(ids) {
      return rows.together(() => {
        for (const row of known(ids)) if (row.live.phase === 'paused') requeue(row)
      })
    },
    async retry(ids) {
      for (const row of known(ids)) {
        const done = await retryOne(row)
        if (!done.ok) return done
      }
      return success(undefined)
    },
    allow(ids) {
      const asked = known(ids).filter(
        ({ live, record }) =>
          live.phase === 'failed' && record.failure && remedyOf(record.failure) === 'allow',
      )
      const written = rows.together(() => {
        for (const row of asked) requeue(row, { allowed: true })
      })
      return written.ok ? success(asked.length > 0) : written
    },
    async continueUpload(id) {
      const row = rows.get(id)
      if (!row || (row.live.phase !== 'paused' && row.live.phase !== 'failed')) return success(false)
      const done = row.live.phase === 'paused' ? requeue(row) : await retryOne(row)
      return done.ok ? success(true) : done
    },
    async cancel(ids) {
      while (ids.some((id) => queue.has(id))) await queue.remove(ids)
      const open = known(ids).filter(({ record }) => record.phase !== 'registered')
      // Its model is in the library: what was still to be done about an older one is dropped, and it is told as done.
      for (const row of open.filter(({ record }) => record.modelId !== null)) {
        const { replaces: _dropped, ...library } = row.record.library ?? {}
        const written = goOnWith(row, { library })
        if (!written.ok) return written
      }
      const gone = open.filter(({ record }) => record.modelId === null)
      for (const { record } of gone) forget(record.id)
      const removed = rows.remove(gone.map(({ record }) => record.id))
      onAbandoned()
      return removed
    },
    moveToTop(ids) {
      const top = rows.ids().reduce((least, id) => Math.min(least, rows.get(id)?.record.position ?? 0), 0)
      const written = rows.together(() => {
        for (const [index, { record }] of known(ids).entries()) {
          rows.change(record.id, { position: top - ids.length + index })
        }
      })
      if (written.ok) queue.prioritise(ids)
      return written
    },
    editTarget(id, change) {
      const row = rows.get(id)
      if (!row) return failed(failure('not-found'))
      const { record, live } = row
      // Once it is in the library, what is left concerns an older model alone.
      const isOver = live.phase === 'registered' || record.modelId !== null
      if (isRunning(live.phase) || isOver) return failed(failure('already-begun'))
      const target = { ...record.target, ...change }
      const wrong = targetFailure(target)
      if (wrong) return failed(wrong)
      const wasTrouble = wasCausedByTarget(row)
      const written = rows.change(id, retargeted(row, target))
      // The model that made room for it is to have its path back.
      if (record.library?.replaces?.asidePath) onAbandoned()
      return written.ok && wasTrouble ? requeue(row) : written
    },
    editTargets: (changes) => editTargets(changes, { rows, requeue, onAbandoned }),
    async suspendAccount(accountId) {
      const ids = rows.ids().filter((id) => {
        const row = rows.get(id)
        return row?.record.accountId === accountId && row.record.phase === 'waiting'
      })
      await stopped(ids, (row) => {
        if (standsInQueue(row)) rows.happen(row.record.id, 'refuse', { failure: failure('signed-out') })
      })
    },
    resumeWaiting(canGoOn) {
      rows.together(() => {
        for (const row of known(rows.ids())) {
          const { record, live } = row
          const waits = record.failure && remedyOf(record.failure) === 'sign-in'
          if (live.phase === 'failed' && waits && canGoOn(record)) requeue(row)
        }
      })
    },
    resumeAfter(code) {
      rows.together(() => {
        for (const row of known(rows.ids())) {
          if (row.live.phase === 'failed' && row.record.failure?.code === code) requeue(row)
        }
      })
    },
  }
}
