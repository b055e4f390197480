import { isSamePerson, type Account } from '../contract/account.ts'

/** What an upload needs from its account, and for whom it was queued. */
interface AccountRequirement {
  readonly accountId: string
  readonly teamId: string
  /**
   * The file is sent in parts, for which a device key is not enough
   * (docs.cyberun.cloud/api-reference/upload/initiate-a-multipart-upload).
   */
  readonly needsParts: boolean
}

/**
 * The account that can upload a file now: its own if possible, else another sign-in of the same user for
 * the same team; null when there is none.
 */
export function findUploadAccount(
  accounts: readonly Account[],
  requirement: AccountRequirement,
): Account | null {
  const own = accounts.find(({ id }) => id === requirement.accountId)
  if (!own) return null
  const canUpload = ({ state, kind }: Account) =>
    state === 'ready' && !(requirement.needsParts && kind === 'device')
  if (canUpload(own)) return own
  const other = accounts.find(
    (account) =>
      canUpload(account) &&
      isSamePerson(account, own) &&
      account.teams.some(({ id }) => id === requirement.teamId),
  )
  return other ?? null
}
