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
export function createAccountStore(
  database: DatabaseSync,
  environment: Pick<Environment, 'log'>,
): AccountStore {
  const write = createWrite(database, environment)
  return {
    list: () => storedAccounts(database),
    save: (...accounts) =>
      write(() => {
        const save = database.prepare(
          'INSERT INTO accounts (id, account) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET account = excluded.account',
        )
        for (const account of accounts) save.run(account.id, JSON.stringify(account))
      }),
  }
}

export function storedAccounts(database: DatabaseSync): readonly Account[] {
  return database
    .prepare('SELECT account FROM accounts ORDER BY rowid')
    .all()
    .flatMap(({ account }) => {
      const parsed = v.safeParse(accountText, account)
      return parsed.success ? [parsed.output] : []
    })
}

export function createStoredChoices(
  database: DatabaseSync,
  environment: Pick<Environment, 'log'>,
): StoredChoices {
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
