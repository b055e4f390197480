import type { Hold } from './conditions.ts'
import { isConnectivityFailure, remedyOf, retryClassOf, type Failure, type FailureCode } from './failures.ts'
import { needsAttention, type ConnectivityState, type Phase, type UploadRow } from './uploads.ts'

/** What an upload that doesn't run waits for without the user, or until the user has signed in. */
const waitReasons = [
  'turn',
  'connection',
  'sign-in',
  'disk',
  'server',
  /** Another upload has the same bytes or path. */
  'upload',
  /** The file is still being written. */
  'file',
  'schedule',
  'charger',
  'network',
] as const
type WaitReason = (typeof waitReasons)[number]

/**
 * The state of an upload as it is shown. `choice` needs the user, who can act in the app; `failed` needs the
 * user outside of it.
 */
export type UploadStatus =
  | Exclude<Phase, 'waiting' | 'retrying'>
  | WaitReason
  | 'choice'
  | 'already'
  | 'differs'
  | 'missing'

/** What holds the whole queue. */
export interface QueueConditions {
  readonly allPaused: boolean
  readonly connectivity: ConnectivityState
  readonly hold: Hold['kind'] | null
}

/** A queue that nothing holds, such as that of the command line. */
export const unheldQueue: QueueConditions = { allPaused: false, connectivity: 'ok', hold: null }

const waitReasonOfCode: Readonly<Partial<Record<FailureCode, WaitReason>>> = {
  'not-the-api': 'connection',
  'disk-missing': 'disk',
  'file-read-trouble': 'disk',
  'journal-full': 'disk',
  'journal-trouble': 'disk',
  'same-as-other': 'upload',
  'path-goes-first': 'upload',
  'other-process': 'upload',
  'file-being-written': 'file',
  'file-not-inspected': 'turn',
  'hash-interrupted': 'file',
  // A later sign-in is used at once.
  'signed-out': 'sign-in',
}

const waitReasonOfHold: Readonly<Record<Hold['kind'], WaitReason>> = {
  battery: 'charger',
  metered: 'network',
  'quiet-hours': 'schedule',
}

/** Failures that only need a retry, or a change of the settings. */
const solvedInApp: ReadonlySet<FailureCode> = new Set([
  'file-changed',
  'file-look-late',
  'file-format-not-allowed',
  'file-pickle-not-allowed',
  'old-model-stays',
  'not-found',
  'unexpected',
])

/** The state of an upload, as the window, the command line and the status command show it. */
export function uploadStatusOf(
  row: Pick<UploadRow, 'phase' | 'failure' | 'waitsForTurn' | 'already'>,
  queue: QueueConditions,
): UploadStatus {
  const { phase, failure } = row
  if (phase === 'registered') return registeredStatus(row)
  if (phase === 'failed' && needsAttention(row)) return failure ? failedStatus(failure) : 'failed'
  if (row.waitsForTurn) return 'turn'
  if (phase !== 'waiting' && phase !== 'retrying' && phase !== 'failed') return phase
  if (queue.allPaused) return 'paused'
  if (phase !== 'waiting' && failure) return waitReasonOf(failure)
  if (queue.hold) return waitReasonOfHold[queue.hold]
  return queue.connectivity === 'offline' ? 'connection' : 'turn'
}

/** What most of the uploads wait for other than their turn; null if there is nothing. */
export function mainWaitReason(rows: Iterable<UploadRow>, queue: QueueConditions): WaitReason | null {
  const counts = new Map<WaitReason, number>()
  for (const row of rows) {
    const status = uploadStatusOf(row, queue)
    const reason = waitReasons.find((one) => one === status)
    if (reason && reason !== 'turn') counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0] ?? null
}

function registeredStatus(row: Pick<UploadRow, 'phase' | 'failure' | 'already'>): UploadStatus {
  if (needsAttention(row)) return row.failure?.code === 'record-missing' ? 'missing' : 'differs'
  return row.already ? 'already' : 'registered'
}

function failedStatus(failure: Failure): UploadStatus {
  switch (remedyOf(failure)) {
    case 'sign-in':
    case 'proxy':
      return 'sign-in'
    case 'allow':
    case 'edit':
    case 'choose':
    case 'settings':
      return 'choice'
    default:
      // What was retried for some time can be retried again.
      return solvedInApp.has(failure.code) || retryClassOf(failure) !== 'never' ? 'choice' : 'failed'
  }
}

function waitReasonOf(failure: Failure): WaitReason {
  return isConnectivityFailure(failure) ? 'connection' : (waitReasonOfCode[failure.code] ?? 'server')
}

/** Whether an upload with this failure waits for another one, of this process or another. */
export const waitsForUpload = (failure: Failure): boolean => waitReasonOf(failure) === 'upload'
