import {
  isConnectivityFailure,
  failureKinds,
  isOfTarget,
  type Failure,
  type Remedy,
} from '../../electron/contract/failures.ts'
import type { AlreadyThere } from '../../electron/contract/library.ts'
import type { ConnectivityState, Phase, UploadRow } from '../../electron/contract/uploads.ts'

/** Where a row stands in the list. The order of `groups` is the order on screen. */
export type Group = 'needs-you' | 'running' | 'waiting' | 'done'
export const groups: readonly Group[] = ['needs-you', 'running', 'waiting', 'done']

const groupOfPhase: Record<Phase, Group> = {
  failed: 'needs-you',
  checking: 'running',
  sending: 'running',
  finishing: 'running',
  registering: 'running',
  waiting: 'waiting',
  retrying: 'waiting',
  paused: 'waiting',
  registered: 'done',
}

export function groupOf({ phase }: UploadRow): Group {
  return groupOfPhase[phase]
}

/** The word for where a row stands. */
export function phaseKey(row: UploadRow): `phase.${Phase | 'already' | 'choice'}` {
  // Nothing has failed where the person only has to choose.
  if (row.phase === 'failed' && remedyOfRow(row) === 'choose') return 'phase.choice'
  return row.phase === 'registered' && row.already ? 'phase.already' : `phase.${row.phase}`
}

/** Why nothing of a row was sent. */
export function alreadyKey({ status }: AlreadyThere): 'already.note' | 'already.disabled' {
  return status === 'disabled' ? 'already.disabled' : 'already.note'
}

/** What the space bar and the row's own button do, or null where there is nothing to hold or let go. */
export function toggleOf({ phase }: UploadRow): 'pause' | 'resume' | null {
  if (phase === 'paused') return 'resume'
  return phase === 'failed' || phase === 'registered' ? null : 'pause'
}

/** The one thing a person can do about a failed row, or about one that waits to try again. */
export function remedyOfRow({ failure, phase }: UploadRow): Remedy {
  if (!failure || (phase !== 'failed' && phase !== 'retrying')) return 'none'
  return failureKinds[failure.code].remedy
}

/** Name, type and path can be changed until bytes have gone out, and again when they are what is wrong. */
export function isEditable({ started, phase, failure }: UploadRow): boolean {
  const stands = phase === 'waiting' || phase === 'paused' || phase === 'failed' || phase === 'retrying'
  return stands && (!started || (failure !== null && isOfTarget(failure)))
}

/** True when cancelling throws sent bytes away: then we ask first. */
export function isCancelCostly(row: UploadRow): boolean {
  return row.phase !== 'registered' && (row.started || row.sentBytes > 0)
}

/** True while bytes of the file are on their way or being settled. */
export function isRunning(row: UploadRow): boolean {
  return groupOf(row) === 'running'
}

/** Why a row waits, unless it is the line that is gone: the bar above the list says that once for all of them. */
export function waitsFor({ phase, failure }: UploadRow, line: ConnectivityState): Failure | null {
  if (phase !== 'retrying' || failure === null) return null
  return line === 'offline' && isConnectivityFailure(failure) ? null : failure
}
