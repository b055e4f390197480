import { failed, isTargetFailure, success, type Result } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import { isStopped, type Row, type Rows } from '../journal/rows.ts'
import { isStarted, modelIdOf, type RecordChange, type UploadRecord } from '../journal/upload-record.ts'
import { isRunning } from '../journal/upload-phase.ts'
import { targetFailure } from '../contract/uploads.ts'

export interface TargetEdit {
  readonly id: string
  readonly target: Target
}

interface EditServices {
  readonly rows: Rows
  readonly requeue: (row: Row) => Result<void>
  /** The library may hold a displaced model that no upload needs any more. */
  readonly onAbandoned: () => void
  /** The types of these uploads were edited. */
  readonly onTypesEdited: (records: readonly UploadRecord[]) => void
}

/**
 * Changes the targets of many uploads in one transaction. A target that the server would reject fails them
 * all before anything is written. Uploads that have begun or finished keep their targets; those that failed
 * because of theirs are queued again.
 */
export function editTargets(
  changes: readonly TargetEdit[],
  { rows, requeue, onAbandoned, onTypesEdited }: EditServices,
): Result<readonly string[]> {
  const editable = changes.flatMap(({ id, target }) => {
    const row = rows.get(id)
    return row && mayChange(row) ? [{ row, target }] : []
  })
  for (const { target } of editable) {
    const wrong = targetFailure(target)
    if (wrong) return failed(wrong)
  }
  const fixed: Row[] = []
  const retyped = editable
    .filter(({ row, target }) => target.modelType !== row.record.target.modelType)
    .map(({ row }) => row.record.id)
  const hasDisplaced = editable.some(({ row }) => row.record.library?.replaces?.asidePath)
  const written = rows.inTransaction(() => {
    for (const { row, target } of editable) {
      rows.change(row.record.id, retargeted(row, target))
      if (wasCausedByTarget(row)) fixed.push(row)
    }
  })
  if (!written.ok) return written
  if (hasDisplaced) onAbandoned()
  for (const row of fixed) {
    const queued = requeue(row)
    if (!queued.ok) return queued
  }
  onTypesEdited(retyped.flatMap((id) => rows.get(id)?.record ?? []))
  return success(editable.map(({ row }) => row.record.id))
}

/**
 * The new target. An upload with another path no longer replaces a model, and the decision to replace the one
 * at the old path is not valid for it; only decisions have a fate.
 */
export function retargeted({ record }: Row, target: Target): RecordChange {
  if (!record.library || target.modelPath === record.target.modelPath) return { target }
  const { replaces: _replaces, decided: _decided, ...library } = record.library
  const { onConflict, fate, ...undecided } = library
  const isDecision = onConflict === 'replace' && fate !== undefined
  return { target, library: isDecision ? undecided : library }
}

/** Whether an upload failed only because of its target. */
function wasCausedByTarget(row: Row): boolean {
  const { failure } = row.record
  return isStopped(row) && failure !== null && isTargetFailure(failure)
}

/** Until bytes were sent, and again if the target caused the failure: the page offers it in the same cases. */
function mayChange(row: Row): boolean {
  const { record, live } = row
  if (isRunning(live.phase) || live.phase === 'registered' || modelIdOf(record.state) !== null) return false
  return !isStarted(record.state) || wasCausedByTarget(row)
}
