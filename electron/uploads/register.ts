import type { Access } from '../accounts/accounts.ts'
import { mayBeUnsupported } from '../cloud/client.ts'
import { getModel, listModels, registerModel } from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'
import {
  failed,
  failure,
  retryClassOf,
  success,
  type Failure,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { abortableDelay } from '../platform/delays.ts'
import { recheckDelayMs } from '../platform/retry.ts'
import type { Timers } from '../platform/environment.ts'
import { mayBePerformed, type StoredObject } from './send-session.ts'

interface Registration {
  readonly record: UploadRecord
  readonly access: Access
  readonly stored: StoredObject
  readonly timers: Timers
  readonly signal: AbortSignal
}

/**
 * The id of the model that an earlier run registered without receiving the response, or null. A server may
 * lack the listing, which is inferred: registering is then repeated.
 */
export async function findRegistered(registration: Registration): Promise<Result<string | null>> {
  const found = await findInLibrary(registration)
  if (found.ok) return success(found.value.ownModelId)
  // If a gateway caused this failure, registering reports it.
  return mayBeUnsupported(found.failure) ? success(null) : found
}

/**
 * Registers the model and returns its id. If the response was lost, the library is searched, for a while if the
 * server may still be working, before the request is repeated. Fails with `upload-ended` if storage does not have the object.
 */
export async function register(registration: Registration): Promise<Result<string>> {
  const answer = await requestRegistration(registration)
  if (answer.ok) return answer
  const { failure: met } = answer
  const mayBeRegistered = met.code === 'conflict' || mayBePerformed(met)
  const found = mayBeRegistered ? await findAfterFailure(registration, met) : null
  if (found?.ok && found.value.ownModelId !== null) return success(found.value.ownModelId)
  return failed(registrationFailure(met, registration.stored, found))
}

/** Delays between searches for a model whose registration may still be running at the server, in ms. */
const searchDelaysMs = [5_000, 10_000, 15_000]

/**
 * Searches the library for the model. Without a response the server may still be working, so it is searched again
 * for half a minute before anything registers the object a second time.
 */
async function findAfterFailure(registration: Registration, met: Failure): Promise<Result<LibrarySearch>> {
  let found = await findInLibrary(registration)
  if (!mayStillRun(met)) return found
  for (const delayMs of searchDelaysMs) {
    if (!found.ok || found.value.ownModelId !== null) return found
    await abortableDelay(registration.timers, delayMs, registration.signal)
    found = await findInLibrary(registration)
  }
  return found
}

/** Whether the server may not have finished a request; 504 is the timeout of a gateway, 524 that of Cloudflare. */
const mayStillRun = ({ code, params }: Failure) =>
  code === 'timed-out' ||
  code === 'connection-lost' ||
  (code === 'server-trouble' && (params['status'] === 504 || params['status'] === 524))

/** Distinguishes a missing object, which has to be sent again, from other reasons why registering failed. */
function registrationFailure(
  met: Failure,
  stored: StoredObject,
  found: Result<LibrarySearch> | null,
): Failure {
  const uploadEnded = failure('upload-ended', {}, { serverMessage: met.serverMessage, detail: met.detail })
  if (met.code === 'not-found') return uploadEnded
  if (stored.isUnsure !== true || !missingObjectCodes.has(met.code)) return met
  // Before all bytes are sent again, the listing must confirm that the refusal was not about the path.
  if (found && !found.ok && retryClassOf(found.failure) === 'later') return found.failure
  const isPathConflict = met.code === 'conflict' && found?.ok === true && found.value.isPathTaken
  return isPathConflict ? met : uploadEnded
}

/** Repeats the request once if the server does not find the object, which may be temporary. */
async function requestRegistration(registration: Registration): Promise<Result<string>> {
  const { record, access, stored, timers, signal } = registration
  const file = { target: record.target, sizeBytes: record.identity.sizeBytes, ...stored }
  const answer = await registerModel(access.client, access.signer, file, signal)
  if (answer.ok || answer.failure.code !== 'not-found') return answer
  await abortableDelay(timers, recheckDelayMs, signal)
  return registerModel(access.client, access.signer, file, signal)
}

/** How a server may refuse an object that it does not have; no code for it is documented. */
const missingObjectCodes: ReadonlySet<FailureCode> = new Set(['bad-request', 'conflict'])

const tooLongCodes: ReadonlySet<FailureCode> = new Set(['list-too-long', 'response-too-long'])

interface LibrarySearch {
  /** The model that was registered for this object. */
  readonly ownModelId: string | null
  /** Another model has the path. */
  readonly isPathTaken: boolean
}

/**
 * Searches the library for this object's storage key. A listing may omit storage keys (its shape is
 * inferred): then each model at the path is requested. A library that is too long is searched as far as it
 * was listed, since otherwise an upload whose bytes are stored would fail for good.
 */
async function findInLibrary(registration: Registration): Promise<Result<LibrarySearch>> {
  const { record, access, stored, signal } = registration
  const path = pathKey(record.target.modelPath)
  const atPath: ModelWire[] = []
  for await (const page of listModels(access.client, access.signer, signal)) {
    if (!page.ok && tooLongCodes.has(page.failure.code)) break
    if (!page.ok) return page
    const { models } = page.value
    const own = models.find((model) => model.storage_key === stored.storageKey)
    if (own) return success({ ownModelId: own.id, isPathTaken: false })
    atPath.push(...models.filter((model) => pathKey(model.model_path ?? '') === path))
  }
  for (const { id } of atPath.filter(lacksStorageKey)) {
    const model = await getModel(access.client, access.signer, id, signal)
    if (model.ok && isOwnModel(model.value, stored)) return success({ ownModelId: id, isPathTaken: false })
    if (!model.ok && retryClassOf(model.failure) === 'later') return model
  }
  return success({ ownModelId: null, isPathTaken: atPath.length > 0 })
}

const lacksStorageKey = ({ storage_key }: ModelWire) => (storage_key ?? null) === null

/** Compares storage keys, or hashes if the model has no key. */
function isOwnModel(model: ModelWire, { storageKey, sha256 }: StoredObject): boolean {
  if (lacksStorageKey(model)) return model.file_hash?.toLowerCase() === `sha256:${sha256}`
  return model.storage_key === storageKey
}
