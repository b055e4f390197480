import type { Access } from '../accounts/accounts.ts'
import { mayLackCall } from '../cloud/client.ts'
import { getModel, listModels, registerModel } from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'
import {
  failed,
  failure,
  retryClassOf,
  success,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { Timers } from '../platform/environment.ts'
import { abortableDelay, recheckDelayMs } from '../platform/delays.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { StoredObject } from './send-session.ts'

interface Registering {
  readonly record: UploadRecord
  readonly access: Access
  readonly stored: StoredObject
  readonly timers: Timers
  readonly signal: AbortSignal
}

/**
 * The id of the model that an earlier run registered without hearing of it, or null. A server without a list (the call is
 * inferred) can't be asked: registering is then repeated, as NOTES.md has it.
 */
export async function findRegistered(step: Registering): Promise<Result<string | null>> {
  const there = await whatStandsThere(step)
  if (there.ok) return success(there.value.ours)
  // What comes next is registering, which meets a gateway's trouble by itself.
  return mayLackCall(there.failure) ? success(null) : there
}

/**
 * Registers once and answers the model's id. An answer that was lost may have done its work: what stands there is looked at
 * before anything is repeated. Where the object turns out not to be there, the failure is `upload-ended`.
 */
export async function register(step: Registering): Promise<Result<string>> {
  const { stored, timers, signal } = step
  const first = await ask(step)
  if (first.ok) return first
  const isUnknown = first.failure.code === 'not-found'
  if (isUnknown) await abortableDelay(timers, recheckDelayMs, signal)
  const answer = isUnknown ? await ask(step) : first
  if (answer.ok) return answer
  const { code, detail } = answer.failure
  const unsure = code === 'conflict' || retryClassOf(answer.failure) === 'later'
  const there = unsure ? await whatStandsThere(step) : null
  if (there?.ok && there.value.ours !== null) return success(there.value.ours)
  const isDoubted = stored.isUnsure === true && refusals.has(code)
  // Before all bytes go again, the list must say that it was not the path which was refused.
  if (isDoubted && there && !there.ok && retryClassOf(there.failure) === 'later') return there
  const isTaken = code === 'conflict' && there?.ok === true && there.value.isPathTaken
  const isAbsent = code === 'not-found' || (isDoubted && !isTaken)
  return isAbsent ? failed(failure('upload-ended', {}, { detail })) : answer
}

function ask({ record, access, stored, signal }: Registering): Promise<Result<string>> {
  const file = { target: record.target, sizeBytes: record.identity.sizeBytes, ...stored }
  return registerModel(access.client, access.signer, file, signal)
}

/** What a server may say of an object that is not there; it has no machine-readable word for it (NOTES.md). */
const refusals: ReadonlySet<FailureCode> = new Set(['bad-request', 'conflict'])

interface Standing {
  /** The model that was registered for our object. */
  readonly ours: string | null
  /** Another model has the path. */
  readonly isPathTaken: boolean
}

/**
 * Looks for our model by its storage key. A list may leave that out (it is inferred): then each model at our path is asked
 * for by itself, which tells it.
 */
async function whatStandsThere(step: Registering): Promise<Result<Standing>> {
  const { record, access, stored, signal } = step
  const path = pathKey(record.target.modelPath)
  const atPath: ModelWire[] = []
  for await (const page of listModels(access.client, access.signer, signal)) {
    if (!page.ok) return page
    const ours = page.value.find((model) => model.storage_key === stored.storageKey)
    if (ours) return success({ ours: ours.id, isPathTaken: false })
    atPath.push(...page.value.filter((model) => pathKey(model.model_path ?? '') === path))
  }
  for (const { id } of atPath.filter(isKeyless)) {
    const model = await getModel(access.client, access.signer, id, signal)
    if (model.ok && isOurs(model.value, stored)) return success({ ours: id, isPathTaken: false })
    if (!model.ok && retryClassOf(model.failure) === 'later') return model
  }
  return success({ ours: null, isPathTaken: atPath.length > 0 })
}

const isKeyless = ({ storage_key }: ModelWire) => (storage_key ?? null) === null

/** By its key; where not even the record has one, by its bytes. */
function isOurs(model: ModelWire, { storageKey, sha256 }: StoredObject): boolean {
  if (isKeyless(model)) return model.file_hash?.toLowerCase() === `sha256:${sha256}`
  return model.storage_key === storageKey
}
