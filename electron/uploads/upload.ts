import type { Access } from '../accounts/accounts.ts'
import { findByStorageKey, registerModel } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type Failure, type Result } from '../contract/errors.ts'
import { libraryPathProblem } from '../contract/library-path.ts'
import type { Target } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'
import { whyChanged } from '../transfer/file-identity.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { Lanes } from '../transfer/lanes.ts'
import type { Streams } from '../transfer/streams.ts'
import { planUpload } from '../transfer/plan.ts'
import type { Outcome } from './outcome.ts'
import type { UploadRecord } from './record.ts'
import { retryDelay } from './retry.ts'
import { sendInParts } from './send-in-parts.ts'
import { sendWhole } from './send-whole.ts'
import type { Memory, SendReport, Stored } from './sending.ts'

/** What one upload tells of itself, in the order of its steps. A step that can't be written down ends the run. */
export interface UploadReport extends SendReport {
  registering(stored: Stored): Result<void>
  registered(modelId: string): Result<void>
  /** Attempts since storage last acknowledged bytes, this one included. */
  countAttempt(): number
}

export interface UploadServices {
  readonly lanes: Lanes
  readonly hasher: Hasher
  readonly streams: Streams
  readonly ports: Ports
  readonly accessTo: (accountId: string, teamId: string) => Result<Access>
  readonly singlePutLimitBytes: () => number
}

interface Run {
  readonly record: UploadRecord
  readonly services: UploadServices
  readonly memory: Memory
  readonly report: UploadReport
  readonly signal: AbortSignal
}

/** Takes one file through its steps: check, presign, stream, register. Knows no other file, and throws for bugs only. */
export async function runUpload(run: Run): Promise<Outcome> {
  const { record, services, report, signal } = run
  try {
    const access = services.accessTo(record.accountId, record.team.id)
    if (!access.ok) return toOutcome(run, access.failure)
    const resumed = record.storageKey !== null && record.sha256 !== null
    const stored = resumed
      ? success({ storageKey: record.storageKey, sha256: record.sha256 })
      : await checkAndSend(run, access.value)
    if (stored === null) return { kind: 'stopped' }
    if (!stored.ok) return toOutcome(run, stored.failure)
    const written = report.registering(stored.value)
    if (!written.ok) return toOutcome(run, written.failure)
    const modelId = await register(run, access.value, stored.value, resumed)
    if (!modelId.ok) return toOutcome(run, modelId.failure)
    const done = report.registered(modelId.value)
    return done.ok ? { kind: 'done' } : toOutcome(run, done.failure)
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' }
    services.ports.log.error('an upload threw', {
      id: record.id,
      error: String((error as Error)?.stack ?? error),
    })
    return { kind: 'failed', failure: failure('unexpected', {}, { detail: String(error) }) }
  }
}

async function checkAndSend(run: Run, access: Access): Promise<Result<Stored> | null> {
  const { record, services, memory, report, signal } = run
  const changed = await whyChanged(record.path, record.identity)
  if (changed) return failed(changed)
  const wrong = targetFailure(record.target)
  if (wrong) return failed(wrong)
  const plan = planUpload({
    sizeBytes: record.identity.sizeBytes,
    singlePutLimitBytes: services.singlePutLimitBytes(),
    credential: access.kind,
  })
  if (plan.kind === 'refused') return failed(plan.failure)
  const { lanes, hasher, streams, ports } = services
  const sending = { record, access, lanes, hasher, streams, ports, memory, report, signal }
  // What was begun in parts goes on in parts, whatever the limit says by now.
  return plan.kind === 'parts' || record.multipart ? sendInParts(sending) : sendWhole(sending)
}

/** What the server would refuse of a target: lengths and pattern from openapi.yaml. */
export function targetFailure({ displayName, modelType, modelPath }: Target): Failure | null {
  if (displayName.trim() === '' || [...displayName].length > 255) return failure('target-name')
  if (modelType.trim() === '' || [...modelType].length > 50) return failure('target-type')
  if (libraryPathProblem(modelPath) !== null) return failure('target-path')
  return null
}

/**
 * Registers once. An answer that was lost may have done its work: the list is asked for the storage key before anything is
 * repeated, and when it is an earlier run's object, before anything is sent at all.
 */
async function register(run: Run, access: Access, stored: Stored, resumed: boolean): Promise<Result<string>> {
  const { record, signal } = run
  const find = () => findByStorageKey(access.client, access.signer, stored.storageKey, signal)
  if (resumed) {
    const found = await find()
    if (!found.ok) return found
    if (found.value !== null) return success(found.value)
  }
  const file = { target: record.target, sizeBytes: record.identity.sizeBytes, ...stored }
  const answer = await registerModel(access.client, access.signer, file, signal)
  if (answer.ok) return answer
  const { code } = answer.failure
  const unsure = code === 'conflict' || retryClassOf(answer.failure) === 'later'
  if (!unsure) return answer
  const found = await find()
  return found.ok && found.value !== null ? success(found.value) : answer
}

/** Decides what a failure means for the run, and fills in what only the upload knows of it. */
function toOutcome({ record, services, report }: Run, met: Failure): Outcome {
  const reason = withFacts(met, record)
  const attempt = report.countAttempt()
  const delayMs = retryDelay(attempt, reason, services.ports.random())
  if (delayMs === null) return { kind: 'failed', failure: reason }
  const atMs = services.ports.now() + delayMs
  // A rate limit is for all of us, not for this file.
  if (reason.code === 'rate-limited') return { kind: 'hold', failure: reason, untilMs: atMs }
  return { kind: 'retry', failure: reason, atMs }
}

function withFacts(met: Failure, { team, identity }: UploadRecord): Failure {
  if (met.code === 'forbidden') return { ...met, params: { ...met.params, team: team.name } }
  if (met.code === 'too-large-for-server')
    return { ...met, params: { ...met.params, sizeBytes: identity.sizeBytes } }
  return met
}
