import { failed, isOfTarget, success, type Result } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import type { Row, Rows } from '../journal/rows.ts'
import type { RecordChange } from '../journal/upload-record.ts'
import { isRunning } from '../journal/upload-state.ts'
import { targetFailure } from '../contract/uploads.ts'

export interface TargetEdit {
  readonly id: string
  readonly target: Target
}

interface EditServices {
  readonly rows: Rows
  readonly requeue: (row: Row) => Result<void>
  /** The library may hold something that no upload needs any more. */
  readonly onAbandoned: () => void
}

/**
 * Gives many uploads new targets in one transaction: one that the server would refuse refuses them all, before anything is
 * written. What has begun or is done keeps its target. Rows that had failed because of theirs are queued again.
 */
export function editTargets(
  changes: readonly TargetEdit[],
  { rows, requeue, onAbandoned }: EditServices,
): Result<readonly string[]> {
  const meant = changes.flatMap(({ id, target }) => {
    const row = rows.get(id)
    return row && mayChange(row) ? [{ row, target }] : []
  })
  for (const { target } of meant) {
    const wrong = targetFailure(target)
    if (wrong) return failed(wrong)
  }
  const mended: Row[] = []
  const madeRoom = meant.some(({ row }) => row.record.library?.replaces?.asidePath)
  const written = rows.together(() => {
    for (const { row, target } of meant) {
      rows.change(row.record.id, retargeted(row, target))
      if (wasCausedByTarget(row)) mended.push(row)
    }
  })
  if (!written.ok) return written
  if (madeRoom) onAbandoned()
  for (const row of mended) {
    const queued = requeue(row)
    if (!queued.ok) return queued
  }
  return success(meant.map(({ row }) => row.record.id))
}

/** The new target; with another path the upload takes no model's place any more. */
export function retargeted({ record }: Row, target: Target): RecordChange {
  const { replaces, ...library } = record.library ?? {}
  return replaces && target.modelPath !== record.target.modelPath ? { target, library } : { target }
}

/** Whether an upload stands still for its target alone. */
export function wasCausedByTarget({ record, live }: Row): boolean {
  return live.phase === 'failed' && record.failure !== null && isOfTarget(record.failure)
}

/** Until bytes have gone out, and again when the target is what is wrong: as the page shows it. */
function mayChange(row: Row): boolean {
  const { record, live } = row
  if (isRunning(live.phase) || live.phase === 'registered' || record.modelId !== null) return false
  return !record.started || wasCausedByTarget(row)
}
