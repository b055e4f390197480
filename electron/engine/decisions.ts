import { remedyOf, success, type Result } from '../contract/failures.ts'
import type { CallArgs } from '../contract/calls.ts'
import type { Commands } from './commands.ts'
import type { Queue } from '../queue/queue.ts'
import type { RecordChange } from '../journal/upload-record.ts'
import type { Row, Rows } from '../journal/rows.ts'
import { failed } from '../contract/failures.ts'
import { targetFailure } from '../contract/uploads.ts'

/** What the person decides about uploads whose library path is taken. */
export type Decision = CallArgs<'decide'>

/**
 * Writes a decision down and lets the uploads go on; the next look at the library does what was decided. Rows that don't wait
 * for a decision are passed over.
 */
export async function decide(
  { rows, queue, commands }: { readonly rows: Rows; readonly queue: Queue; readonly commands: Commands },
  decision: Decision,
): Promise<Result<void>> {
  const meant = decision.ids.flatMap((id) => {
    const row = rows.get(id)
    return row && waitsForDecision(row, decision) ? [row] : []
  })
  if (decision.choice === 'skip') return commands.cancel(meant.map(({ record }) => record.id))
  const changes = meant.map((row) => changeBy(row, decision))
  for (const { target } of changes) {
    const wrong = target && targetFailure(target)
    if (wrong) return failed(wrong)
  }
  const written = rows.together(() => {
    for (const [index, { record }] of meant.entries())
      rows.happen(record.id, 'resume', { failure: null, ...changes[index] })
  })
  if (!written.ok) return written
  queue.add(meant.map(({ record }) => record.id))
  return success(undefined)
}

function waitsForDecision({ record, live }: Row, { choice }: Decision): boolean {
  if (live.phase !== 'failed' || record.failure === null) return false
  // The old model that could not be removed may stay.
  if (record.failure.code === 'old-model-stays') return choice === 'keep-both'
  return remedyOf(record.failure) === 'choose'
}

function changeBy({ record }: Row, { choice, fate, path }: Decision): RecordChange {
  const { replaces: _settled, ...library } = record.library ?? {}
  if (record.failure?.code === 'old-model-stays') return { library }
  if (choice === 'rename' && path !== undefined) {
    const { onConflict: _asked, ...rest } = library
    return { library: rest, target: { ...record.target, modelPath: path } }
  }
  return { library: { ...library, onConflict: choice, fate } }
}
