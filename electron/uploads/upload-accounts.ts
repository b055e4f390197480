import type { Accounts } from '../accounts/accounts.ts'
import { findSignIn, type Account, type TeamChoice } from '../contract/account.ts'
import { baseOf, putLimitOf } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import type { Rows } from '../journal/rows.ts'
import { isStored, type UploadRecord } from '../journal/upload-record.ts'

/** Which accounts and servers uploads use. */
export interface UploadAccounts {
  /** The largest file that goes in a single PUT to the server of an account, in bytes. */
  singlePutLimitBytes(accountId: string): number
  /** The account that can upload a file now, or null. */
  accountFor(record: UploadRecord): Account | null
  /** The same user's sign-in that can upload for a team now, or null. */
  accountForTeam(choice: TeamChoice): TeamChoice | null
  /** Whether a user is signed in to a server, or an upload is meant for it. */
  usesServer(address: string): boolean
}

export function createUploadAccounts(options: {
  readonly accounts: Pick<Accounts, 'list'>
  readonly rows: Pick<Rows, 'ids' | 'get'>
  readonly settings: () => Pick<Settings, 'server' | 'servers' | 'singlePutLimitBytes'>
}): UploadAccounts {
  const { accounts, rows, settings } = options

  function singlePutLimitBytes(accountId: string): number {
    const account = accounts.list().find(({ id }) => id === accountId)
    return putLimitOf(settings(), account?.server ?? settings().server)
  }

  return {
    singlePutLimitBytes,
    accountFor({ accountId, team, identity, state }) {
      const isMultipart =
        state.kind === 'multipart-open' || identity.sizeBytes > singlePutLimitBytes(accountId)
      // Any account of the team can register an object that is already stored.
      const needsParts = !isStored(state) && isMultipart
      return findSignIn(accounts.list(), { accountId, teamId: team.id, needsParts })
    },
    accountForTeam({ accountId, teamId }) {
      const account = findSignIn(accounts.list(), { accountId, teamId })
      return account && { accountId: account.id, teamId }
    },
    usesServer(address) {
      const ofServer = accounts.list().filter(({ server }) => baseOf(server) === baseOf(address))
      const accountIds = new Set(ofServer.map(({ id }) => id))
      const isUnfinished = (id: string) => {
        const record = rows.get(id)?.record
        return record !== undefined && accountIds.has(record.accountId) && record.phase !== 'registered'
      }
      return ofServer.some(({ state }) => state === 'ready') || rows.ids().some(isUnfinished)
    },
  }
}
