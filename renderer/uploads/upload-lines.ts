import type { ModelGroup } from '../../electron/contract/recognition.ts'
import type { RowGroup } from './row-groups.ts'
import type { Group } from './row-status.ts'
import type { Line } from '../ui/list/windowing.ts'

export type UploadLine = Line &
  (
    | { readonly kind: 'group'; readonly group: Group; readonly count: number }
    /** The head of files that are one model together and stand below one another. */
    | { readonly kind: 'model'; readonly modelGroup: ModelGroup; readonly ids: readonly string[] }
    | { readonly kind: 'row'; readonly id: string }
  )

/** Heights in CSS pixels. Fixed, so that a list of any length knows its size without drawing it. */
export const rowHeights = {
  airy: 56,
  dense: 36,
  group: 34,
  modelGroup: 34,
  note: 38,
  noteNarrow: 70,
} as const

interface LineOptions {
  readonly isDense: boolean
  /** Below 560 px a note's sentence needs four lines instead of two. */
  readonly isNarrow: boolean
  /** Rows with a note below them for the moment: edited wrongly, or about to be cancelled. */
  readonly noted: ReadonlySet<string>
  /** The model of several files that a row's file belongs to. */
  readonly modelGroupOf?: (id: string) => ModelGroup | undefined
}

/** Every line of the list with its height. Rows that need the person carry their sentence below them. */
export function uploadLines(
  groups: readonly RowGroup[],
  { isDense, isNarrow, noted, modelGroupOf }: LineOptions,
): UploadLine[] {
  const height = isDense ? rowHeights.dense : rowHeights.airy
  const withNote = height + (isNarrow ? rowHeights.noteNarrow : rowHeights.note)
  return groups.flatMap(({ group, ids }) => [
    { kind: 'group' as const, key: `group ${group}`, group, count: ids.length, height: rowHeights.group },
    ...consecutiveRuns(ids, modelGroupOf).flatMap(({ modelGroup, ids: some }) => [
      ...(modelGroup ? [modelHeader(group, modelGroup, some)] : []),
      ...some.map((id) => ({
        kind: 'row' as const,
        key: id,
        id,
        height: group === 'needs-you' || noted.has(id) ? withNote : height,
      })),
    ]),
  ])
}

function modelHeader(group: Group, modelGroup: ModelGroup, ids: readonly string[]): UploadLine {
  // In the order of what was done last, files of one model may stand apart: each run has a head of its own.
  const key = `bundle ${group} ${modelGroup.key} ${ids[0]}`
  return { kind: 'model', key, modelGroup, ids, height: rowHeights.modelGroup }
}

interface Run {
  readonly modelGroup: ModelGroup | undefined
  readonly ids: string[]
}

/** Rows one below the other that belong to one model. */
function consecutiveRuns(ids: readonly string[], modelGroupOf: LineOptions['modelGroupOf']): Run[] {
  if (!modelGroupOf) return [{ modelGroup: undefined, ids: [...ids] }]
  const runs: Run[] = []
  for (const id of ids) {
    const modelGroup = modelGroupOf(id)
    const last = runs.at(-1)
    if (last && last.modelGroup?.key === modelGroup?.key) last.ids.push(id)
    else runs.push({ modelGroup, ids: [id] })
  }
  return runs
}
