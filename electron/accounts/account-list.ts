import type { Account } from '../contract/account.ts'
import type { AccountStore } from '../platform/environment.ts'
import { hasSameEmail } from '../contract/account.ts'

/** Who is known here: by the book, which other processes share, and by what this process found in its keychain. */
export interface AccountList {
  list(): readonly Account[]
  /**
   * Writes down who has signed in. Whoever of others is signed out by then has left this computer to them; unless somebody has
   * been here all along, whose own second sign-in it may be that ran out.
   */
  add(account: Account): void
  /** The keychain has nothing for it: signed out for this process, since another one's may have it. */
  markMissing(accountId: string): void
  /** It turned out dead. Only what a server has refused is written down, not that a secret `isMissing` here. */
  invalidate(account: Account, isMissing: boolean): void
  /** Its secret is there again. */
  restore(account: Account): void
}

export function createAccountList(book: AccountStore): AccountList {
  const missed = new Set<string>()
  const list = () =>
    book
      .list()
      .map((account): Account => (missed.has(account.id) ? { ...account, state: 'signed-out' } : account))
  return {
    list,
    add(account) {
      const isAnybodyHere = list().some(({ state }) => state === 'ready')
      missed.delete(account.id)
      book.save(account)
      if (isAnybodyHere) return
      for (const other of list()) {
        if (other.state === 'signed-out' && !hasSameEmail(other, account))
          book.save({ ...other, hasLeft: true })
      }
    },
    markMissing: (accountId) => void missed.add(accountId),
    invalidate(account, isMissing) {
      if (isMissing) missed.add(account.id)
      else book.save({ ...account, state: 'signed-out' })
    },
    restore(account) {
      missed.delete(account.id)
      book.save({ ...account, state: 'ready' })
    },
  }
}
