import type { Accounts } from '../accounts/accounts.ts'
import { listAgents } from '../cloud/agents.ts'
import { mayBeUnsupported } from '../cloud/client.ts'
import { deleteModel, getModel, updateModel } from '../cloud/models.ts'
import type { Account, TeamChoice } from '../contract/account.ts'
import { failed, failure, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type {
  Agent,
  LibraryChange,
  LibraryListing,
  LibraryModel,
  LibraryUpdate,
} from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import type { IndexedListing } from './listing-cache.ts'
import { toLibraryModel } from './list-models.ts'
import { createTeamListings, type TeamRequest } from './team-listings.ts'

interface ListingAge {
  /**
   * An older listing is requested again; five minutes by default, 0 to request all its pages in any case. Of a
   * large library only new models are requested otherwise, and all pages in the background once an hour.
   */
  readonly maxAgeMs?: number
}

/**
 * The models in the libraries of teams. All pages of a listing are requested once and cached; concurrent
 * callers share one request. Our own registrations, changes and deletions update the cache, so that a
 * thousand uploads do not request a thousand listings. Listing, changing and deleting are inferred calls that
 * a server may not support.
 */
export interface Library {
  /**
   * Never rejects for network or server errors; a failure means that nothing is known about the team's
   * models.
   */
  models(choice: TeamChoice, age?: ListingAge): Promise<Result<LibraryListing>>
  /** The same for looking up single models, without listing all of them. */
  indexedListing(choice: TeamChoice, age?: ListingAge): Promise<Result<IndexedListing>>
  /** The team's models as last listed, of any age, or null. Requests nothing. */
  cachedModels(choice: TeamChoice): readonly LibraryModel[] | null
  /** The current state of one model (documented call), which corrects the cached listing. */
  model(choice: TeamChoice, id: string): Promise<Result<LibraryModel>>
  /** The same, or as it was requested less than 30 seconds ago. */
  recentModel(choice: TeamChoice, id: string): Promise<Result<LibraryModel>>
  /** The team's connected agents at present. */
  agents(choice: TeamChoice): Promise<Result<readonly Agent[]>>
  /** `not-found` means that the model does not exist; a server without this call answers `bad-request`. */
  change(choice: TeamChoice, id: string, change: LibraryChange): Promise<Result<void>>
  /** Deletes the model's record, if it still exists; a server without this call answers `bad-request`. */
  remove(choice: TeamChoice, id: string): Promise<Result<void>>
  /** Adds a model that an upload has registered to the cached listing. */
  addRegistered(choice: TeamChoice, model: LibraryModel): void
  /**
   * Called whenever a team's cached listing has changed or could not be requested; returns the unsubscribe
   * function.
   */
  subscribe(listener: (news: LibraryUpdate) => void): () => void
  /**
   * Lets listings that failed be requested again at their next use, because the cause of the failure may be gone.
   * Otherwise files would be sent without comparing them with the library. A server in trouble is not asked earlier.
   */
  forgetFailures(): void
  /** Deletes what is stored of the account's teams, after a sign-out. */
  forget(account: Pick<Account, 'server' | 'personId'>): Promise<void>
  /** Aborts running requests. Resolves once the listings are written. */
  close(): Promise<void>
}

interface RequestOptions {
  readonly accounts: Pick<Accounts, 'accessFor' | 'isSignedOut'>
  /** The sign-in of an account turned out to be invalid. */
  readonly onSignedOut: (accountId: string) => void
}

function createTeamRequest({ accounts, onSignedOut }: RequestOptions, closing: AbortSignal): TeamRequest {
  return async ({ accountId, teamId }, send) => {
    const access = accounts.accessFor(accountId, teamId)
    if (!access.ok) return access
    try {
      const answer = await send(access.value, closing)
      const isRefused = !answer.ok && answer.failure.code === 'signed-out'
      // A late response may belong to an earlier sign-in.
      if (isRefused && (await accounts.isSignedOut(accountId))) onSignedOut(accountId)
      return answer
    } catch (error) {
      if (closing.aborted) return failed(failure('connection-lost', { host: '' }))
      throw error
    }
  }
}

export function createLibrary(
  options: RequestOptions & {
    readonly accounts: Pick<Accounts, 'list' | 'hasStoredSignIn'>
    /** Where the listings of large libraries are kept. */
    readonly folder: string
    /** This app has deleted a model. */
    readonly onDeleted: (modelId: string) => void
    readonly environment: Environment
  },
): Library {
  const { accounts, folder, onDeleted, environment } = options
  const closing = new AbortController()
  const listeners = new Set<(news: LibraryUpdate) => void>()
  /** Models that a request which seemed to fail may have deleted. */
  const unansweredDeletions = new Set<string>()

  function notify({ teamId }: TeamChoice, news: Partial<LibraryUpdate> = {}): void {
    for (const listener of listeners) listener({ teamId, failure: null, ...news })
  }

  const request = createTeamRequest(options, closing.signal)
  const listings = createTeamListings({ accounts, folder, request, onRefreshed: notify, environment })
  const cacheFor = listings.cacheFor

  /**
   * Changing and deleting are inferred calls, so "not found" may mean the model or the call. The documented
   * call shows which; if the model exists, the failure becomes `bad-request`.
   */
  async function resolveNotFound(choice: TeamChoice, id: string, reason: Failure): Promise<Failure> {
    if (!mayBeUnsupported(reason)) return reason
    const current = await model(choice, id)
    return current.ok
      ? failure('bad-request', {}, { serverMessage: reason.serverMessage, detail: reason.detail })
      : current.failure
  }

  async function model(choice: TeamChoice, id: string): Promise<Result<LibraryModel>> {
    const found = await request(choice, ({ client, signer }, signal) => getModel(client, signer, id, signal))
    if (!found.ok && found.failure.code === 'not-found') cacheFor(choice).remove(id)
    if (!found.ok) return found
    const cache = cacheFor(choice)
    const current = toLibraryModel(found.value, cache.cached()?.get(id))
    cache.correct(current)
    return success(current)
  }

  async function indexedListing(
    choice: TeamChoice,
    { maxAgeMs }: ListingAge = {},
  ): Promise<Result<IndexedListing>> {
    const access = accounts.accessFor(choice.accountId, choice.teamId)
    if (!access.ok) return access
    const { listing, isNew } = await listings.listing(choice, maxAgeMs)
    if (!isNew) return listing
    if (!listing.ok) notify(choice, { failure: listing.failure })
    else notify(choice, { failure: listing.value.failure, listedAtMs: listing.value.listedAtMs })
    return listing
  }

  return {
    indexedListing,
    model,
    recentModel: (choice, id) => cacheFor(choice).recent(id, () => model(choice, id)),
    agents: (choice) => request(choice, ({ client, signer }, signal) => listAgents(client, signer, signal)),
    cachedModels: (choice) => cacheFor(choice).cached()?.list() ?? null,
    async models(choice, age) {
      const listing = await indexedListing(choice, age)
      return listing.ok ? success({ ...listing.value, models: listing.value.models.list() }) : listing
    },
    async change(choice, id, change) {
      const changed = await request(choice, ({ client, signer }, signal) =>
        updateModel(client, signer, { id, change }, signal),
      )
      if (!changed.ok) return failed(await resolveNotFound(choice, id, changed.failure))
      cacheFor(choice).change(id, change)
      notify(choice)
      return changed
    },
    async remove(choice, id) {
      const removed = await request(choice, ({ client, signer }, signal) =>
        deleteModel(client, signer, id, signal),
      )
      const reason = removed.ok ? null : await resolveNotFound(choice, id, removed.failure)
      if (reason && reason.code !== 'not-found') {
        if (retryClassOf(reason) === 'later') unansweredDeletions.add(id)
        return failed(reason)
      }
      cacheFor(choice).remove(id)
      // Otherwise someone else has deleted it.
      if (removed.ok || unansweredDeletions.has(id)) onDeleted(id)
      notify(choice)
      return success(undefined)
    },
    addRegistered(choice, model) {
      cacheFor(choice).add(model)
      notify(choice)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    forgetFailures: listings.forgetFailures,
    forget: listings.forget,
    async close() {
      closing.abort()
      listeners.clear()
      await listings.written()
    },
  }
}
