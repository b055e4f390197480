import {
  failureKinds,
  isTargetFailure,
  remedyOf,
  type FailureState,
  type Remedy,
} from '../../electron/contract/failures.ts'
import {
  failureStateOf,
  isFileRechecked,
  isWaitingForSameBytes,
  needsAttention,
  type Phase,
  type UploadRow,
} from '../../electron/contract/uploads.ts'
import {
  uploadStatusOf,
  waitsForUpload,
  type QueueConditions,
} from '../../electron/contract/upload-status.ts'
import { isAbsent } from '../../electron/contract/verification.ts'
import type { MessageKey, Translate } from '../../electron/messages/messages.ts'

// Components take no values from the contract.
export { libraryPathOf } from '../../electron/contract/uploads.ts'

/** The group of a row. The order of `groups` is the display order. */
export type Group = 'needs-you' | 'running' | 'waiting' | 'paused' | 'done'
export const groups: readonly Group[] = ['needs-you', 'running', 'waiting', 'paused', 'done']

const groupOfPhase: Record<Phase, Group> = {
  failed: 'needs-you',
  checking: 'running',
  sending: 'running',
  finishing: 'running',
  registering: 'running',
  // Rows in review are shown in the review and not in the list.
  review: 'waiting',
  waiting: 'waiting',
  retrying: 'waiting',
  paused: 'paused',
  registered: 'done',
}

export function groupOf(row: UploadRow): Group {
  if (needsAttention(row)) return 'needs-you'
  // Its file is rechecked soon.
  if (row.waitsForTurn || row.phase === 'failed') return 'waiting'
  return row.pausing?.isSingle ? 'paused' : groupOfPhase[row.phase]
}

/** Equal for rows that have the same error and the same remedy; empty for rows that need no attention. */
export function errorKeyOf(row: UploadRow): string {
  const { accountId, failure } = row
  if (!failure || !needsAttention(row)) return ''
  const account = remedyOf(failure) === 'sign-in' ? accountId : ''
  return JSON.stringify([failure.code, failure.params, failure.serverMessage, account])
}

/** Why nothing was sent, and which model has the bytes. */
export function alreadyText({ already, verification }: UploadRow, t: Translate): string | null {
  if (!already || isAbsent(verification)) return null
  const { name, status } = already
  return t('already.note', { name, isDisabled: status === 'disabled' ? 'yes' : 'no' })
}

/** Whether the library is known to no longer have the upload's model. */
export const isModelGone = ({ verification }: UploadRow): boolean => isAbsent(verification)

/** Whether the library has the upload's model, as far as known. */
export const isInLibrary = (row: UploadRow): boolean => row.modelId !== null && !isModelGone(row)

/** The row's status in words. */
export function statusText(row: UploadRow, queue: QueueConditions, t: Translate): string {
  if (row.pausing) return t('phase.pausing', { parts: row.pausing.finishingParts })
  return isWaitingForSameBytes(row) ? t('phase.copy') : t(`phase.${uploadStatusOf(row, queue)}`)
}

/**
 * What a row of the list shows of it: nothing that the group in which it is shown, an error above it or the heading
 * says of all their rows.
 */
export function ownStatusText(row: UploadRow, group: Group, queue: QueueConditions, t: Translate): string {
  const isQuiet =
    group === 'needs-you' || group === 'paused' || (group === 'waiting' && (!row.failure || queue.allPaused))
  // While all are paused, that group has the waiting ones too.
  const isOfGroup = groupOf(row) === group || (group === 'paused' && queue.allPaused)
  const isOfAll = isQuiet && isOfGroup && !row.pausing
  const isOffline = queue.connectivity === 'offline' && uploadStatusOf(row, queue) === 'connection'
  return isOfAll || isOffline ? '' : statusText(row, queue, t)
}

/** Whether a time left is shown, or that it is being estimated: not while the upload stalls. */
export const hasTimeLeft = ({ phase, waitsForTurn, pausing, bytesPerSecond }: UploadRow): boolean =>
  phase === 'sending' && !waitsForTurn && !pausing && bytesPerSecond !== 0

/** Whether an upload waits for a time, and not for another upload. */
export const waitsForTime = ({ phase, failure }: UploadRow): boolean =>
  phase === 'retrying' && !(failure && waitsForUpload(failure))

/** Whether the user can end the wait for a retry. A server that limits the rate asks all to wait. */
export const canTryNow = (row: UploadRow): boolean =>
  waitsForTime(row) && row.failure?.code !== 'rate-limited'

/** The remedy for a row that needs attention, waits for a retry or is in review. */
export function remedyOfRow(row: UploadRow): Remedy {
  const isStopped = needsAttention(row) || row.phase === 'retrying' || row.phase === 'review'
  if (!row.failure || !isStopped) return 'none'
  return failureKinds[row.failure.code].remedy
}

/** The labels of the remedies' buttons. */
export const remedyKeys: Readonly<Record<Remedy, MessageKey>> = {
  retry: 'remedy.retry',
  check: 'remedy.check',
  allow: 'remedy.allow',
  'sign-in': 'remedy.sign-in',
  proxy: 'proxy.send',
  edit: 'remedy.edit',
  remove: 'remedy.remove',
  settings: 'remedy.settings',
  wait: 'row.try-now',
  choose: 'remedy.choose',
  none: 'remedy.retry',
}

/** Whether the row's failure is retried without the user; nothing is while all uploads are paused. */
export function failureStateOfRow(row: UploadRow, queue: { readonly allPaused: boolean }): FailureState {
  const isIndependent = row.failure !== null && isFileRechecked(row.failure)
  return queue.allPaused && !isIndependent && row.phase !== 'review' ? 'final' : failureStateOf(row)
}

/** Name, type and path can be changed until bytes are sent, and later if they caused the failure. */
export function isEditable({ started, phase, failure }: UploadRow): boolean {
  const isInactive =
    phase === 'review' ||
    phase === 'waiting' ||
    phase === 'paused' ||
    phase === 'failed' ||
    phase === 'retrying'
  return isInactive && (!started || (failure !== null && isTargetFailure(failure)))
}

/** True if cancelling discards sent bytes, which has to be confirmed. */
export function isCancelCostly(row: UploadRow): boolean {
  return row.phase !== 'registered' && (row.started || row.sentBytes > 0)
}

/** What is sent again in seconds is no reason to ask. */
const smallLossBytes = 10_000_000

/** True if undoing the drop of these uploads discards so much that it has to be confirmed. */
export function isUndoCostly(rows: readonly UploadRow[]): boolean {
  const lostBytes = rows
    .filter(isCancelCostly)
    .reduce((sum, { sentBytes, inFlightBytes }) => sum + sentBytes + inFlightBytes, 0)
  return lostBytes > smallLossBytes
}

/** True while the upload is being checked, sent or completed. */
export function isRunning(row: UploadRow): boolean {
  return groupOfPhase[row.phase] === 'running' && !row.waitsForTurn
}

/** The colour of the row's progress bar. */
export function progressTone(row: UploadRow): 'live' | 'still' | 'bad' {
  if (groupOf(row) === 'needs-you' && row.phase !== 'registered') return 'bad'
  return isRunning(row) || row.phase === 'registered' ? 'live' : 'still'
}
