import type { Access } from '../accounts/accounts.ts'
import { findByStorageKey, listModels, registerModel } from '../cloud/models.ts'
import { failed, failure, retryClassOf, success, type FailureCode, type Result } from '../contract/errors.ts'
import { pathKey } from '../contract/library-path.ts'
import type { UploadRecord } from './record.ts'
import type { Stored } from './sending.ts'

interface Registering {
  readonly record: UploadRecord
  readonly access: Access
  readonly stored: Stored
  readonly signal: AbortSignal
}

/**
 * The id of the model that an earlier run registered without hearing of it, or null. A server without a list (the call is
 * inferred) can't be asked: registering is then repeated, as NOTES.md has it.
 */
export async function findRegistered({
  access,
  stored,
  signal,
}: Registering): Promise<Result<string | null>> {
  const found = await findByStorageKey(access.client, access.signer, stored.storageKey, signal)
  return !found.ok && found.failure.code === 'not-found' ? success(null) : found
}

/**
 * Registers once and answers the model's id. An answer that was lost may have done its work: the list is asked for the storage
 * key before anything is repeated. Where the object turns out not to be there, the failure is `upload-ended`.
 */
export async function register(step: Registering): Promise<Result<string>> {
  const { record, access, stored, signal } = step
  const file = { target: record.target, sizeBytes: record.identity.sizeBytes, ...stored }
  const answer = await registerModel(access.client, access.signer, file, signal)
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

/** What a server may say of an object that is not there; it has no machine-readable word for it (NOTES.md). */
const refusals: ReadonlySet<FailureCode> = new Set(['bad-request', 'conflict'])

interface Standing {
  /** The model that was registered for our object. */
  readonly ours: string | null
  /** Another model has the path. */
  readonly isPathTaken: boolean
}

async function whatStandsThere({ record, access, stored, signal }: Registering): Promise<Result<Standing>> {
  const path = pathKey(record.target.modelPath)
  let isPathTaken = false
  for await (const page of listModels(access.client, access.signer, signal)) {
    if (!page.ok) return page
    const ours = page.value.find((model) => model.storage_key === stored.storageKey)
    if (ours) return success({ ours: ours.id, isPathTaken: false })
    isPathTaken ||= page.value.some((model) => pathKey(model.model_path ?? '') === path)
  }
  return success({ ours: null, isPathTaken })
}
