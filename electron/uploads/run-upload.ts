import type { Access } from '../accounts/accounts.ts'
import type { Replacer, ReplaceReport } from '../conflicts/replace.ts'
import { findChange, findSameFile, verifySentFile } from '../conflicts/same-file.ts'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import { targetFailure } from '../contract/uploads.ts'
import { outcomeOf, type Outcome } from '../journal/outcome.ts'
import { isStored, modelIdOf, type UploadRecord } from '../journal/upload-record.ts'
import { isAborted, type Attempt } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import { isUntouched, type FileIdentity } from '../platform/files/file-identity.ts'
import { findMissingVolume } from '../platform/files/find-missing-volume.ts'
import type { PauseRequest } from '../platform/pause-request.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { FileSlots } from '../transfer/request-slots.ts'
import { planUpload, type Plan } from '../transfer/upload-plan.ts'
import { inlineHashBytes, type UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import { findRegistered, register } from './register.ts'
import { sendInParts } from './send-multipart.ts'
import { mayBePerformed, type SendMemory, type SendReport, type StoredObject } from './send-session.ts'
import { sendWhole } from './send-whole.ts'

/**
 * What a run reports, in the order of its steps. A step that can't be written to the journal ends the run.
 */
export interface UploadReport extends SendReport, ReplaceReport {
  /** The file is the same under another inode. */
  identityChanged(identity: FileIdentity): Result<void>
  registering(stored: StoredObject): Promise<Result<void>>
  registered(modelId: string): Promise<Result<void>>
  /** The bytes that storage has acknowledged. */
  sentBytes(): number
  /** Counts this attempt and returns the number of attempts since storage last acknowledged bytes. */
  countAttempt(): number
}

export interface UploadServices {
  readonly workerPool: UploadWorkerPool
  readonly hasher: Hasher
  readonly requestSlots: FileSlots
  readonly replacer: Replacer
  readonly environment: Environment
  readonly accessTo: (accountId: string, teamId: string) => Result<Access>
  /** The limit of the account's server, in bytes. */
  readonly singlePutLimitBytes: (accountId: string) => number
}

interface Run {
  readonly record: UploadRecord
  readonly services: UploadServices
  readonly memory: SendMemory
  readonly report: UploadReport
  /** Stops everything at once. */
  readonly signal: AbortSignal
  /** Ends the run once what takes a few seconds is finished: parts, or registering what was sent. */
  readonly pause: PauseRequest
}

/**
 * Runs one upload: verify the file, send it, register it. Never rejects; an exception becomes the failure
 * `unexpected`.
 */
export async function runUpload(run: Run): Promise<Outcome> {
  const { record, services, pause } = run
  const stopSignal = AbortSignal.any([run.signal, pause.signal])
  try {
    const done = await runSteps(run, stopSignal)
    if (isAborted(done)) return { kind: 'aborted' }
    return done.ok ? { kind: 'done' } : await toOutcome(run, done.failure)
  } catch (error) {
    if (stopSignal.aborted) return { kind: 'aborted' }
    services.environment.log.error('an upload threw an exception', {
      id: record.id,
      error: String((error as Error)?.stack ?? error),
    })
    return { kind: 'failed', failure: failure('unexpected', {}, { detail: String(error) }) }
  }
}

/** @param stopSignal also aborts at a pause: for the steps before sending, of which nothing is lost */
async function runSteps(run: Run, stopSignal: AbortSignal): Promise<Attempt<void>> {
  const { record, services, memory, report, signal } = run
  const { timers } = services.environment
  const access = services.accessTo(record.accountId, record.team.id)
  if (!access.ok) return access
  const storedBefore = storedObjectOf(record) ?? memory.stored
  if (storedBefore) {
    const knownId = modelIdOf(record.state) ?? memory.modelId
    // After a restart it is not known whether an earlier request was performed.
    const mustSearch = knownId === null && memory.unregisteredKey !== storedBefore.storageKey
    const registered = mustSearch
      ? await findRegistered({ record, access: access.value, stored: storedBefore, timers, signal })
      : success(knownId)
    if (!registered.ok) return registered
    const { value: modelId } = registered
    if (modelId !== null) return finish(run, storedBefore, async () => success(modelId))
  }
  const identity = await verifyFile({ ...run, signal: stopSignal }, storedBefore)
  if (!identity.ok) return identity
  const current = { ...run, record: { ...record, identity: identity.value } }
  const stored = storedBefore ? success(storedBefore) : await send(current, access.value)
  if (!stored.ok) return stored
  if (!storedBefore) memory.unregisteredKey = stored.value.storageKey
  const registration = {
    record: current.record,
    access: access.value,
    stored: stored.value,
    timers,
    signal,
  }
  return finish(current, stored.value, () =>
    services.replacer.register(current.record, () => registerAndRemember(registration, memory), report),
  )
}

/** Remembers whether the request may have been performed: if not, the library is not searched before the next one. */
async function registerAndRemember(
  registration: Parameters<typeof register>[0],
  memory: SendMemory,
): Promise<Result<string>> {
  const { unregisteredKey } = memory
  memory.unregisteredKey = null
  const answer = await register(registration)
  if (answer.ok || mayBePerformed(answer.failure)) return answer
  // A conflict may be with the model of an earlier request. For an unsure object another failure may be reported.
  const isCertain = answer.failure.code !== 'conflict' && registration.stored.isUnsure !== true
  if (isCertain) memory.unregisteredKey = unregisteredKey
  return answer
}

/** The object that an earlier run stored: only registering is left. */
function storedObjectOf({ state }: UploadRecord): StoredObject | null {
  if (!isStored(state)) return null
  const { storageKey, sha256, multipart } = state
  return { storageKey, sha256, ...(multipart?.completing ? { isUnsure: true } : {}) }
}

/** The file's current identity if it is the file that was queued, and has the bytes that were stored. */
async function verifyFile(
  { record, services, memory, report, signal }: Run,
  stored: StoredObject | null,
): Promise<Attempt<FileIdentity>> {
  const file = await findSameFile(record, signal)
  if (!file.ok) return file
  // Devices get new numbers at each start of the computer; the samples were compared.
  const { inode, sample } = record.identity
  const isSame =
    file.value === record.identity || (sample !== undefined && inode !== 0n && file.value.inode === inode)
  const isSentAsInspected = memory.sentIdentity === null || isUntouched(memory.sentIdentity, record.identity)
  if (stored && !(isSame && isSentAsInspected)) {
    const expected = { sha256: stored.sha256, identity: file.value }
    const verified = await verifySentFile(record.path, expected, { hasher: services.hasher, signal })
    if (!verified.ok) return verified
    const unchanged = await findChange({ ...record, identity: file.value }, signal)
    if (!unchanged.ok) return unchanged
    memory.sentIdentity = record.identity
  }
  if (file.value === record.identity) return file
  const written = report.identityChanged(file.value)
  return written.ok ? file : written
}

/**
 * Writes that the object is stored before it is registered, and that it is registered before that is shown.
 * What can't be written is kept in memory, so that nothing is sent or registered twice.
 */
async function finish(
  { record, services, memory, report }: Run,
  stored: StoredObject,
  registerModel: () => Promise<Result<string>>,
): Promise<Result<void>> {
  memory.stored = stored
  const written = await report.registering(stored)
  if (!written.ok) return written
  const modelId = await registerModel()
  if (!modelId.ok) return modelId
  memory.modelId = modelId.value
  const settled = await services.replacer.settle(record, modelId.value, report)
  if (!settled.ok) return settled
  return report.registered(modelId.value)
}

async function send(run: Run, access: Access): Promise<Attempt<StoredObject>> {
  const { record, services, memory, report, signal, pause } = run
  const plan = planOf(record, access, services)
  if (plan.kind === 'refused') return failed(plan.failure)
  const { workerPool, hasher, requestSlots, environment } = services
  const session = {
    record,
    access,
    workerPool,
    hasher,
    requestSlots,
    environment,
    memory,
    report,
    signal,
    pause,
  }
  // An upload that was begun in parts is continued in parts, even if the limit has changed.
  const isInParts = plan.kind === 'parts' || record.state.kind === 'multipart-open'
  // The hash thread starts while the URL is requested.
  if (isInParts) hasher.warm()
  else if (record.identity.sizeBytes > inlineHashBytes) hasher.warmStreams()
  const sent = await (isInParts ? sendInParts(session) : sendWhole(session))
  if (sent.ok || isAborted(sent) || sent.failure.code !== 'file-changed') return sent
  // The threads that read the file compare only its numbers.
  const unchanged = await findChange(record, signal)
  return unchanged.ok ? sent : unchanged
}

function planOf(
  { target, identity, accountId }: UploadRecord,
  { kind: credential }: Access,
  { singlePutLimitBytes }: Pick<UploadServices, 'singlePutLimitBytes'>,
): Plan {
  const invalid = targetFailure(target)
  if (invalid) return { kind: 'refused', failure: invalid }
  const { sizeBytes } = identity
  return planUpload({ sizeBytes, singlePutLimitBytes: singlePutLimitBytes(accountId), credential })
}

/** Why an upload can't be sent whatever its bytes are, or null; reported before the file is read. */
export function notUploadableFailure(
  record: UploadRecord,
  services: Pick<UploadServices, 'accessTo' | 'singlePutLimitBytes'>,
): Failure | null {
  const access = services.accessTo(record.accountId, record.team.id)
  if (!access.ok) return access.failure
  if (isStored(record.state)) return null
  const plan = planOf(record, access.value, services)
  return plan.kind === 'refused' ? plan.failure : null
}

/** Decides what follows from a failure, and adds the parameters that its message needs. */
async function toOutcome(run: Run, met: Failure): Promise<Outcome> {
  const { record, services, memory, report } = run
  const { timers } = services.environment
  const signal = AbortSignal.any([run.signal, run.pause.signal])
  const mayBeMissingVolume = met.code === 'file-missing' || met.code === 'file-read-trouble'
  const missing = mayBeMissingVolume ? await findMissingVolume(record.path, { timers, signal }) : null
  if (missing && isAborted(missing)) return { kind: 'aborted', failure: met }
  if (missing)
    return {
      kind: 'missing-volume',
      failure: failure('disk-missing', { folder: missing.folder }),
      volume: missing.until,
    }
  const isEndedAgain = memory.hasRestarted && met.code === 'upload-ended'
  const { serverMessage, detail } = met
  const reason = isEndedAgain
    ? failure('not-found', {}, { serverMessage, detail })
    : withMessageParams(met, run)
  if (reason.code === 'upload-ended') memory.hasRestarted = true
  return outcomeOf(reason, report.countAttempt(), services.environment)
}

function withMessageParams(met: Failure, { record, report }: Run): Failure {
  const withParams = (params: Failure['params']): Failure => ({
    ...met,
    params: { ...met.params, ...params },
  })
  if (met.code === 'forbidden') return withParams({ team: record.team.name })
  if (met.code === 'too-large-for-server') return withParams({ sizeBytes: record.identity.sizeBytes })
  if (met.code === 'upload-ended') return withParams({ lostBytes: report.sentBytes() })
  return met
}
