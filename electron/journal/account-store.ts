import * as v from 'valibot'
import type { DatabaseSync } from 'node:sqlite'
import type { Account } from '../contract/account.ts'
import type { AccountStore, ChoiceName, Environment, StoredChoices } from '../platform/environment.ts'
import { createWrite } from './journal-write.ts'

const accountText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    id: v.string(),
    kind: v.picklist(['session', 'device']),
    server: v.string(),
    personId: v.string(),
    name: v.string(),
    email: v.string(),
    teams: v.array(v.object({ id: v.string(), name: v.string(), role: v.exactOptional(v.string()) })),
    state: v.picklist(['ready', 'signed-out']),
    hasLeft: v.exactOptional(v.boolean()),
    data: v.exactOptional(v.picklist(['kept', 'removed'])),
  }),
)

/**
 * The accounts of this computer, stored in the journal together with their uploads. Unreadable rows are
 * skipped.
 */
export function createAccountStore(database: DatabaseSync, environment: Environment): AccountStore {
  const write = createWrite(database, environment)
  const select = database.prepare(selectAccounts)
  let known: { readonly texts: readonly unknown[]; readonly accounts: readonly Account[] } | null = null
  return {
    // Each upload asks several times, and sealing changes the rows too.
    list() {
      const texts = select.all().map(({ account }) => account)
      const isKnown =
        known?.texts.length === texts.length && known.texts.every((text, index) => text === texts[index])
      if (!known || !isKnown) known = { texts, accounts: parseAccounts(texts) }
      return known.accounts
    },
    save: (...accounts) =>
      write(() => {
        const save = database.prepare(
          'INSERT INTO accounts (id, account) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET account = excluded.account',
        )
        for (const account of accounts) save.run(account.id, JSON.stringify(account))
      }),
  }
}

const selectAccounts = 'SELECT account FROM accounts ORDER BY rowid'

export const storedAccounts = (database: DatabaseSync): readonly Account[] =>
  parseAccounts(
    database
      .prepare(selectAccounts)
      .all()
      .map(({ account }) => account),
  )

function parseAccounts(texts: readonly unknown[]): readonly Account[] {
  return texts.flatMap((text) => {
    const parsed = v.safeParse(accountText, text)
    return parsed.success ? [parsed.output] : []
  })
}

export function createStoredChoices(database: DatabaseSync, environment: Environment): StoredChoices {
  const write = createWrite(database, environment)
  return {
    get: (name) => readChoice(database, name),
    set: (name, value) =>
      write(() => {
        database.prepare('INSERT OR REPLACE INTO choices (name, value) VALUES (?, ?)').run(name, value)
      }),
  }
}

export function readChoice(database: DatabaseSync, name: ChoiceName): string | null {
  const value = database.prepare('SELECT value FROM choices WHERE name = ?').get(name)?.['value']
  return typeof value === 'string' ? value : null
}
