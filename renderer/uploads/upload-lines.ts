import type { ModelGroup } from '../../electron/contract/recognition.ts'
import type { RowError, RowGroup } from './row-groups.ts'
import type { Group } from './row-status.ts'
import type { Line } from '../ui/list/windowing.ts'

export type UploadLine = Line &
  (
    | { readonly kind: 'group'; readonly rows: RowGroup; readonly isCollapsed: boolean }
    /** The header of consecutive files that form one model. */
    | {
        readonly kind: 'model'
        readonly modelGroup: ModelGroup
        readonly group: Group
        readonly ids: readonly string[]
      }
    /** An error above the rows that have it. */
    | { readonly kind: 'error'; readonly error: RowError }
    | { readonly kind: 'row'; readonly id: string; readonly group: Group }
    | ProblemLine
  )

/** What is wrong with the text that is typed in the row above. */
export type ProblemLine = Line & { readonly kind: 'problem'; readonly id: string }

/** Heights in CSS pixels; fixed, so that the list need not be measured. */
export const rowHeights = {
  airy: 56,
  dense: 36,
  group: 34,
  modelGroup: 34,
  note: 40,
  noteNarrow: 72,
} as const

interface LineOptions {
  readonly isDense: boolean
  /** Below 560 px an error takes four lines instead of two. */
  readonly isNarrow: boolean
  /** The row with an invalid text. */
  readonly invalidId?: string | undefined
  /** Groups of which only the header is shown. */
  readonly collapsed: ReadonlySet<Group>
  /** The multi-file model of a row, if any. */
  readonly modelGroupOf?: (id: string) => ModelGroup | undefined
}

/** The height of an error or of what is wrong with a text. */
export const noteHeight = (isNarrow: boolean) => (isNarrow ? rowHeights.noteNarrow : rowHeights.note)

export const problemLine = (id: string, isNarrow: boolean): ProblemLine => ({
  kind: 'problem',
  key: `problem ${id}`,
  id,
  height: noteHeight(isNarrow),
})

/** All lines of the list with their heights. */
export function uploadLines(
  groups: readonly RowGroup[],
  { isDense, isNarrow, invalidId, collapsed, modelGroupOf }: LineOptions,
): UploadLine[] {
  const height = isDense ? rowHeights.dense : rowHeights.airy
  const rowLines = (group: Group, ids: readonly string[]): UploadLine[] =>
    consecutiveRuns(ids, modelGroupOf).flatMap(({ modelGroup, ids: some }) => [
      ...(modelGroup ? [modelHeader(group, modelGroup, some)] : []),
      ...some.flatMap((id): UploadLine[] => {
        const row = { kind: 'row', key: id, id, group, height } as const
        return id === invalidId ? [row, problemLine(id, isNarrow)] : [row]
      }),
    ])
  return groups.flatMap((rows) => {
    const { group, ids, errors } = rows
    const isCollapsed = collapsed.has(group)
    const header = groupHeader(rows, isCollapsed)
    if (isCollapsed) return [header]
    if (errors.length === 0) return [header, ...rowLines(group, ids)]
    return [
      header,
      ...errors.flatMap((error, index): UploadLine[] => [
        errorLine(error, errors[index - 1], isNarrow),
        ...rowLines(group, error.ids),
      ]),
    ]
  })
}

/** All rows of the list without those of collapsed groups. */
export const shownIds = (groups: readonly RowGroup[], collapsed: ReadonlySet<Group>): string[] =>
  groups.flatMap((rows) => (collapsed.has(rows.group) ? [] : rows.ids))

function groupHeader(rows: RowGroup, isCollapsed: boolean): UploadLine {
  const key = `group ${rows.group}`
  return { kind: 'group', key, rows, isCollapsed, height: rowHeights.group, isSticky: true }
}

/** An error that several rows share stays above them. All sticky lines are drawn, so that of a single row is none. */
function errorLine(error: RowError, previous: RowError | undefined, isNarrow: boolean): UploadLine {
  const line = { kind: 'error', key: `error ${error.key}`, error, height: noteHeight(isNarrow) } as const
  if (isShared(error)) return { ...line, isSticky: true }
  return previous && isShared(previous) ? { ...line, isSticky: false } : line
}

const isShared = ({ ids }: RowError) => ids.length > 1

function modelHeader(group: Group, modelGroup: ModelGroup, ids: readonly string[]): UploadLine {
  // Finished files of one model may not be adjacent; each run has its own header.
  const key = `bundle ${group} ${modelGroup.key} ${ids[0]}`
  return { kind: 'model', key, modelGroup, group, ids, height: rowHeights.modelGroup }
}

interface Run {
  readonly modelGroup: ModelGroup | undefined
  readonly ids: string[]
}

/** Consecutive rows of the same model. */
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
