import type { Accounts } from '../accounts/accounts.ts'
import { serverOf } from '../contract/account.ts'
import { waitsForUpload } from '../contract/upload-status.ts'
import { failure, success, type Failure, type Result } from '../contract/failures.ts'
import type { Log } from '../platform/environment.ts'
import type { EventHub } from '../platform/event-hub.ts'
import type { FileSlots, RequestSlots } from '../transfer/request-slots.ts'
import { wasTouched } from '../conflicts/same-file.ts'
import type { ConflictCheck } from '../conflicts/check-before-upload.ts'
import { isStarted, isStored, onConflictOf, type UploadRecord } from '../journal/upload-record.ts'
import { isAborted } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import { mayHaveSameBytes, sameFile } from '../platform/files/file-identity.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'
import { resetAfter, mustRestart } from '../journal/reset.ts'
import { outcomeOf, type Outcome } from '../journal/outcome.ts'
import { fileWithBoundary, inspectedIdentity, isUninspected } from '../intake/inspect-again.ts'
import type { RecoveryMonitor } from '../queue/recovery-monitor.ts'
import { Queue, type QueueHooks, type RunSignals } from '../queue/queue.ts'
import type { DuplicateReport } from '../uploads/upload-report.ts'
import type { Row, Rows } from '../journal/rows.ts'
import { forgetSent, createSendMemory, type SendMemory } from '../uploads/send-session.ts'
import { isRunning } from '../journal/upload-phase.ts'
import {
  runUpload,
  notUploadableFailure,
  type UploadReport,
  type UploadServices,
} from '../uploads/run-upload.ts'
import type { UploadAccounts } from '../uploads/upload-accounts.ts'

/**
 * Files up to this size are small: at 1 Gbit/s and 50 ms their bytes take no longer than the three round
 * trips around them, so that sending one at a time would leave the connection idle half of the time.
 */
const smallFileBytes = 16 * 1024 ** 2

export interface UploadRunner {
  readonly queue: Queue
  /** Drops what is kept in memory of an upload. */
  forget(id: string): void
}

interface RunnerOptions {
  readonly rows: Rows
  readonly accounts: Pick<Accounts, 'isSignedOut'>
  readonly uploadAccounts: Pick<UploadAccounts, 'accountFor'>
  /** What each run uses. */
  readonly services: Omit<UploadServices, 'requestSlots'>
  /** Shared by all runs. */
  readonly requestSlots: RequestSlots
  readonly atOnce: number
  readonly recovery: Pick<RecoveryMonitor, 'waitForConnection' | 'waitForVolume'>
  readonly conflictCheck: ConflictCheck
  readonly inspect: (file: FileToInspect) => Promise<Inspection>
  /** Writes the reports of each run. */
  readonly reportOf: (id: string) => UploadReport & DuplicateReport
  readonly events: Pick<EventHub, 'emit'>
}

/**
 * Connects the queue with upload runs, which do not import each other: a run's reports and its outcome are
 * written to the rows. The queue is held at first.
 */
export function createUploadRunner(options: RunnerOptions): UploadRunner {
  const { rows, uploadAccounts, services, conflictCheck, reportOf, events } = options
  const { environment } = services
  const memories = new Map<string, SendMemory>()

  function memoryOf(id: string): SendMemory {
    const memory = memories.get(id) ?? createSendMemory()
    memories.set(id, memory)
    return memory
  }

  async function run(id: string, { signal, pause }: RunSignals): Promise<Outcome> {
    const row = rows.get(id)
    if (!row) return { kind: 'aborted' }
    const hasSent = isStarted(row.record.state)
    const begun = rows.applyEvent(id, 'begin')
    // While the journal cannot be written, nothing is requested or sent.
    if (!begun.ok) return outcomeOf(begun.failure, rows.countAttempt(id), environment)
    // Another sign-in of the same user may be able to upload it.
    const account = uploadAccounts.accountFor(row.record)
    if (account && account.id !== row.record.accountId) logFailure(rows.change(id, { accountId: account.id }))
    const refused = notUploadableFailure((rows.get(id) ?? row).record, services)
    if (refused) return { kind: 'failed', failure: refused }
    // A pause stops the checks at once: nothing was sent.
    const stopSignal = AbortSignal.any([signal, pause.signal])
    const early = (await inspectAgain(options, id, stopSignal)) ?? (await conflictCheck.check(id, stopSignal))
    if (early.kind === 'failed') return outcomeOf(early.failure, rows.countAttempt(id), environment)
    const isSkipped = !rows.has(id)
    if (isSkipped) memories.delete(id)
    // If the team has the bytes already, or the upload is skipped, what was sent is of no use.
    if (hasSent && (early.kind === 'done' || isSkipped)) events.emit('abandoned')
    if (early.kind !== 'proceed') return early
    const { record } = rows.get(id) ?? row
    const fileSlots = slotsOf(id, options, () => queue.isPrioritised(id))
    const outcome = await runUpload({
      record,
      services: { ...services, requestSlots: fileSlots },
      memory: memoryOf(id),
      report: reportOf(id),
      signal,
      pause,
    })
    return retryRefusedPath(options, record, outcome)
  }

  function settled(id: string, outcome: Outcome): void {
    try {
      recordOutcome(id, outcome)
    } finally {
      logFailure(wakeWaiters(options, queue, id))
    }
  }

  function recordOutcome(id: string, outcome: Outcome): void {
    const row = rows.get(id)
    if (!row) return
    const restartReason = restartReasonOf(outcome)
    if (restartReason) forgetSent(memoryOf(id))
    switch (outcome.kind) {
      case 'done':
        memories.delete(id)
        if (!row.record.library?.already) events.emit('registered', id)
        return
      case 'retry': {
        const change = { failure: outcome.failure, ...resetAfter(row.record, outcome.failure) }
        logFailure(rows.applyEvent(id, 'trouble', change, outcome.atMs))
        if (restartReason) events.emit('abandoned')
        return options.recovery.waitForConnection(id, outcome.failure)
      }
      case 'missing-volume':
        logFailure(rows.applyEvent(id, 'trouble', { failure: outcome.failure }))
        return options.recovery.waitForVolume(id, outcome.volume)
      case 'hold':
        return logFailure(rows.applyEvent(id, 'trouble', { failure: outcome.failure }, outcome.untilMs))
      case 'failed':
        return fail(row.record, outcome.failure)
      case 'aborted':
        logFailure(endStopped(options, row, restartReason))
    }
  }

  function fail(record: UploadRecord, reason: Failure): void {
    logFailure(rows.applyEvent(record.id, 'refuse', { failure: reason, ...resetAfter(record, reason) }))
    events.emit('abandoned')
    // The next attempt is requested by the user and may restart once.
    const memory = memories.get(record.id)
    if (memory) memory.hasRestarted = false
    announceCause(events, record, reason)
  }

  function logFailure(written: Result<void>): void {
    if (!written.ok) environment.log.error('an outcome could not be recorded', { code: written.failure.code })
  }

  const queue = new Queue({
    atOnce: options.atOnce,
    held: true,
    environment,
    hooks: {
      settled,
      postponed: (id, untilMs) => postponeRetry(rows, id, untilMs),
      idle: () => events.emit('queueIdle'),
      ...orderOf(rows),
      pausing: (id, isPausing) => rows.setPausing(id, isPausing),
      run: (id, signals) =>
        run(id, signals)
          .then((outcome) => retryWithLaterSignIn(options, id, outcome))
          .catch((error: unknown) => unexpectedOutcome(environment.log, id, error)),
    },
  })
  return { queue, forget: (id) => void memories.delete(id) }
}

/** Uploads that waited for this one check again: it is registered now, or it stopped and they run instead. */
function wakeWaiters({ rows, conflictCheck }: RunnerOptions, queue: Queue, id: string): Result<void> {
  const waiting = conflictCheck.takeWaiters(id).filter((one) => rows.get(one)?.live.phase === 'retrying')
  // Not in one transaction: for most of them the journal need not be written.
  const written = waiting.map((one) => rows.applyEvent(one, 'requeue'))
  queue.retryNow(waiting)
  return written.find(({ ok }) => !ok) ?? success(undefined)
}

/**
 * The time of a retry has come, but the upload can't run yet. If no server asks to wait (null), it only waits for its
 * turn, unless it waits for another upload. A failure after which it restarts is kept, see `endStopped`.
 */
function postponeRetry(rows: Rows, id: string, untilMs: number | null): void {
  const row = rows.get(id)
  if (row?.live.phase !== 'retrying') return
  const { failure: met } = row.record
  if (untilMs !== null || (met && waitsForUpload(met))) return rows.setRetryTime(id, untilMs)
  rows.applyUnwrittenEvent(id, 'requeue', met && mustRestart(met) ? {} : { failure: null })
}

/**
 * Inspects a file again that may have other bytes than those that were inspected. Returns how the run ends because of
 * that, or null.
 */
async function inspectAgain(
  options: RunnerOptions,
  id: string,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { rows, inspect } = options
  const record = rows.get(id)?.record
  if (!record || !(await mustInspect(record, signal))) return null
  const inspection = await raceAbort(fileWithBoundary(record).then(inspect), signal)
  if (isAborted(inspection)) return { kind: 'aborted' }
  const { recognition, failure: refusal } = inspection
  if (isUninspected(inspection)) {
    // The run reports that the file is missing or doesn't respond.
    const isThere = (await wasTouched(record, signal)).ok
    return refusal === null || !isThere ? null : { kind: 'failed', failure: refusal }
  }
  const isSame = (isOlder(record) ? sameFile : mayHaveSameBytes)(inspection.identity, record.identity)
  if (!isSame) return { kind: 'failed', failure: failure('file-changed') }
  const change = { identity: inspectedIdentity(record, inspection), recognition, allowed: false }
  const written = rows.change(id, change)
  if (!written.ok) return outcomeOf(written.failure, rows.countAttempt(id), options.services.environment)
  return refusal === null ? null : { kind: 'failed', failure: refusal }
}

/** An older version has queued it: that version took no sample of the file, and followed links to any place. */
const isOlder = ({ identity, state }: UploadRecord) => identity.sample === undefined && !isStarted(state)

/** A file with another ctime may have been overwritten and its modification time set back. */
async function mustInspect(record: UploadRecord, signal: AbortSignal): Promise<boolean> {
  if (isOlder(record)) return true
  // Older versions stored no ctime.
  if (record.identity.ctimeNs === undefined) return false
  const touched = await wasTouched(record, signal)
  return touched.ok && touched.value
}

function unexpectedOutcome(log: Log, id: string, error: unknown): Outcome {
  log.error('an upload run threw an exception', { id, error: String(error) })
  return { kind: 'failed', failure: failure('unexpected', {}, { detail: String(error) }) }
}

/**
 * Retries an upload whose session was refused if the user has signed in meanwhile, since parts that were being sent
 * may have delayed the end of the run by minutes, or if another sign-in can send it.
 */
async function retryWithLaterSignIn(
  { rows, accounts, uploadAccounts, services }: RunnerOptions,
  id: string,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.kind !== 'failed' || outcome.failure.code !== 'signed-out') return outcome
  const record = rows.get(id)?.record
  if (!record) return outcome
  const account = uploadAccounts.accountFor(record)
  const hasOther = account !== null && account.id !== record.accountId
  if (!hasOther && (await accounts.isSignedOut(record.accountId))) return outcome
  return { kind: 'retry', failure: outcome.failure, atMs: services.environment.now() }
}

/** Tells the rest of the app why an upload failed, if the reason concerns more than this upload. */
function announceCause(
  events: RunnerOptions['events'],
  { accountId }: UploadRecord,
  { code }: Failure,
): void {
  if (code === 'signed-out') events.emit('signedOut', accountId)
  if (code === 'forbidden') events.emit('forbidden')
  if (code === 'proxy-sign-in') events.emit('proxyRequired')
}

/**
 * Retries an upload that was stored by this run and then refused, perhaps because its path is taken, if what to do
 * then is decided: the listing before may have been older, or not have come in time, and a stored upload is compared
 * with a new one. `begun` is the record with which the run began.
 */
function retryRefusedPath({ rows, services }: RunnerOptions, begun: UploadRecord, outcome: Outcome): Outcome {
  if (outcome.kind !== 'failed' || outcome.failure.code !== 'conflict') return outcome
  const record = rows.get(begun.id)?.record
  if (!record || isStored(begun.state) || !isStored(record.state)) return outcome
  if (onConflictOf(record) === 'ask') return outcome
  return { kind: 'retry', failure: outcome.failure, atMs: services.environment.now() }
}

/** The failure that made what storage holds useless, or null. */
function restartReasonOf(outcome: Outcome): Failure | null {
  const met = 'failure' in outcome ? outcome.failure : undefined
  return met && mustRestart(met) ? met : null
}

/**
 * A run that was stopped waits again, unless the user has paused it. A failure after which it restarts is
 * kept: it explains why fewer bytes are shown.
 */
function endStopped(
  { rows, events }: RunnerOptions,
  { record, live }: Row,
  restartReason: Failure | null,
): Result<void> {
  if (!isRunning(live.phase)) return success(undefined)
  const change = restartReason ? { failure: restartReason, ...resetAfter(record, restartReason) } : {}
  const written =
    record.phase === 'paused'
      ? rows.applyEvent(record.id, 'pause', { failure: null, ...change })
      : rows.applyEvent(record.id, 'requeue', change)
  if (restartReason) events.emit('abandoned')
  return written
}

function slotsOf(id: string, { rows, requestSlots }: RunnerOptions, isFirst: () => boolean): FileSlots {
  return requestSlots.forFile({
    file: id,
    isFirst,
    isSmall: orderOf(rows).isSmall(id),
    onTurnChange: (waitsForTurn) => rows.setTurn(id, waitsForTurn),
  })
}

function orderOf(rows: Rows): Pick<QueueHooks, 'positionOf' | 'isSmall' | 'serverOf'> {
  return {
    positionOf: (id) => rows.get(id)?.record.position ?? 0,
    isSmall: (id) => (rows.get(id)?.record.identity.sizeBytes ?? 0) <= smallFileBytes,
    serverOf: (id) => serverOf(rows.get(id)?.record.accountId ?? ''),
  }
}
