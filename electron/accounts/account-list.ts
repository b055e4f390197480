import type { Account } from '../contract/account.ts'
import type { AccountBook } from '../platform/environment.ts'
import { isSameHuman } from './upload-account.ts'

/** Who is known here: by the book, which other processes share, and by what this process found in its keychain. */
export interface Known {
  list(): readonly Account[]
  /**
   * Writes down who has signed in. Whoever of others is signed out by then has left this computer to them; unless somebody has
   * been here all along, whose own second sign-in it may be that ran out.
   */
  welcome(account: Account): void
  /** The keychain has nothing for it: signed out for this process, since another one's may have it. */
  miss(accountId: string): void
  /** It turned out dead. Only what a server has refused is written down, not that a secret `isMissing` here. */
  lose(account: Account, isMissing: boolean): void
  /** Its secret is there again. */
  findAgain(account: Account): void
}

export function createKnown(book: AccountBook): Known {
  const missed = new Set<string>()
  const list = () =>
    book
      .list()
      .map((account): Account => (missed.has(account.id) ? { ...account, state: 'signed-out' } : account))
  return {
    list,
    welcome(account) {
      const isAnybodyHere = list().some(({ state }) => state === 'ready')
      missed.delete(account.id)
      book.save(account)
      if (isAnybodyHere) return
      for (const other of list()) {
        if (other.state === 'signed-out' && !isSameHuman(other, account))
          book.save({ ...other, hasLeft: true })
      }
    },
    miss: (accountId) => void missed.add(accountId),
    lose(account, isMissing) {
      if (isMissing) missed.add(account.id)
      else book.save({ ...account, state: 'signed-out' })
    },
    findAgain(account) {
      missed.delete(account.id)
      book.save({ ...account, state: 'ready' })
    },
  }
}
