import type { Patch, UploadRow } from '../../contract/uploads.ts'

/** Something worth telling a person who does not look. */
export type UploadNotification =
  | { readonly kind: 'batch-done'; readonly registered: number; readonly failed: number }
  | { readonly kind: 'needs-you'; readonly rows: readonly UploadRow[] }

/** Follows the patches and says when there is something to tell: one notice per batch, and each failure that needs a person. */
export function createNotificationRules(): (patch: Patch) => readonly UploadNotification[] {
  const failedIds = new Set<string>()
  let registered = 0
  let failed = 0
  let busy = false

  return ({ changed, removed, totals }) => {
    const notices: UploadNotification[] = []
    const newlyFailed: UploadRow[] = []
    for (const id of removed) failedIds.delete(id)
    for (const row of changed) {
      if (row.phase === 'registered') registered += 1
      if (row.phase !== 'failed') failedIds.delete(row.id)
      else if (!failedIds.has(row.id)) {
        failedIds.add(row.id)
        newlyFailed.push(row)
      }
    }
    if (newlyFailed.length > 0) {
      failed += newlyFailed.length
      notices.push({ kind: 'needs-you', rows: newlyFailed })
    }
    const isBusy = totals.running > 0 || totals.waiting > 0
    if (busy && !isBusy) {
      if (registered > 0) notices.push({ kind: 'batch-done', registered, failed })
      registered = 0
      failed = 0
    }
    busy = isBusy
    return notices
  }
}
