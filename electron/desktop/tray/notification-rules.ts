import { isBrokenFile, remedyOf, type Failure, type FailureCode } from '../../contract/failures.ts'
import { needsAttention, type Patch, type Phase, type UploadRow } from '../../contract/uploads.ts'

/** What the user has to do about a failed upload. */
export const neededActions = [
  'broken',
  'missing',
  'unreadable',
  'unsafe',
  'outside',
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

export interface NotificationRules {
  /** The notification after this patch, or null. */
  applyPatch(patch: Patch): BatchNotification | null
  /** Drops the uploads of accounts that are not shown any more: no notification may name them. */
  forgetAccounts(isForgotten: (accountId: string) => boolean): void
}

/**
 * Derives notifications from the patches: one when a batch ends, and one when more files fail while nothing
 * runs, for example because they are broken. Says nothing about what an earlier process has left: rows that were
 * added before `startedAtMs`, as they are when they are first shown.
 */
export function createNotificationRules(startedAtMs: number): NotificationRules {
  const failed = new Map<string, UploadRow>()
  /** Failures that the user knows from an earlier notification or process. */
  const knownFailures = new Set<string>()
  const phases = new Map<string, Phase>()
  let registered: UploadRow[] = []
  let hasNewFailure = false
  let wasBusy = false

  /** A registered row changes again once it is verified, and rows of earlier batches may be verified later. Copies don’t count. */
  function isNewlyRegistered({ id, phase, verification, already }: UploadRow): boolean {
    const before = phases.get(id)
    phases.set(id, phase)
    if (phase !== 'registered' || before === 'registered' || already) return false
    return before !== undefined || !verification || verification.kind === 'pending'
  }

  function noteFailure(row: UploadRow, isRestored: boolean): void {
    // The review has shown it.
    const isKnown = isRestored || phases.get(row.id) === 'review'
    if (!needsAttention(row)) {
      failed.delete(row.id)
      knownFailures.delete(row.id)
    } else if (isKnown) knownFailures.add(row.id)
    else if (!knownFailures.has(row.id)) {
      hasNewFailure ||= !failed.has(row.id)
      failed.set(row.id, row)
    }
  }

  function applyPatch({ changed, removed, totals }: Patch): BatchNotification | null {
    const isBusy = totals.running > 0 || totals.waiting > 0
    if (isBusy && !wasBusy) {
      for (const id of failed.keys()) knownFailures.add(id)
      failed.clear()
    }
    for (const id of removed) {
      failed.delete(id)
      knownFailures.delete(id)
      phases.delete(id)
    }
    for (const row of changed) {
      const isRestored = !phases.has(row.id) && row.addedAtMs < startedAtMs
      noteFailure(row, isRestored)
      if (isNewlyRegistered(row) && !isRestored) registered.push(row)
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

  return {
    applyPatch,
    forgetAccounts(isForgotten) {
      registered = registered.filter(({ accountId }) => !isForgotten(accountId))
      for (const { id, accountId } of failed.values()) if (isForgotten(accountId)) failed.delete(id)
    },
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

/** Failures of files that may be sound. */
const unreadableCodes: ReadonlySet<FailureCode> = new Set([
  'file-unreadable',
  'file-read-trouble',
  'file-downloading',
  'file-placeholder',
])

function actionFor(failure: Failure | null): NeededAction {
  if (failure === null) return 'other'
  if (failure.code === 'file-missing' || failure.code === 'file-no-path') return 'missing'
  switch (remedyOf(failure)) {
    case 'allow':
      return failure.code === 'file-outside' ? 'outside' : 'unsafe'
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
      if (isBrokenFile(failure)) return 'broken'
      return unreadableCodes.has(failure.code) ? 'unreadable' : 'other'
  }
}
