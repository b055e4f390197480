import type { ReviewView } from '../../../electron/contract/review.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { row, team } from './rows.ts'

/** What the main process says about these rows, modified by `change`. */
export function reviewOf(rows: readonly UploadRow[], change: Partial<ReviewView> = {}): ReviewView {
  const groups = change.groups ?? []
  const sum = (some: readonly UploadRow[]) => some.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  return {
    id: 'review-1',
    team: { accountId: 'account-1', teamId: team.id },
    fileCount: rows.length,
    totalBytes: sum(rows),
    inspectingCount: 0,
    secondsLeft: 7_200,
    groups,
    missingCompanions: [],
    hasWork: true,
    isComparing: false,
    ...change,
  }
}

export const reviewRow = (name: string, change: Parameters<typeof row>[1] = {}) =>
  row(name, { phase: 'review', review: 'review-1', ...change })
