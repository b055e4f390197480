import type { UploadRow } from '../../electron/contract/uploads.ts'
import { rowHeights } from '../uploads/upload-lines.ts'
import type { Line } from '../ui/list/windowing.ts'

export type HistoryLine = Line &
  (
    | { readonly kind: 'day'; readonly atMs: number }
    | { readonly kind: 'row'; readonly row: UploadRow }
    | { readonly kind: 'more' }
  )

/**
 * Rows grouped by the day on which they finished, newest first, with a "more" line at the end if there are
 * older ones.
 */
export function historyLines(rows: readonly UploadRow[], isDense: boolean, hasMore: boolean): HistoryLine[] {
  const lines: HistoryLine[] = []
  let day = ''
  for (const row of rows) {
    const atMs = row.finishedAtMs ?? row.addedAtMs
    const itsDay = new Date(atMs).toDateString()
    if (itsDay !== day) lines.push({ kind: 'day', key: `day ${itsDay}`, height: rowHeights.group, atMs })
    day = itsDay
    lines.push({ kind: 'row', key: row.id, height: isDense ? rowHeights.dense : rowHeights.airy, row })
  }
  if (hasMore) lines.push({ kind: 'more', key: 'more', height: rowHeights.airy })
  return lines
}
