import type { Account, Person } from '../contract/account.ts'
import { hasSameEmail, isSamePerson } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { AccountStore } from '../platform/environment.ts'
import { serverAddressOf } from '../contract/servers.ts'

/** The known accounts: from the account store, and from what was found in the keychain since the start. */
export interface AccountList {
  list(): readonly Account[]
  /** Whether a user has an account that has not left. */
  hasSignIn(person: Person): boolean
  /**
   * Stores an account that has signed in. If no account was signed in before, the signed-out accounts of
   * other users are marked as having left this computer. After a failure nothing is stored.
   */
  add(account: Account): Result<void>
  /**
   * Whether an account may be added. The first one on this computer and another sign-in of a known person
   * always may, others if the user agrees.
   */
  mayAdd(account: Account): Promise<boolean>
  /** How often an account has signed in since the start. */
  signInCount(accountId: string): number
  /** Signs the account out until the next start only, since a locked keychain looks like an empty one. */
  markMissing(accountId: string): void
  /** The secret is unusable. Only a refusal by the server is stored, not that the secret `isMissing` now. */
  invalidate(account: Account, isMissing: boolean): void
  /** Whether the account is signed out only because no secret was found. */
  isMissing(accountId: string): boolean
  /** The secret is available again. A refusal by the server, which is stored, stays. */
  restore(accountId: string): void
}

/** Versions up to 0.2.0 accepted http servers on other computers, which would receive the token in clear. */
export const hasAllowedServer = ({ server }: Account) => serverAddressOf(server) !== null

export function createAccountList(
  accountStore: AccountStore,
  confirmAccount: (account: Account) => Promise<boolean>,
): AccountList {
  const missing = new Set<string>()
  const signInCounts = new Map<string, number>()
  const signInCount = (accountId: string) => signInCounts.get(accountId) ?? 0
  const signedOut = (account: Account): Account => ({ ...account, state: 'signed-out' })
  const listStored = () =>
    accountStore.list().map((account) => (hasAllowedServer(account) ? account : signedOut(account)))
  const list = () => listStored().map((account) => (missing.has(account.id) ? signedOut(account) : account))
  return {
    list,
    hasSignIn: (person) => list().some((account) => !account.hasLeft && isSamePerson(account, person)),
    async mayAdd(account) {
      const known = accountStore.list()
      const isExpected = known.length === 0 || known.some((other) => isSamePerson(other, account))
      return isExpected || confirmAccount(account)
    },
    signInCount,
    add(account) {
      signInCounts.set(account.id, signInCount(account.id) + 1)
      // A secret that is missing now may be in a keychain that is still locked.
      const known = listStored()
      const isAnySignedIn = known.some(({ state }) => state === 'ready')
      const departed = known.filter(
        (other) => !isAnySignedIn && other.id !== account.id && !hasSameEmail(other, account),
      )
      const saved = accountStore.save(account, ...departed.map((other) => ({ ...other, hasLeft: true })))
      if (saved.ok) missing.delete(account.id)
      return saved
    },
    markMissing: (accountId) => void missing.add(accountId),
    invalidate(account, isMissing) {
      if (isMissing) missing.add(account.id)
      else accountStore.save({ ...account, state: 'signed-out' })
    },
    isMissing: (accountId) => missing.has(accountId),
    restore: (accountId) => void missing.delete(accountId),
  }
}
