import type { UploadRow } from '../../electron/contract/uploads.ts'
import { groupOf, groups, type Group } from './row-status.ts'

export interface RowGroup {
  readonly group: Group
  readonly ids: readonly string[]
}

/**
 * Everything that determines group, order and search matches of a row; the list is sorted only if it changes.
 */
export function sortKey(row: UploadRow): string {
  const { displayName, modelType, modelPath } = row.target
  const group = row.phase === 'review' ? 'review' : groupOf(row)
  return `${group}\n${row.position}\n${row.finishedAtMs ?? ''}\n${displayName}\n${modelType}\n${modelPath}`
}

/** Whether all words of the search occur in the row's names. */
function matchesSearch(row: UploadRow, search: string): boolean {
  const { displayName, modelType, modelPath } = row.target
  const text = `${displayName} ${modelType} ${modelPath} ${row.fileName} ${row.team.name}`.toLocaleLowerCase()
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/**
 * Rows by group in display order: queue order, and latest first among finished ones. Files in review are not
 * in the list.
 */
export function groupRows(rows: Iterable<UploadRow>, search: string): RowGroup[] {
  const byGroup: Record<Group, UploadRow[]> = { 'needs-you': [], running: [], waiting: [], done: [] }
  for (const row of rows) {
    if (row.phase === 'review') continue
    if (search === '' || matchesSearch(row, search)) byGroup[groupOf(row)].push(row)
  }
  for (const group of groups) byGroup[group].sort(group === 'done' ? latestFirst : firstInQueue)
  return groups
    .filter((group) => byGroup[group].length > 0)
    .map((group) => ({ group, ids: byGroup[group].map(({ id }) => id) }))
}

/** Ids of the files in review, in queue order. */
export function idsInReview(rows: Iterable<UploadRow>): string[] {
  return [...rows]
    .filter(({ phase }) => phase === 'review')
    .sort(firstInQueue)
    .map(({ id }) => id)
}

function firstInQueue(a: UploadRow, b: UploadRow): number {
  return a.position - b.position || a.addedAtMs - b.addedAtMs
}

function latestFirst(a: UploadRow, b: UploadRow): number {
  return (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0)
}
