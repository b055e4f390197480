import { needsAttention, type Patch, type Phase, type UploadRow } from '../../contract/uploads.ts'

export type UploadNotification =
  | { readonly kind: 'batch-done'; readonly registered: number; readonly failed: number }
  | { readonly kind: 'needs-you'; readonly rows: readonly UploadRow[] }

/** Derives notifications from the patches: one when a batch ends, and one for each new failure. */
export function createNotificationRules(): (patch: Patch) => readonly UploadNotification[] {
  const failedIds = new Set<string>()
  const phases = new Map<string, Phase>()
  let registered = 0
  let failed = 0
  let wasBusy = false

  /** A registered row changes again once it is verified, and rows of earlier batches may be verified later. */
  function isNewlyRegistered({ id, phase, verification }: UploadRow): boolean {
    const before = phases.get(id)
    phases.set(id, phase)
    if (phase !== 'registered' || before === 'registered') return false
    return before !== undefined || !verification || verification.kind === 'pending'
  }

  return ({ changed, removed, totals }) => {
    const notifications: UploadNotification[] = []
    const newlyFailed: UploadRow[] = []
    for (const id of removed) {
      failedIds.delete(id)
      phases.delete(id)
    }
    for (const row of changed) {
      if (isNewlyRegistered(row)) registered += 1
      if (!needsAttention(row)) failedIds.delete(row.id)
      else if (!failedIds.has(row.id)) {
        failedIds.add(row.id)
        newlyFailed.push(row)
      }
    }
    if (newlyFailed.length > 0) {
      failed += newlyFailed.length
      notifications.push({ kind: 'needs-you', rows: newlyFailed })
    }
    const isBusy = totals.running > 0 || totals.waiting > 0
    if (wasBusy && !isBusy) {
      if (registered > 0) notifications.push({ kind: 'batch-done', registered, failed })
      registered = 0
      failed = 0
    }
    wasBusy = isBusy
    return notifications
  }
}
