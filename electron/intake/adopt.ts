import { success, type Result } from '../contract/failures.ts'
import type { Account } from '../contract/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { isSamePerson } from '../contract/account.ts'
import { isAllowedBy, type EnqueueOptions, type Adopted } from './enqueue-paths.ts'
import type { Commands } from '../engine/commands.ts'
import type { Queue } from '../queue/queue.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { AccountFilter, UploadFilter } from '../journal/process-claims.ts'
import type { UploadStore } from '../journal/upload-store.ts'

export interface AdoptOptions {
  readonly store: UploadStore
  readonly rows: Rows
  readonly queue: Queue
  readonly commands: Commands
  readonly accounts: Pick<Accounts, 'list'>
}

/**
 * Finds what the journal has of these files for the same person and team, by whichever sign-in, so that dropping a file again,
 * or typing the command again after a crash, goes on instead of sending it anew. A row of a dead process is taken over; a row of a living
 * one is under way and left to it.
 */
export async function adoptUploads(
  services: AdoptOptions,
  paths: readonly string[],
  { accountId, team, signal, allow }: EnqueueOptions,
): Promise<Result<Adopted>> {
  const { store, rows, commands } = services
  if (signal?.aborted) return success({ goesOn: new Set(), underWay: new Set() })
  const wanted = new Set(paths)
  const accountIds = signInsOf(services.accounts.list(), accountId)
  const which = { paths, accountIds, teamId: team.id }
  const claimed = claim(services, which)
  if (!claimed.ok) return claimed
  const waiting = claimed.value
  const goesOn = new Set(waiting.map(({ path }) => path))
  const underWay = new Set(store.claimedByOthers(which))
  for (const id of rows.ids()) {
    const record = rows.get(id)?.record
    if (!record || record.phase === 'registered' || !wanted.has(record.path) || goesOn.has(record.path))
      continue
    if (!accountIds.includes(record.accountId) || record.team.id !== team.id) continue
    const moved =
      record.failure && isAllowedBy(allow, record.failure)
        ? commands.allow([id])
        : await commands.continueUpload(id)
    if (!moved.ok) return moved
    if (moved.value) goesOn.add(record.path)
    else underWay.add(record.path)
  }
  return success({ goesOn, underWay })
}

/** Ids of everything that the person of an account has signed in with on its server. */
function signInsOf(known: readonly Account[], accountId: string): readonly string[] {
  const own = known.find(({ id }) => id === accountId)
  if (!own) return [accountId]
  return known.filter((account) => isSamePerson(account, own)).map(({ id }) => id)
}

/** The same for all accounts of the people who are signed in. */
export function adoptAccountUploads(
  services: AdoptOptions,
  known: readonly Account[],
  signal: AbortSignal,
): Promise<Result<readonly string[]>> {
  const here = known.filter(({ state }) => state === 'ready')
  const theirs = known.filter((account) => here.some((one) => isSamePerson(one, account)))
  return takeUpAccounts(services, theirs, signal)
}

/** Takes over what dead processes left of these accounts and lets it go on in whatever way it stopped; answers the ids. */
async function takeUpAccounts(
  services: AdoptOptions,
  accounts: readonly Pick<Account, 'id'>[],
  signal: AbortSignal,
): Promise<Result<readonly string[]>> {
  const claimed = claim(services, { accountIds: accounts.map(({ id }) => id) })
  if (!claimed.ok) return claimed
  const ids = services.rows.ids()
  for (const id of ids) {
    if (signal.aborted) break
    const moved = await services.commands.continueUpload(id)
    if (!moved.ok) return moved
  }
  return success(ids)
}

/** Makes abandoned uploads ours and queues those that were waiting, which are answered. */
function claim(
  { store, rows, queue }: AdoptOptions,
  which: UploadFilter | AccountFilter,
): Result<readonly UploadRecord[]> {
  const ours = store.claimQueue(which)
  if (!ours.ok) return ours
  const claimed = ours.value.filter(({ id }) => !rows.has(id))
  rows.restore(claimed)
  const waiting = claimed.filter(({ phase }) => phase === 'waiting')
  queue.add(waiting.map(({ id }) => id))
  return success(waiting)
}
