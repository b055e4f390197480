import type { Access } from '../accounts/accounts.ts'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import { targetFailure } from '../contract/uploads.ts'
import { isAborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { UploadWorkerPool } from '../transfer/upload-worker-pool.ts'
import type { FileSlots } from '../transfer/request-slots.ts'
import { raceAbort } from '../platform/delays.ts'
import { planUpload, type Plan } from '../transfer/upload-plan.ts'
import { findMissingVolume } from '../platform/missing-volume.ts'
import type { Outcome } from '../journal/outcome.ts'
import { isStored, modelIdOf, type UploadRecord } from '../journal/upload-record.ts'
import { findRegistered, register } from './register.ts'
import type { Replacer, ReplaceReport } from '../conflicts/replace.ts'
import { retryDelay } from '../platform/retry-delay.ts'
import { findSameFile, sentFileFailure } from '../conflicts/same-file.ts'
import { sendInParts } from './send-in-parts.ts'
import { sendWhole } from './send-whole.ts'
import type { SendMemory, SendReport, StoredObject } from './send-session.ts'

/** What one upload tells of itself, in the order of its steps. A step that can't be written down ends the run. */
export interface UploadReport extends SendReport, ReplaceReport {
  /** The file is the same under another inode. */
  foundAgain(identity: FileIdentity): Result<void>
  registering(stored: StoredObject): Promise<Result<void>>
  registered(modelId: string): Promise<Result<void>>
  /** Bytes of it that storage has acknowledged. */
  sentBytes(): number
  /** Attempts since storage last acknowledged bytes, this one included. */
  countAttempt(): number
}

export interface UploadServices {
  readonly workerPool: UploadWorkerPool
  readonly hasher: Hasher
  readonly requestSlots: FileSlots
  readonly replacer: Replacer
  readonly environment: Environment
  readonly accessTo: (accountId: string, teamId: string) => Result<Access>
  /** Of the server that an account is on, in bytes. */
  readonly singlePutLimitBytes: (accountId: string) => number
}

interface Run {
  readonly record: UploadRecord
  readonly services: UploadServices
  readonly memory: SendMemory
  readonly report: UploadReport
  readonly signal: AbortSignal
}

/** Takes one file through its steps: check, presign, stream, register. Knows no other file, and throws for bugs only. */
export async function runUpload(run: Run): Promise<Outcome> {
  const { record, services, signal } = run
  try {
    const done = await takeSteps(run)
    if (isAborted(done)) return { kind: 'aborted' }
    return done.ok ? { kind: 'done' } : await toOutcome(run, done.failure)
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' }
    services.environment.log.error('an upload threw', {
      id: record.id,
      error: String((error as Error)?.stack ?? error),
    })
    return { kind: 'failed', failure: failure('unexpected', {}, { detail: String(error) }) }
  }
}

async function takeSteps(run: Run): Promise<Attempt<void>> {
  const { record, services, memory, report, signal } = run
  const access = services.accessTo(record.accountId, record.team.id)
  if (!access.ok) return access
  const before = storedBefore(record) ?? memory.stored
  const { timers } = services.environment
  if (before) {
    // Of what it is known to have become the server is not asked again.
    const become = modelIdOf(record.state) ?? memory.modelId
    const known =
      become === null
        ? await findRegistered({ record, access: access.value, stored: before, timers, signal })
        : success(become)
    if (!known.ok) return known
    if (known.value !== null) return finish(run, before, () => Promise.resolve(known))
  }
  const file = await raceAbort(findSameFile(record), signal)
  if (!file.ok) return file
  if (file.value !== record.identity) {
    const same = before
      ? await sentFileFailure(
          record.path,
          { ...before, identity: file.value },
          { hasher: services.hasher, signal },
        )
      : undefined
    if (same?.ok === false) return same
    const written = report.foundAgain(file.value)
    if (!written.ok) return written
  }
  const found = { ...run, record: { ...record, identity: file.value } }
  const stored = before ? success(before) : await send(found, access.value)
  if (!stored.ok) return stored
  const step = { record: found.record, access: access.value, stored: stored.value, timers, signal }
  const { replacer } = services
  return finish(found, stored.value, () => replacer.register(found.record, () => register(step), report))
}

/** What storage has had since an earlier run: only registering is left. */
function storedBefore({ state }: UploadRecord): StoredObject | null {
  if (!isStored(state)) return null
  const { storageKey, sha256, multipart } = state
  return { storageKey, sha256, ...(multipart?.completing ? { isUnsure: true } : {}) }
}

/**
 * Writes down that the object is stored before it is registered, and that it is registered before anybody is told. What the
 * journal can't take is kept in memory, so that nothing is sent or registered twice for it.
 */
async function finish(
  { record, services, memory, report }: Run,
  stored: StoredObject,
  registered: () => Promise<Result<string | null>>,
): Promise<Result<void>> {
  memory.stored = stored
  const written = await report.registering(stored)
  if (!written.ok) return written
  const modelId = await registered()
  if (!modelId.ok) return modelId
  memory.modelId = modelId.value
  const settled = await services.replacer.settle(record, modelId.value ?? '', report)
  if (!settled.ok) return settled
  return report.registered(modelId.value ?? '')
}

async function send(run: Run, access: Access): Promise<Attempt<StoredObject>> {
  const { record, services, memory, report, signal } = run
  const plan = planOf(record, access, services)
  if (plan.kind === 'refused') return failed(plan.failure)
  const { workerPool, hasher, requestSlots, environment } = services
  const sending = { record, access, workerPool, hasher, requestSlots, environment, memory, report, signal }
  // What was begun in parts goes on in parts, whatever the limit says by now.
  return plan.kind === 'parts' || record.state.kind === 'multipart-open'
    ? sendInParts(sending)
    : sendWhole(sending)
}

function planOf(
  { target, identity, accountId }: UploadRecord,
  { kind: credential }: Access,
  { singlePutLimitBytes }: Pick<UploadServices, 'singlePutLimitBytes'>,
): Plan {
  const wrong = targetFailure(target)
  if (wrong) return { kind: 'refused', failure: wrong }
  const { sizeBytes } = identity
  return planUpload({ sizeBytes, singlePutLimitBytes: singlePutLimitBytes(accountId), credential })
}

/** Why an upload can't be sent whatever its bytes are, or null: told before the file is read. */
export function notUploadableFailure(
  record: UploadRecord,
  services: Pick<UploadServices, 'accessTo' | 'singlePutLimitBytes'>,
): Failure | null {
  const access = services.accessTo(record.accountId, record.team.id)
  if (!access.ok) return access.failure
  // Once storage has it, only registering is left.
  if (isStored(record.state)) return null
  const plan = planOf(record, access.value, services)
  return plan.kind === 'refused' ? plan.failure : null
}

/** Decides what a failure means for the run, and fills in what only the upload knows of it. */
async function toOutcome(run: Run, met: Failure): Promise<Outcome> {
  const { record, services, memory, report } = run
  const isOfDisk = met.code === 'file-missing' || met.code === 'file-read-trouble'
  const volume = isOfDisk ? await findMissingVolume(record.path) : null
  if (volume)
    return {
      kind: 'missing-volume',
      failure: failure('disk-missing', { folder: volume.folder }),
      volume: volume.until,
    }
  const reason = memory.begunAnew && met.code === 'upload-ended' ? notFoundAgain(met) : withFacts(met, run)
  if (reason.code === 'upload-ended') memory.begunAnew = true
  const attempt = report.countAttempt()
  const delayMs = retryDelay(attempt, reason, services.environment.random())
  if (delayMs === null) return { kind: 'failed', failure: reason }
  const atMs = services.environment.now() + delayMs
  // A rate limit is for all of us, not for this file.
  if (reason.code === 'rate-limited') return { kind: 'hold', failure: reason, untilMs: atMs }
  return { kind: 'retry', failure: reason, atMs }
}

const notFoundAgain = ({ detail }: Failure) => failure('not-found', {}, { detail })

function withFacts(met: Failure, { record, report }: Run): Failure {
  const facts = (known: Failure['params']): Failure => ({ ...met, params: { ...met.params, ...known } })
  if (met.code === 'forbidden') return facts({ team: record.team.name })
  if (met.code === 'too-large-for-server') return facts({ sizeBytes: record.identity.sizeBytes })
  if (met.code === 'upload-ended') return facts({ lostBytes: report.sentBytes() })
  return met
}
