import type { CallArgs } from '../contract/calls.ts'
import { remedyOf } from '../contract/failures.ts'
import { isStopped, type Row } from '../journal/rows.ts'
import type { RecordChange } from '../journal/upload-record.ts'

/** What the user decides about uploads whose library path is in use. */
export type Decision = CallArgs<'decide'>

/** Whether an upload waits for this decision, or is in review with an earlier one. */
export function waitsForDecision(row: Row, { choice }: Decision): boolean {
  const { record, live } = row
  if (live.phase === 'review' && record.failure === null) return record.library?.decided !== undefined
  if (!isStopped(row) || record.failure === null) return false
  // The old model that could not be removed may stay.
  if (record.failure.code === 'old-model-stays') return choice === 'keep-both'
  return remedyOf(record.failure) === 'choose'
}

/** What the next conflict check carries out. */
export function changeByDecision({ record, live }: Row, { choice, fate, path }: Decision): RecordChange {
  const { replaces: _settled, decided: before, ...library } = record.library ?? {}
  if (record.failure?.code === 'old-model-stays') return { library }
  if (choice === 'rename' && path !== undefined) {
    const { onConflict: _asked, ...rest } = library
    return { library: rest, target: { ...record.target, modelPath: path } }
  }
  const conflict = live.phase === 'review' ? (record.failure ?? before) : undefined
  return { library: { ...library, onConflict: choice, fate, ...(conflict && { decided: conflict }) } }
}
