import { remedyOf, type Failure } from '../../contract/failures.ts'
import { needsAttention, type Patch, type Phase, type UploadRow } from '../../contract/uploads.ts'

/** What the user has to do about a failed upload. */
export const neededActions = [
  'broken',
  'missing',
  'unsafe',
  'path',
  'sign-in',
  'edit',
  'excluded',
  'other',
] as const
export type NeededAction = (typeof neededActions)[number]

/** The result of a batch: the uploads between two moments at which nothing ran or waited. */
export interface BatchNotification {
  readonly registered: readonly UploadRow[]
  /** Those that need attention, also from the time since an earlier notification. */
  readonly failed: readonly UploadRow[]
}

/**
 * Derives notifications from the patches: one when a batch ends, and one when more files fail while nothing
 * runs, for example because they are broken.
 */
export function createNotificationRules(): (patch: Patch) => BatchNotification | null {
  const failed = new Map<string, UploadRow>()
  const phases = new Map<string, Phase>()
  let registered: UploadRow[] = []
  let hasNewFailure = false
  let wasBusy = false

  /** A registered row changes again once it is verified, and rows of earlier batches may be verified later. */
  function isNewlyRegistered({ id, phase, verification }: UploadRow): boolean {
    const before = phases.get(id)
    phases.set(id, phase)
    if (phase !== 'registered' || before === 'registered') return false
    return before !== undefined || !verification || verification.kind === 'pending'
  }

  return ({ changed, removed, totals }) => {
    const isBusy = totals.running > 0 || totals.waiting > 0
    if (isBusy && !wasBusy) {
      // What failed before was notified.
      failed.clear()
      hasNewFailure = false
    }
    for (const id of removed) {
      failed.delete(id)
      phases.delete(id)
    }
    for (const row of changed) {
      if (isNewlyRegistered(row)) registered.push(row)
      if (!needsAttention(row)) failed.delete(row.id)
      else {
        hasNewFailure ||= !failed.has(row.id)
        failed.set(row.id, row)
      }
    }
    const isEnded = !isBusy && ((wasBusy && registered.length > 0) || (hasNewFailure && failed.size > 0))
    wasBusy = isBusy
    if (!isEnded) return null
    // A model whose record differs needs attention instead.
    const notification = {
      registered: registered.filter(({ id }) => !failed.has(id)),
      failed: [...failed.values()],
    }
    registered = []
    hasNewFailure = false
    return notification
  }
}

/** The number of rows for each action, in a fixed order, without zeros. */
export function countActions(
  rows: readonly UploadRow[],
): readonly { readonly action: NeededAction; readonly count: number }[] {
  const byAction = Map.groupBy(rows, ({ failure }) => actionFor(failure))
  return neededActions.flatMap((action) => {
    const count = byAction.get(action)?.length ?? 0
    return count > 0 ? [{ action, count }] : []
  })
}

function actionFor(failure: Failure | null): NeededAction {
  if (failure === null) return 'other'
  if (failure.code === 'file-missing' || failure.code === 'file-no-path') return 'missing'
  switch (remedyOf(failure)) {
    case 'allow':
      return 'unsafe'
    case 'choose':
      return 'path'
    case 'sign-in':
    case 'proxy':
      return 'sign-in'
    case 'edit':
      return 'edit'
    case 'remove':
      return 'excluded'
    default:
      return failure.code.startsWith('file-') ? 'broken' : 'other'
  }
}
