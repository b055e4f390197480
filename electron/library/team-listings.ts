import type { Access, Accounts } from '../accounts/accounts.ts'
import { mayBeUnsupported } from '../cloud/client.ts'
import type { Account, TeamChoice } from '../contract/account.ts'
import { isConnectivityFailure, success, type Result } from '../contract/failures.ts'
import { baseOf } from '../contract/servers.ts'
import type { Environment } from '../platform/environment.ts'
import { retryCall } from '../platform/retry.ts'
import { createListingCache, type CachedListing, type ListingCache } from './listing-cache.ts'
import { createSavedListings } from './saved-listings.ts'
import { listAllModels, listNewModels, smallLibrarySize, type KnownListing } from './list-models.ts'

/** A failed listing is requested again for this long, in ms; uploads wait three times as long for it. */
const listingRetryMs = 5_000
/** How old a complete listing of a large library may be before all pages are requested again, in ms. */
const completeForMs = 60 * 60_000

/** Sends calls for a team, with the access of an account. */
export type TeamRequest = <T>(
  choice: TeamChoice,
  send: (access: Access, signal: AbortSignal) => Promise<Result<T>>,
) => Promise<Result<T>>

/** The cached listings of all teams. */
export interface TeamListings {
  /** One cache for each user and team, shared by all of the user's accounts on the server. */
  cacheFor(choice: TeamChoice): ListingCache
  /** See `ListingAge`. */
  listing(choice: TeamChoice, maxAgeMs: number | undefined): Promise<CachedListing>
  /** See `Library`. */
  forgetFailures(): void
  /** Deletes what is stored of the account's teams. */
  forget(account: Pick<Account, 'server' | 'personId'>): Promise<void>
  /** Resolves once running requests have ended and the listings are written. */
  written(): Promise<void>
}

export function createTeamListings(options: {
  readonly accounts: Pick<Accounts, 'list' | 'hasStoredSignIn'>
  readonly folder: string
  readonly request: TeamRequest
  /** All pages of a team were requested in the background. */
  readonly onRefreshed: (choice: TeamChoice) => void
  readonly environment: Environment
}): TeamListings {
  const { accounts, request, onRefreshed, environment } = options
  const files = createSavedListings(
    options.folder,
    environment,
    (person) => !accounts.hasStoredSignIn(person),
  )
  const caches = new Map<string, ListingCache>()
  const running = new Set<Promise<unknown>>()

  function track<T>(work: Promise<T>): Promise<T> {
    running.add(work)
    return work.finally(() => running.delete(work))
  }

  function personOf(accountId: string) {
    const account = accounts.list().find(({ id }) => id === accountId)
    return account && { server: baseOf(account.server), personId: account.personId }
  }

  function cacheFor({ accountId, teamId }: TeamChoice): ListingCache {
    const person = personOf(accountId)
    const key = person ? `${person.server} ${person.personId} ${teamId}` : `${accountId} ${teamId}`
    // No sign-out would delete the listing of a user who only has a token from outside.
    const isStored = person !== undefined && accounts.hasStoredSignIn(person)
    const file = isStored ? files.fileOf({ ...person, teamId }) : null
    const cache = caches.get(key) ?? createListingCache(environment, file)
    caches.set(key, cache)
    return cache
  }

  const requestListing: TeamRequest = (choice, send) =>
    request(choice, (access, signal) =>
      retryCall(
        async () => {
          const result = await send(access, signal)
          const isCut = !result.ok && result.failure.code === 'connection-lost'
          // The connection may have been one kept open from an earlier request.
          return isCut && !signal.aborted ? send(access, signal) : result
        },
        environment,
        {
          signal,
          withinMs: listingRetryMs,
          // The listing is an inferred call, so a server may not have it. Offline, the queue waits for the
          // connection.
          mayRetry: (reason) => !mayBeUnsupported(reason) && !isConnectivityFailure(reason),
        },
      ),
    )

  /** Continues a listing that was interrupted recently, unless the present state is asked for. */
  function requestAll(choice: TeamChoice, { isFromBeginning = false } = {}): Promise<Result<KnownListing>> {
    const cache = cacheFor(choice)
    return requestListing(choice, (access, signal) => {
      const atMs = environment.now()
      const begun = isFromBeginning ? null : cache.interrupted()
      const interrupted = begun && atMs - begun.completeAtMs < completeForMs ? begun : null
      return listAllModels(access, { interrupted, atMs, onInterrupted: cache.keepInterrupted }, signal)
    })
  }

  const requestNew = (choice: TeamChoice, known: KnownListing) =>
    requestListing(choice, (access, signal) =>
      listNewModels(access, { known, atMs: environment.now() }, signal),
    )

  async function refresh(choice: TeamChoice): Promise<void> {
    if (await track(cacheFor(choice).refresh(() => requestAll(choice)))) onRefreshed(choice)
  }

  return {
    cacheFor,
    listing: (choice, maxAgeMs) =>
      track(
        cacheFor(choice).listing(maxAgeMs, async (known) => {
          const isLarge = known !== null && known.models.size > smallLibrarySize
          if (!isLarge || known.unlistedCount === null || maxAgeMs === 0)
            return requestAll(choice, { isFromBeginning: maxAgeMs === 0 })
          const updated = await requestNew(choice, known)
          if (!updated.ok) return updated
          const isOld = environment.now() - known.completeAtMs >= completeForMs
          if (isOld || !updated.value.isComplete) void refresh(choice)
          return success(updated.value.listing)
        }),
      ),
    forgetFailures() {
      for (const cache of caches.values()) cache.forgetFailure()
    },
    async forget({ server, personId }) {
      const person = { server: baseOf(server), personId }
      for (const [key, cache] of caches) {
        if (!key.startsWith(`${person.server} ${person.personId} `)) continue
        // A running request must not write its answer afterwards.
        cache.detach()
        caches.delete(key)
      }
      await files.forget(person)
    },
    async written() {
      await Promise.allSettled(running)
      await files.written()
    },
  }
}
