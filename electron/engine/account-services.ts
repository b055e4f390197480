import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createAccounts, type Accounts } from '../accounts/accounts.ts'
import { createLocks } from '../accounts/refresh-lock.ts'
import { baseOf, putLimitOf } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { ProxyResolver } from '../platform/proxy-resolver.ts'
import { createAccountStore } from '../journal/account-store.ts'
import type { Rows } from '../journal/rows.ts'

/** The accounts that the journal knows, with locks beside it. */
export function openAccounts(
  folder: string,
  database: DatabaseSync,
  world: { readonly environment: Environment; readonly vault: SecretStore; readonly proxies: ProxyResolver },
): Accounts {
  const exclusively = createLocks(join(folder, 'locks'), world.environment)
  return createAccounts({ ...world, book: createAccountStore(database), exclusively })
}

type LimitSettings = Pick<Settings, 'server' | 'servers' | 'singlePutLimitBytes'>

/** The largest file that goes in one piece to the server an account is on, in bytes. */
export function limitsOf(accounts: Accounts, settings: { readonly now: LimitSettings }) {
  return (accountId: string): number => {
    const server = accounts.list().find(({ id }) => id === accountId)?.server ?? settings.now.server
    return putLimitOf(settings.now, server)
  }
}

/** Whether somebody is signed in to a server, or an upload is still for it. */
export function usesServer(
  { accounts, rows }: { readonly accounts: Accounts; readonly rows: Rows },
  address: string,
): boolean {
  const there = accounts.list().filter(({ server }) => baseOf(server) === baseOf(address))
  const ids = new Set(there.map(({ id }) => id))
  const isOpen = (id: string) => {
    const record = rows.get(id)?.record
    return record !== undefined && ids.has(record.accountId) && record.phase !== 'registered'
  }
  return there.some(({ state }) => state === 'ready') || rows.ids().some(isOpen)
}
