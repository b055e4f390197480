import type { RowGroup } from './arrangement.ts'
import type { Group } from './row-facts.ts'
import type { Line } from './windowing.ts'

export type UploadLine = Line &
  (
    | { readonly kind: 'group'; readonly group: Group; readonly count: number }
    | { readonly kind: 'row'; readonly id: string }
  )

/** Heights in CSS pixels. Fixed, so that a list of any length knows its size without drawing it. */
export const rowHeights = { airy: 56, dense: 36, group: 34, note: 38, noteNarrow: 70 } as const

interface Looks {
  readonly isDense: boolean
  /** Below 560 px a note's sentence needs four lines instead of two. */
  readonly isNarrow: boolean
  /** Rows with a note below them for the moment: edited wrongly, or about to be cancelled. */
  readonly noted: ReadonlySet<string>
}

/** Every line of the list with its height. Rows that need the person carry their sentence below them. */
export function uploadLines(groups: readonly RowGroup[], { isDense, isNarrow, noted }: Looks): UploadLine[] {
  const height = isDense ? rowHeights.dense : rowHeights.airy
  const withNote = height + (isNarrow ? rowHeights.noteNarrow : rowHeights.note)
  return groups.flatMap(({ group, ids }) => [
    { kind: 'group' as const, key: `group ${group}`, group, count: ids.length, height: rowHeights.group },
    ...ids.map((id) => ({
      kind: 'row' as const,
      key: id,
      id,
      height: group === 'needs-you' || noted.has(id) ? withNote : height,
    })),
  ])
}
