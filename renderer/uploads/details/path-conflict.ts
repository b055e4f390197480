import { onConflict, replacedFate } from '../../../electron/contract/library.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { remedyOfRow } from '../row-status.ts'

/** What the settings offer. */
export const conflictOptions = onConflict.options
export const replacedModelOptions = replacedFate.options

/** What a person can do about a taken path, in the order in which it is offered: what loses nothing comes first. */
export type ConflictChoice = 'keep-both' | 'rename' | 'replace' | 'skip'

/** True while a row waits for a choice about its path. */
export function waitsForChoice(row: UploadRow): boolean {
  return row.phase === 'failed' && (remedyOfRow(row) === 'choose' || row.failure?.code === 'old-model-stays')
}

/** The ways that are open to a row. An old model that could not be removed can only be kept, or tried again. */
export function conflictChoices({ failure }: UploadRow): readonly ConflictChoice[] {
  if (failure?.code === 'old-model-stays') return ['keep-both']
  return ['keep-both', 'rename', 'replace', 'skip']
}

/** Ids of the other rows that wait for the same kind of choice. */
export function otherConflicts(rows: Iterable<UploadRow>, row: UploadRow): string[] {
  if (row.failure?.code === 'old-model-stays') return []
  return [...rows]
    .filter((other) => other.id !== row.id && other.phase === 'failed' && remedyOfRow(other) === 'choose')
    .map(({ id }) => id)
}
