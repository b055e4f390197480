import { isSamePerson, type Account } from '../contract/account.ts'

/** What is to be carried, and in whose name it was queued. */
export interface AccountRequirement {
  readonly accountId: string
  readonly teamId: string
  /** It goes in parts, which a device key can't do (openapi.yaml, initiateMultipart). */
  readonly needsParts: boolean
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
