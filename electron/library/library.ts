import type { Access, Accounts } from '../accounts/accounts.ts'
import { baseOf } from '../contract/servers.ts'
import { mayLackCall } from '../cloud/client.ts'
import { deleteModel, getModel, updateModel } from '../cloud/models.ts'
import type { TeamChoice } from '../contract/account.ts'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryListing, LibraryModel, LibraryUpdate } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import { createListingCache, type ListingCache } from './listing-cache.ts'
import { listAllModels, toLibraryModel } from './list-models.ts'

export interface ListingAge {
  /** A listing that is older (ms) is asked for anew; five minutes unless told, 0 to ask in any case. */
  readonly maxAgeMs?: number
}

/**
 * What a team has in its library. The list is asked for once, all pages of it, and kept; whoever asks meanwhile gets the
 * same answer. What we register, change or delete ourselves is put into what is kept, so that a thousand uploads don't ask a
 * thousand times. Listing, changing and deleting are inferred calls: a server may not have them.
 */
export interface Library {
  /** Rejects for no trouble of the line or the server; a failure means that nothing at all is known of the team's models. */
  models(choice: TeamChoice, fresh?: ListingAge): Promise<Result<LibraryListing>>
  /** One model as it is now (documented call). */
  model(choice: TeamChoice, id: string): Promise<Result<LibraryModel>>
  /** A failure `not-found` means that the model is gone; a server that lacks this call answers `bad-request`. */
  change(choice: TeamChoice, id: string, change: LibraryChange): Promise<Result<void>>
  /** Deletes the model's record. One that is gone already is deleted; a server that lacks this call answers `bad-request`. */
  remove(choice: TeamChoice, id: string): Promise<Result<void>>
  /** A model of ours was registered. */
  noted(choice: TeamChoice, model: LibraryModel): void
  /** Called whenever what is kept of a team has changed, or could not be had; answers the unsubscribe. */
  subscribe(listener: (news: LibraryUpdate) => void): () => void
  /** Ends what is being asked. */
  close(): void
}

export function createLibrary(options: {
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly environment: Environment
}): Library {
  const { accounts, environment } = options
  const life = new AbortController()
  const teams = new Map<string, ListingCache>()
  const listeners = new Set<(news: LibraryUpdate) => void>()

  /** One for each person and team, by whatever the person signed in with. */
  function keptOf({ accountId, teamId }: TeamChoice): ListingCache {
    const account = accounts.list().find(({ id }) => id === accountId)
    const key = account ? `${baseOf(account.server)} ${account.personId} ${teamId}` : `${accountId} ${teamId}`
    const known = teams.get(key) ?? createListingCache(environment)
    teams.set(key, known)
    return known
  }

  const accessTo = ({ accountId, teamId }: TeamChoice): Result<Access> =>
    accounts.accessFor(accountId, teamId)
  function tell({ teamId }: TeamChoice, met: Failure | null = null): void {
    for (const listener of listeners) listener({ teamId, failure: met })
  }

  async function asked<T>(
    choice: TeamChoice,
    ask: (access: Access, signal: AbortSignal) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const access = accessTo(choice)
    if (!access.ok) return access
    try {
      return await ask(access.value, life.signal)
    } catch (error) {
      if (life.signal.aborted) return failed(failure('connection-lost', { host: '' }))
      throw error
    }
  }

  /**
   * Changing and deleting are inferred calls: "not found" may mean the model or the call. The documented call tells which;
   * where the model is there, the failure is `bad-request`.
   */
  async function whyNotFound(choice: TeamChoice, id: string, met: Failure): Promise<Failure> {
    if (!mayLackCall(met)) return met
    const there = await model(choice, id)
    if (there.ok) return failure('bad-request', {}, { detail: met.detail })
    return there.failure
  }

  async function model(choice: TeamChoice, id: string): Promise<Result<LibraryModel>> {
    const found = await asked(choice, ({ client, signer }, signal) => getModel(client, signer, id, signal))
    if (found.ok) return success(toLibraryModel(found.value))
    if (found.failure.code === 'not-found') keptOf(choice).drop(id)
    return found
  }

  return {
    model,
    async models(choice, { maxAgeMs } = {}) {
      const access = accessTo(choice)
      if (!access.ok) return access
      const kept = keptOf(choice)
      const { listing, isNew } = await kept.listing(maxAgeMs, () =>
        asked(choice, ({ client, signer }, signal) => listAllModels(client, signer, signal)),
      )
      if (isNew) tell(choice, listing.ok ? listing.value.failure : listing.failure)
      return listing
    },
    async change(choice, id, change) {
      const done = await asked(choice, ({ client, signer }, signal) =>
        updateModel(client, signer, id, change, signal),
      )
      if (!done.ok) return failed(await whyNotFound(choice, id, done.failure))
      keptOf(choice).change(id, change)
      tell(choice)
      return done
    },
    async remove(choice, id) {
      const done = await asked(choice, ({ client, signer }, signal) =>
        deleteModel(client, signer, id, signal),
      )
      const met = done.ok ? null : await whyNotFound(choice, id, done.failure)
      if (met && met.code !== 'not-found') return failed(met)
      keptOf(choice).drop(id)
      tell(choice)
      return success(undefined)
    },
    noted(choice, model) {
      keptOf(choice).add(model)
      tell(choice)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      life.abort()
      listeners.clear()
    },
  }
}
