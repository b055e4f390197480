import { failed, mustWait, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryListing, LibraryModel } from '../contract/library.ts'
import { isRecent } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import type { KnownListing } from './list-models.ts'
import { IndexedModels } from './model-index.ts'

/**
 * Changes by others are visible after this time at the latest, unless the caller asks for a newer listing.
 */
const freshForMs = 5 * 60_000
/**
 * After a failure the listing is not requested again before this time, or the longer one that the server asks for,
 * since hundreds of uploads may need it.
 */
const retryAfterFailureMs = { never: 5 * 60_000, later: 15_000 }
/** For this time, in ms, a model is as listed, or as it was when it was requested. */
export const recentMs = 30_000

type Edit = (models: IndexedModels) => void
/** Requests a listing, given the known one. */
type ListingRequest = (known: KnownListing | null) => Promise<Result<KnownListing>>

/** A team's models as last listed by the server. Our own changes are applied to them until the next listing. */
export interface IndexedListing extends Omit<LibraryListing, 'models'> {
  readonly models: IndexedModels
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
  /**
   * The cached listing if it is new enough, else the result of `request`; one request at a time. A `maxAgeMs` of 0
   * shares only a request that was also made with 0, since others may update only a part of the listing.
   */
  listing(maxAgeMs: number | undefined, request: ListingRequest): Promise<CachedListing>
  /** Requests the listing while the present one is used. Resolves with whether it was requested. */
  refresh(request: () => Promise<Result<KnownListing>>): Promise<boolean>
  /** The models as last listed, or null. */
  cached(): IndexedModels | null
  /** The part of a listing that was read before it was interrupted, or null. */
  interrupted(): KnownListing | null
  /** Keeps a part to continue from; it is stored only while there is no listing. */
  keepInterrupted(listing: KnownListing): void
  /** See `Library`. */
  forgetFailure(): void
  /** The record of one model, or that it does not exist, from `request` unless that was asked for recently. */
  recent(id: string, request: () => Promise<Result<LibraryModel>>): Promise<Result<LibraryModel>>
  /** Stops writing to its file. */
  detach(): void
  add(model: LibraryModel): void
  change(id: string, change: LibraryChange): void
  /** Corrects what users can change, if the model is listed. */
  correct(model: LibraryModel): void
  remove(id: string): void
}

export function createListingCache(
  environment: Environment,
  listingFile: ListingFile | null = null,
): ListingCache {
  let known: (Omit<KnownListing, 'models'> & { readonly models: IndexedModels }) | null = null
  let interrupted: KnownListing | null = null
  let file = listingFile
  let loading: Promise<void> | null = null
  let requesting: { readonly answer: Promise<CachedListing>; readonly maxAgeMs: number } | null = null
  let isRefreshing = false
  const failures = createFailureMemory(environment)
  const recentModels = createRecentModels(environment)
  /** Our own changes since each running request was sent: its pages may not contain them. */
  const pendingEdits = new Set<Edit[]>()

  function use(listing: KnownListing, edits: readonly Edit[] = []): void {
    known = { ...listing, models: new IndexedModels(listing.models.values()) }
    for (const edit of edits) edit(known.models)
    recentModels.forgetBefore(listing.listedAtMs)
  }

  function applyEdit(edit: Edit): void {
    for (const edits of pendingEdits) edits.push(edit)
    if (known) edit(known.models)
  }

  function current(): Result<IndexedListing> {
    const failure = failures.last()
    if (known === null && failure) return failed(failure)
    return success({
      models: known?.models ?? new IndexedModels(),
      listedAtMs: known?.listedAtMs ?? 0,
      completeAtMs: known?.completeAtMs ?? 0,
      failure,
    })
  }

  function isFresh(maxAgeMs: number): boolean {
    if (failures.isTooEarlyToRetry() && maxAgeMs > 0) return true
    return known !== null && failures.last() === null && isRecent(known.listedAtMs, maxAgeMs, environment)
  }

  /** An update that was requested before a complete listing lacks what that one found. */
  function isOutdated({ completeAtMs }: KnownListing): boolean {
    return known !== null && completeAtMs < known.completeAtMs && known.completeAtMs <= environment.now()
  }

  async function fetchListing(request: () => Promise<Result<KnownListing>>): Promise<void> {
    const edits: Edit[] = []
    pendingEdits.add(edits)
    const answer = await failures.request(request).finally(() => pendingEdits.delete(edits))
    if (!answer.ok) return
    if (!isOutdated(answer.value)) use(answer.value, edits)
    interrupted = null
    // A copy, so that our later changes don't affect what is written.
    if (known) file?.save({ ...known, models: new Map(known.models.byId) })
  }

  async function load(): Promise<void> {
    const stored = await file?.load()
    if (stored?.continuesAt) interrupted ??= stored
    else if (stored && known === null) use(stored)
  }

  return {
    async listing(maxAgeMs = freshForMs, request) {
      if (file) await (loading ??= load())
      for (let other = requesting; other; other = requesting) {
        const answer = await other.answer
        const isRecentEnough = maxAgeMs > 0 || other.maxAgeMs === 0
        if (isRecentEnough && !failures.isRefused()) return { ...answer, isNew: false }
      }
      if (isFresh(maxAgeMs)) return { listing: current(), isNew: false }
      const answer = fetchListing(() => request(known && { ...known, models: known.models.byId }))
        .then(() => ({ listing: current(), isNew: true }))
        .finally(() => void (requesting = null))
      requesting = { answer, maxAgeMs }
      return answer
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
    forgetFailure: failures.forget,
    recent: recentModels.get,
    detach: () => void (file = null),
    add: (model) => applyEdit((models) => models.set(model)),
    change(id, change) {
      recentModels.forget(id)
      applyEdit((models) => {
        const before = models.get(id)
        if (before) models.set({ ...before, ...change })
      })
    },
    correct: (model) => applyEdit((models) => models.correct(model)),
    remove(id) {
      recentModels.forget(id)
      applyEdit((models) => models.delete(id))
    },
  }
}

/** Whether a failure may end with its cause, and is not that of a server that asks for patience. */
const isForgettable = (met: Failure) => !mustWait(met) && met.code !== 'server-trouble'

/** The failure of the last request, if it failed. */
function createFailureMemory(environment: Environment) {
  let last: { readonly failure: Failure; readonly atMs: number } | null = null
  let forgottenCount = 0

  return {
    last: () => last?.failure ?? null,
    /** Whether the sign-in was refused. Another one that has the team shares the cache. */
    isRefused: () => last?.failure.code === 'signed-out',
    isTooEarlyToRetry(): boolean {
      if (last === null || last.failure.code === 'signed-out') return false
      const isFinal = retryClassOf(last.failure) === 'never'
      const waitMs = Math.max(
        retryAfterFailureMs[isFinal ? 'never' : 'later'],
        last.failure.retryAfterMs ?? 0,
      )
      return isRecent(last.atMs, waitMs, environment)
    },
    /** Repeats a request that began before the cause of its failure was gone. */
    async request<T>(send: () => Promise<Result<T>>): Promise<Result<T>> {
      const forgottenBefore = forgottenCount
      let answer = await send()
      if (!answer.ok && isForgettable(answer.failure) && forgottenCount !== forgottenBefore)
        answer = await send()
      last = answer.ok ? null : { failure: answer.failure, atMs: environment.now() }
      return answer
    },
    /** The cause of the failure may be gone. */
    forget() {
      forgottenCount += 1
      if (last && isForgettable(last.failure)) last = null
    },
  }
}

/** The models that were requested one by one recently, without requests that failed. */
function createRecentModels(environment: Environment) {
  const requests = new Map<
    string,
    { readonly atMs: number; readonly answer: Promise<Result<LibraryModel>> }
  >()

  return {
    async get(id: string, request: () => Promise<Result<LibraryModel>>): Promise<Result<LibraryModel>> {
      for (const [key, { atMs }] of requests) if (!isRecent(atMs, recentMs, environment)) requests.delete(key)
      const recent = requests.get(id)
      if (recent) return recent.answer
      const entry = { atMs: environment.now(), answer: request() }
      requests.set(id, entry)
      let answer: Result<LibraryModel> | null = null
      try {
        answer = await entry.answer
        return answer
      } finally {
        const isMissing = answer?.ok === false && answer.failure.code === 'not-found'
        // Its removal from the listing has removed the request.
        if (isMissing) requests.set(id, entry)
        else if (!answer?.ok && requests.get(id) === entry) requests.delete(id)
      }
    },
    /** After our own change. */
    forget: (id: string) => void requests.delete(id),
    /** A listing was requested at this time. */
    forgetBefore(listedAtMs: number) {
      for (const [id, { atMs }] of requests) if (atMs < listedAtMs) requests.delete(id)
    },
  }
}
