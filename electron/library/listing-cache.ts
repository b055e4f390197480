import { failed, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryListing, LibraryModel } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * Changes by others are visible after this time at the latest, unless the caller asks for a newer listing.
 */
const freshForMs = 5 * 60_000
/**
 * After a failure the listing is not requested again before this time, since hundreds of uploads may need it.
 */
const retryAfterFailureMs = { never: 5 * 60_000, later: 15_000 }

type Edit = (models: Map<string, LibraryModel>) => void

interface CachedListing {
  readonly listing: Result<LibraryListing>
  /** Whether it was requested for this call. */
  readonly isNew: boolean
}

/** The cached listing of one team's library. */
export interface ListingCache {
  /** The cached listing if it is new enough, else the result of `request`; one request at a time. */
  listing(
    maxAgeMs: number | undefined,
    request: () => Promise<Result<readonly LibraryModel[]>>,
  ): Promise<CachedListing>
  /** The models as last listed, or null. */
  cached(): readonly LibraryModel[] | null
  add(model: LibraryModel): void
  change(id: string, change: LibraryChange): void
  remove(id: string): void
}

export function createListingCache(environment: Pick<Environment, 'now'>): ListingCache {
  let models: Map<string, LibraryModel> | null = null
  let listed: readonly LibraryModel[] = []
  let listedAtMs = 0
  let lastFailure: { readonly failure: Failure; readonly atMs: number } | null = null
  let requesting: Promise<CachedListing> | null = null
  /** Our own changes since the running request was sent: its pages may not contain them. */
  let pendingEdits: Edit[] = []

  function applyEdit(edit: Edit): void {
    if (requesting) pendingEdits.push(edit)
    if (!models) return
    edit(models)
    listed = [...models.values()]
  }

  const current = (): Result<LibraryListing> =>
    models === null && lastFailure
      ? failed(lastFailure.failure)
      : success({ models: listed, listedAtMs, failure: lastFailure?.failure ?? null })

  function isFresh(maxAgeMs: number): boolean {
    const nowMs = environment.now()
    if (lastFailure && maxAgeMs > 0) {
      const waitMs =
        retryClassOf(lastFailure.failure) === 'never' ? retryAfterFailureMs.never : retryAfterFailureMs.later
      if (nowMs - lastFailure.atMs < waitMs) return true
    }
    return models !== null && lastFailure === null && nowMs - listedAtMs < maxAgeMs
  }

  async function fetchListing(
    request: () => Promise<Result<readonly LibraryModel[]>>,
  ): Promise<CachedListing> {
    pendingEdits = []
    const atMs = environment.now()
    const answer = await request()
    if (answer.ok) {
      models = new Map(answer.value.map((model) => [model.id, model]))
      for (const edit of pendingEdits) edit(models)
      listed = [...models.values()]
      listedAtMs = atMs
      lastFailure = null
    } else {
      lastFailure = { failure: answer.failure, atMs: environment.now() }
    }
    return { listing: current(), isNew: true }
  }

  return {
    async listing(maxAgeMs = freshForMs, request) {
      if (requesting) return { ...(await requesting), isNew: false }
      if (isFresh(maxAgeMs)) return { listing: current(), isNew: false }
      requesting = fetchListing(request).finally(() => {
        requesting = null
      })
      return requesting
    },
    cached: () => (models === null ? null : listed),
    add: (model) => applyEdit((all) => void all.set(model.id, model)),
    change: (id, change) =>
      applyEdit((all) => {
        const known = all.get(id)
        if (known) all.set(id, { ...known, ...change })
      }),
    remove: (id) => applyEdit((all) => void all.delete(id)),
  }
}
