import type { Hold } from './conditions.ts'
import { isConnectivityFailure, remedyOf, retryClassOf, type Failure, type FailureCode } from './failures.ts'
import {
  allPausing,
  needsAttention,
  type ConnectivityState,
  type Patch,
  type Phase,
  type Totals,
  type UploadRow,
} from './uploads.ts'
import { isAbsent } from './verification.ts'

/** What an upload that doesn't run waits for without the user, or until the user has signed in. */
type WaitReason =
  | 'turn'
  | 'connection'
  | 'sign-in'
  | 'disk'
  | 'server'
  /** Another upload has the same bytes or path. */
  | 'upload'
  /** The file is still being written. */
  | 'file'
  | 'schedule'
  | 'charger'
  | 'network'

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
  | 'deleted'

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
  'file-being-written': 'file',
  'file-not-inspected': 'turn',
  'hash-interrupted': 'file',
  // A later sign-in is used at once.
  'signed-out': 'sign-in',
}

/** The user has paused everything, or has set what uploads wait for. */
export type HoldReason = 'paused' | 'schedule' | 'charger' | 'network'

const waitReasonOfHold: Readonly<Record<Hold['kind'], Exclude<HoldReason, 'paused'>>> = {
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

export const queueConditionsOf = ({
  allPaused,
  line,
  hold,
}: Pick<Patch, 'allPaused' | 'line' | 'hold'>): QueueConditions => ({ allPaused, connectivity: line, hold })

/** Why no upload of the queue runs, although servers can be reached, or null. */
export function holdReasonOf({ allPaused, hold }: QueueConditions): HoldReason | null {
  if (allPaused) return 'paused'
  return hold && waitReasonOfHold[hold]
}

/** The state of an upload, as the window, the command line and the status command show it. */
export function uploadStatusOf(
  row: Pick<UploadRow, 'phase' | 'failure' | 'waitsForTurn' | 'already' | 'verification'>,
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

/** What the whole queue does or waits for, and the number of uploads that this concerns. */
export interface QueueStatus {
  readonly word:
    | 'pausing'
    | 'offline'
    | 'offline-paused'
    | 'paused'
    | Hold['kind']
    | 'uploading'
    | 'waiting'
    | 'needs-you'
    | 'done'
    | 'idle'
  /** For `pausing`, the parts that are still finished. */
  readonly count: number
}

/** The state that heading, status bar and tray show: what holds the queue comes first. */
export function queueStatus(totals: Totals, queue: QueueConditions): QueueStatus {
  const { running, waiting, paused, needsYou, registeredToday } = totals
  const pausing = allPausing(totals)
  if (pausing) return { word: 'pausing', count: pausing.finishingParts }
  const isPaused = queue.allPaused || running + waiting === 0
  const pausedCount = isPaused ? paused + waiting : 0
  if (queue.connectivity === 'offline') {
    if (pausedCount > 0) return { word: 'offline-paused', count: pausedCount }
    if (running + waiting > 0) return { word: 'offline', count: running + waiting }
  }
  if (pausedCount > 0) return { word: 'paused', count: pausedCount }
  if (queue.hold && waiting > 0) return { word: queue.hold, count: waiting }
  if (running > 0) return { word: 'uploading', count: running }
  if (waiting > 0) return { word: 'waiting', count: waiting }
  if (needsYou > 0) return { word: 'needs-you', count: needsYou }
  return { word: registeredToday > 0 ? 'done' : 'idle', count: registeredToday }
}

function registeredStatus(
  row: Pick<UploadRow, 'phase' | 'failure' | 'already' | 'verification'>,
): UploadStatus {
  if (needsAttention(row)) return row.failure?.code === 'record-missing' ? 'missing' : 'differs'
  if (isAbsent(row.verification)) return 'deleted'
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

/** Whether an upload with this failure waits for another one. */
export const waitsForUpload = (failure: Failure): boolean => waitReasonOf(failure) === 'upload'
