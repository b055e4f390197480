import type { Account } from '../contract/account.ts'
import { baseOf } from '../contract/servers.ts'

export { baseOf } from '../contract/servers.ts'

/** What is to be carried, and in whose name it was queued. */
export interface AccountRequirement {
  readonly accountId: string
  readonly teamId: string
  /** It goes in parts, which a device key can't do (openapi.yaml, initiateMultipart). */
  readonly needsParts: boolean
}

/** The same person on the same server, by whatever they signed in with. */
export function isSamePerson(a: Account, b: Account): boolean {
  return baseOf(a.server) === baseOf(b.server) && a.personId === b.personId
}

/**
 * The same human being, as far as can be told: on several servers one person has several ids, and an address in common. Only
 * for what is shown on this computer, never for what may be sent in whose name.
 */
export function hasSameEmail(a: Account, b: Account): boolean {
  const isElsewhere = baseOf(a.server) !== baseOf(b.server)
  const sharesAddress = a.email !== '' && a.email.toLowerCase() === b.email.toLowerCase()
  return isSamePerson(a, b) || (isElsewhere && sharesAddress)
}

/**
 * The account that can carry something now: its own where that will do, else another sign-in of the same person for the
 * same team; null when there is none.
 */
export function findUploadAccount(
  accounts: readonly Account[],
  requirement: AccountRequirement,
): Account | null {
  const own = accounts.find(({ id }) => id === requirement.accountId)
  if (!own) return null
  const can = ({ state, kind }: Account) =>
    state === 'ready' && !(requirement.needsParts && kind === 'device')
  if (can(own)) return own
  const other = accounts.find(
    (account) =>
      can(account) && isSamePerson(account, own) && account.teams.some(({ id }) => id === requirement.teamId),
  )
  return other ?? null
}

/**
 * Accounts of somebody who has left this computer to somebody else: their uploads are nobody's business until they are
 * back. With nobody signed in all are shown, or nobody would find their own again.
 */
export function hiddenAccounts(accounts: readonly Account[]): ReadonlySet<string> {
  const here = accounts.filter(({ state }) => state === 'ready')
  if (here.length === 0) return new Set()
  const hidden = accounts.filter(
    (account) =>
      account.state === 'signed-out' &&
      account.hasLeft === true &&
      !here.some((other) => hasSameEmail(account, other)),
  )
  return new Set(hidden.map(({ id }) => id))
}
