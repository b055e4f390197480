import type { ModelGroup } from '../../electron/contract/recognition.ts'
import type { RowGroup } from './row-groups.ts'
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
    /** `hasNote`: the height includes a note. */
    | { readonly kind: 'row'; readonly id: string; readonly hasNote: boolean }
  )

/** Heights in CSS pixels; fixed, so that the list need not be measured. */
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
  /** Below 560 px a note takes four lines instead of two. */
  readonly isNarrow: boolean
  /** Rows that currently show a note: invalid input or a confirmation. */
  readonly noted: ReadonlySet<string>
  /** Groups of which only the header is shown. */
  readonly collapsed: ReadonlySet<Group>
  /** The multi-file model of a row, if any. */
  readonly modelGroupOf?: (id: string) => ModelGroup | undefined
}

/** All lines of the list with their heights. Rows that need attention include a note. */
export function uploadLines(
  groups: readonly RowGroup[],
  { isDense, isNarrow, noted, collapsed, modelGroupOf }: LineOptions,
): UploadLine[] {
  const height = isDense ? rowHeights.dense : rowHeights.airy
  const withNote = height + (isNarrow ? rowHeights.noteNarrow : rowHeights.note)
  return groups.flatMap((rows) => {
    const { group } = rows
    const isCollapsed = collapsed.has(group)
    const header = groupHeader(rows, isCollapsed)
    if (isCollapsed) return [header]
    return [
      header,
      ...consecutiveRuns(rows.ids, modelGroupOf).flatMap(({ modelGroup, ids: some }) => [
        ...(modelGroup ? [modelHeader(group, modelGroup, some)] : []),
        ...some.map((id) => {
          const hasNote = group === 'needs-you' || noted.has(id)
          return { kind: 'row' as const, key: id, id, hasNote, height: hasNote ? withNote : height }
        }),
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
