import type { Access } from '../accounts/accounts.ts'
import {
  getModelPage,
  listModels,
  maxModels,
  maxPages,
  type ListingPosition,
  type ModelPage,
} from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { LibraryModel } from '../contract/library.ts'

/** The models of a team as last requested. */
export interface KnownListing {
  readonly models: ReadonlyMap<string, LibraryModel>
  /** When the last answer was requested (ms since the epoch). */
  readonly listedAtMs: number
  /** When all pages were last requested: later changes to known models may be missing. */
  readonly completeAtMs: number
  /** The server's `total_count` minus the models that it listed; null if it sends no total. */
  readonly unlistedCount: number | null
  /** Where to continue if it was interrupted; null if all pages were read. */
  readonly continuesAt: ListingPosition | null
}

/** Up to this many models all pages are requested each time: at most five calls. */
export const smallLibrarySize = 500
/** New models are looked for on at most this many pages at each end of the listing. */
const maxNewPages = 5

/**
 * Requests all pages, or those after the ones of a listing that was interrupted. The failure of one page is the
 * result; `onInterrupted` is given what was read of a large library until then, or until an abort.
 */
export async function listAllModels(
  { client, signer }: Pick<Access, 'client' | 'signer'>,
  run: {
    readonly interrupted: KnownListing | null
    readonly atMs: number
    readonly onInterrupted: (listing: KnownListing) => void
  },
  signal: AbortSignal,
): Promise<Result<KnownListing>> {
  const { interrupted, atMs, onInterrupted } = run
  const completeAtMs = interrupted?.completeAtMs ?? atMs
  const models = new Map(interrupted?.models)
  let continuesAt = interrupted?.continuesAt ?? null
  let total: number | null = null
  let isComplete = false
  try {
    for await (const page of listModels(client, signer, signal, continuesAt ?? undefined)) {
      if (!page.ok) return page
      addModels(models, page.value)
      total = page.value.total
      continuesAt = page.value.position
    }
    isComplete = true
    // After an interruption a difference comes from changes since, which the next update has to find.
    const unlisted = interrupted === null && total !== null ? total - models.size : 0
    const unlistedCount = total === null ? null : unlisted
    return success({ models, listedAtMs: atMs, completeAtMs, unlistedCount, continuesAt: null })
  } finally {
    if (!isComplete && continuesAt !== null && models.size > smallLibrarySize)
      onInterrupted({ models, listedAtMs: atMs, completeAtMs, unlistedCount: null, continuesAt })
  }
}

/** A known listing with the models that were added since. */
export interface UpdatedListing {
  readonly listing: KnownListing
  /** Whether the server has as many models as are known now. If not, some were deleted, or not found. */
  readonly isComplete: boolean
}

/**
 * Requests the pages that may have models added since the listing was made, mostly two. The order of the
 * listing is not documented, so they are looked for on the first pages and on the last ones. Changes to
 * known models are only found by `listAllModels`.
 */
export async function listNewModels(
  { client, signer }: Pick<Access, 'client' | 'signer'>,
  { known, atMs }: { readonly known: KnownListing; readonly atMs: number },
  signal: AbortSignal,
): Promise<Result<UpdatedListing>> {
  const models = new Map(known.models)
  const first = await getModelPage(client, signer, 1, signal)
  if (!first.ok) return first
  const { total, count } = first.value
  const isComplete = () => total !== null && models.size + (known.unlistedCount ?? 0) === total

  /** Adds the models of these pages up to one with known models, after which older ones follow. */
  async function addPages(pages: readonly number[]): Promise<Result<void>> {
    for (const page of pages) {
      const answer = await getModelPage(client, signer, page, signal)
      if (!answer.ok) return answer
      if (!addModels(models, answer.value) || isComplete()) break
    }
    return success(undefined)
  }

  const pageCount = total === null || count === 0 ? 1 : Math.min(maxPages, Math.ceil(total / count))
  const others = Array.from({ length: pageCount - 1 }, (_, index) => index + 2)
  const isNew = addModels(models, first.value)
  const newest = isNew && !isComplete() ? others.slice(0, maxNewPages - 1) : []
  const added = await addPages(newest)
  // In any case: a model may have been added at the end while another one was deleted.
  const last = others.slice(newest.length).slice(-maxNewPages).reverse()
  const addedLast = added.ok ? await addPages(last) : added
  if (!addedLast.ok) return addedLast
  // A server could otherwise add models with each update, for ever.
  if (models.size > maxModels) return failed(failure('list-too-long', { count: maxModels }))
  return success({ listing: { ...known, models, listedAtMs: atMs }, isComplete: isComplete() })
}

/** Returns whether none of them was known. */
function addModels(known: Map<string, LibraryModel>, page: ModelPage): boolean {
  const before = known.size
  for (const model of page.models) known.set(model.id, toLibraryModel(model))
  return page.models.length > 0 && known.size - before === page.models.length
}

/** The documented form (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading). */
const sha256Form = /^sha256:([0-9a-f]{64})$/i

/** @param listed the model as listed before, if it was: the record of a single model may have fewer fields */
export function toLibraryModel(wire: ModelWire, listed?: LibraryModel): LibraryModel {
  const createdAtMs = Date.parse(wire.created_at ?? '')
  return {
    id: wire.id,
    displayName: wire.display_name,
    modelType: wire.model_type,
    modelPath: wire.model_path ?? null,
    sizeBytes: wire.file_size ?? null,
    sha256: sha256Form.exec(wire.file_hash ?? '')?.[1]?.toLowerCase() ?? null,
    // List items may lack the status; a listed model is assumed to be active.
    status: wire.model_status ?? listed?.status ?? 'active',
    createdAtMs: Number.isNaN(createdAtMs) ? null : createdAtMs,
    storageKey: wire.storage_key ?? null,
  }
}
