import { failed, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryListing, LibraryModel } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import type { KnownListing } from './listing.ts'
import { IndexedModels, type ModelIndex } from './model-index.ts'

/**
 * Changes by others are visible after this time at the latest, unless the caller asks for a newer listing.
 */
const freshForMs = 5 * 60_000
/**
 * After a failure the listing is not requested again before this time, since hundreds of uploads may need it.
 */
const retryAfterFailureMs = { never: 5 * 60_000, later: 15_000 }

type Edit = (models: IndexedModels) => void
/** Requests a listing, given the known one. */
type ListingRequest = (known: KnownListing | null) => Promise<Result<KnownListing>>

/** A team's models as last listed by the server. Our own changes are applied to them until the next listing. */
export interface IndexedListing extends Omit<LibraryListing, 'models'> {
  readonly models: ModelIndex
}

export interface CachedListing {
  readonly listing: Result<IndexedListing>
  /** Whether it was requested for this call. */
  readonly isNew: boolean
}

/** Where the listing of a large library is kept for the next start. */
export interface ListingFile {
  /** Null if there is none, or it can't be read. */
  load(): Promise<KnownListing | null>
  save(listing: KnownListing): void
}

/** The cached listing of one team's library. */
export interface ListingCache {
  /** The cached listing if it is new enough, else the result of `request`; one request at a time. */
  listing(maxAgeMs: number | undefined, request: ListingRequest): Promise<CachedListing>
  /** Requests the listing while the present one is used. Resolves with whether it was requested. */
  refresh(request: () => Promise<Result<KnownListing>>): Promise<boolean>
  /** The models as last listed, or null. */
  cached(): ModelIndex | null
  /** The part of a listing that was read before it was interrupted, or null. */
  interrupted(): KnownListing | null
  /** Keeps a part to continue from; it is stored only while there is no listing. */
  keepInterrupted(listing: KnownListing): void
  /** The cause of a failure may be gone: the listing is requested again when it is needed next. */
  forgetFailure(): void
  /** Stops writing to its file. */
  detach(): void
  add(model: LibraryModel): void
  change(id: string, change: LibraryChange): void
  /** Corrects what users can change, if the model is listed. */
  update(model: LibraryModel): void
  remove(id: string): void
}

export function createListingCache(
  environment: Pick<Environment, 'now'>,
  listingFile: ListingFile | null = null,
): ListingCache {
  let known: (Omit<KnownListing, 'models'> & { readonly models: IndexedModels }) | null = null
  let interrupted: KnownListing | null = null
  let lastFailure: { readonly failure: Failure; readonly atMs: number } | null = null
  let file = listingFile
  let loading: Promise<void> | null = null
  let requesting: Promise<CachedListing> | null = null
  let isRefreshing = false
  /** Our own changes since each running request was sent: its pages may not contain them. */
  const pendingEdits = new Set<Edit[]>()

  function use(listing: KnownListing, edits: readonly Edit[] = []): void {
    known = { ...listing, models: new IndexedModels(listing.models.values()) }
    for (const edit of edits) edit(known.models)
  }

  function applyEdit(edit: Edit): void {
    for (const edits of pendingEdits) edits.push(edit)
    if (known) edit(known.models)
  }

  const current = (): Result<IndexedListing> =>
    known === null && lastFailure
      ? failed(lastFailure.failure)
      : success({
          models: known?.models ?? new IndexedModels(),
          listedAtMs: known?.listedAtMs ?? 0,
          completeAtMs: known?.completeAtMs ?? 0,
          failure: lastFailure?.failure ?? null,
        })

  /** A time in the future is from before the clock was set back. */
  function isYounger(atMs: number, maxAgeMs: number): boolean {
    const ageMs = environment.now() - atMs
    return ageMs >= 0 && ageMs < maxAgeMs
  }

  function isFresh(maxAgeMs: number): boolean {
    if (lastFailure && maxAgeMs > 0) {
      const waitMs =
        retryClassOf(lastFailure.failure) === 'never' ? retryAfterFailureMs.never : retryAfterFailureMs.later
      if (isYounger(lastFailure.atMs, waitMs)) return true
    }
    return known !== null && lastFailure === null && isYounger(known.listedAtMs, maxAgeMs)
  }

  /** An update that was requested before a complete listing lacks what that one found. */
  function isOutdated({ completeAtMs }: KnownListing): boolean {
    return known !== null && completeAtMs < known.completeAtMs && known.completeAtMs <= environment.now()
  }

  async function fetchListing(request: () => Promise<Result<KnownListing>>): Promise<void> {
    const edits: Edit[] = []
    pendingEdits.add(edits)
    const answer = await request().finally(() => pendingEdits.delete(edits))
    if (answer.ok) {
      if (!isOutdated(answer.value)) use(answer.value, edits)
      interrupted = null
      lastFailure = null
      // A copy, so that our later changes don't affect what is written.
      if (known) file?.save({ ...known, models: new Map(known.models.byId) })
    } else {
      lastFailure = { failure: answer.failure, atMs: environment.now() }
    }
  }

  async function load(): Promise<void> {
    const stored = await file?.load()
    if (stored?.continuesAt) interrupted ??= stored
    else if (stored && known === null) use(stored)
  }

  return {
    async listing(maxAgeMs = freshForMs, request) {
      if (file) await (loading ??= load())
      if (requesting) return { ...(await requesting), isNew: false }
      if (isFresh(maxAgeMs)) return { listing: current(), isNew: false }
      requesting = fetchListing(() => request(known && { ...known, models: known.models.byId }))
        .then(() => ({ listing: current(), isNew: true }))
        .finally(() => {
          requesting = null
        })
      return requesting
    },
    async refresh(request) {
      if (isRefreshing) return false
      isRefreshing = true
      await fetchListing(request).finally(() => {
        isRefreshing = false
      })
      return true
    },
    cached: () => known?.models ?? null,
    interrupted: () => interrupted,
    keepInterrupted(listing) {
      interrupted = listing
      if (known === null) file?.save(listing)
    },
    forgetFailure: () => void (lastFailure = null),
    detach: () => void (file = null),
    add: (model) => applyEdit((models) => models.set(model)),
    change: (id, change) =>
      applyEdit((models) => {
        const before = models.get(id)
        if (before) models.set({ ...before, ...change })
      }),
    update: (model) => applyEdit((models) => correct(models, model)),
    remove: (id) => applyEdit((models) => models.delete(id)),
  }
}

/** What users can't change stays as listed: the record of a single model may have fewer fields. */
function correct(models: IndexedModels, { id, ...current }: LibraryModel): void {
  const before = models.get(id)
  if (!before) return
  const { displayName, modelType, modelPath, status } = current
  models.set({ ...before, displayName, modelType, modelPath: modelPath ?? before.modelPath, status })
}
