import { onConflict, replacedFate } from '../../../electron/contract/library.ts'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { Language } from '../../app/language.svelte.ts'
import { remedyOfRow } from '../row-status.ts'

/** Options of the settings. */
export const conflictOptions = onConflict.options
export const replacedModelOptions = replacedFate.options

/** Choices for a path conflict, in the order offered: those that lose nothing come first. */
export type ConflictChoice = 'keep-both' | 'rename' | 'replace' | 'skip'

/** Whether the library path of a row is taken, so that it needs any of the choices. */
export const hasPathConflict = (row: UploadRow): boolean =>
  row.phase === 'failed' && remedyOfRow(row) === 'choose'

/** True while a row needs a decision about its path. */
export function waitsForChoice(row: UploadRow): boolean {
  return hasPathConflict(row) || (row.phase === 'failed' && row.failure?.code === 'old-model-stays')
}

/** The choices available for a row. After a failed replacement only keeping both is possible. */
export function conflictChoices({ failure }: UploadRow): readonly ConflictChoice[] {
  if (failure?.code === 'old-model-stays') return ['keep-both']
  return ['keep-both', 'rename', 'replace', 'skip']
}

/** Ids of the other rows with a path conflict. */
export function otherConflicts(conflictIds: Iterable<string>, row: UploadRow): string[] {
  if (row.failure?.code === 'old-model-stays') return []
  return [...conflictIds].filter((id) => id !== row.id)
}

/** The model or upload that has the path of a row. */
export function existingText({ params }: Failure, language: Language): string {
  const { t, size, date } = language
  return [
    String(params['name'] ?? ''),
    typeof params['theirBytes'] === 'number' ? size(params['theirBytes']) : '',
    params['status'] === 'disabled' ? t('library.disabled') : '',
    typeof params['createdAtMs'] === 'number' ? date(params['createdAtMs']) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}
