import { AsyncLocalStorage } from 'node:async_hooks'
import { createAccounts } from '../../accounts/accounts.ts'
import { createProxyLogins } from '../../accounts/proxy-logins.ts'
import { createSignIns } from '../../accounts/sign-ins.ts'
import type { Account } from '../../contract/account.ts'
import { createAccountStore } from '../../journal/account-store.ts'
import { createSealedAccounts } from '../../journal/sealing/sealed-accounts.ts'
import { createAccountSealing } from '../account-sealing.ts'
import type { EngineOptions } from '../engine-api.ts'
import type { Base } from './base.ts'

/** Who is signed in, through which proxies, and what is encrypted because its user has signed out. */
export type People = ReturnType<typeof createPeople>

export function createPeople(options: EngineOptions, base: Base) {
  const { folder, environment, secretStore, keychainState } = options
  const { events, database, choices } = base
  let confirmAccount = async (_account: Account) => true
  /** What runs for a command, also after a while, such as the end of a pairing. */
  const commands = new AsyncLocalStorage<true>()

  const proxies = createProxyLogins({
    environment,
    secretStore,
    onChange: () => events.emit('proxiesChanged'),
  })
  const accountStore = createAccountStore(database, environment)
  const accounts = createAccounts({
    environment,
    secretStore,
    proxies,
    accountStore,
    confirmAccount: async (account) => commands.getStore() === true || confirmAccount(account),
  })
  const sealedAccounts = createSealedAccounts(database, environment, folder)
  const sealing = createAccountSealing({
    sealed: sealedAccounts,
    accountStore,
    readyAccounts: () => accounts.list().filter(({ state }) => state === 'ready'),
    secretStore,
    keychainState,
    environment,
    folder,
    logFolders: options.logFolders ?? [],
    flushLog: options.flushLog ?? (async () => {}),
    async release(departed) {
      const released: Promise<void>[] = []
      events.emit('departing', departed, (work) => released.push(work))
      await Promise.all(released)
    },
    secretsErased: accounts.departedSecretsErased,
    onChange: () => events.emit('sealingChanged'),
  })
  const signIns = createSignIns({
    accounts,
    choices,
    keychainState,
    sealedProblem: sealing.problem,
    proxies,
    environment,
    settings: () => base.settings,
    // Before files that wait for a team are added, since their uploads may return.
    onSignedIn: () => sealing.unsealPresent().catch(() => undefined),
    onAccountsChanged: (lostId) => events.emit('accountsChanged', lostId),
    onProxyLogin: () => events.emit('proxyOpened'),
    onVisibilityChanged: (accountIds) => events.emit('visibilityChanged', accountIds),
    onSessionChanged: (session) => events.emit('session', session),
  })

  // Exceptions are logged; what was not done is done later.
  const inBackground = (work: Promise<unknown>) => void work.catch(() => undefined)
  /** Someone may be back, and another user may be gone. */
  function sealAndUnseal(): void {
    inBackground(sealing.unsealPresent())
    inBackground(sealing.sealDeparted())
  }

  events.on('networkChanged', proxies.stopSkipping)
  events.on('signedOut', signIns.markSignedOut)
  // The user may not be a member of the team any more.
  events.on('forbidden', () => inBackground(signIns.refreshTeams()))
  events.on('accountsChanged', sealAndUnseal)
  events.on('proxiesChanged', signIns.announce)

  return {
    proxies,
    accountStore,
    accounts,
    sealing,
    signIns,
    needsErasing: sealedAccounts.needsErasing,
    sealAndUnseal,
    asCommand: <T>(work: () => T): T => commands.run(true, work),
    setConfirmation(confirm: typeof confirmAccount): void {
      confirmAccount = confirm
    },
    async keychainChanged(): Promise<void> {
      await signIns.keychainChanged()
      inBackground(sealing.unsealPresent())
      // A locked keychain would ask the user again.
      if (keychainState() === 'ok') inBackground(sealing.sealDeparted())
    },
  }
}
