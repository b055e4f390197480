import type { Accounts } from './accounts.ts'
import { hiddenAccounts } from '../contract/account.ts'
import { createPairings } from './pairing.ts'
import type { ProxyLogins } from './proxy-logins.ts'
import { checkServer } from '../cloud/server-check.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account, KeychainState, SessionView, Team, TeamChoice } from '../contract/account.ts'
import { baseOf, serversOf, type ServerCheck } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import type { Environment } from '../platform/environment.ts'
import type { ProxyLogin } from '../platform/proxy-resolver.ts'
import type { StoredChoices } from '../platform/environment.ts'
import { createTeamSelection } from './team-selection.ts'

/** Who is signed in and which team is chosen, as the person sees it; and what that does to the queue. */
export interface SignIns {
  view(): SessionView
  /** Asks an address, or the server in force, whether it is there and speaks this API. */
  checkServer(address?: string): Promise<ServerCheck>
  signIn(email: string, password: string): Promise<Result<SessionView>>
  /** Signs in with a pasted device key. */
  signInWithKey(key: string): Promise<Result<SessionView>>
  /** Begins a pairing; how it goes on is in the view. */
  startPairing(): Promise<Result<SessionView>>
  cancelPairing(): Result<SessionView>
  signOut(accountId: string): Promise<Result<SessionView>>
  /** Signs in to a proxy; what it kept from being sent goes on. */
  signInToProxy(proxy: string, login: ProxyLogin): Promise<Result<SessionView>>
  /** Lets the proxy's question go until it is asked anew. */
  leaveProxy(): Result<SessionView>
  useToken(token: string): Promise<Result<Account>>
  choose(choice: TeamChoice): Result<SessionView>
  /** The account and team for new files: the one named, else the chosen one; null when there is none. */
  resolve(choice: TeamChoice | null): { readonly accountId: string; readonly team: Team } | null
  /** Whether the person has chosen a team, and it still stands. */
  hasChosenTeam(): boolean
  /** Accounts of people who have left this computer to others: nothing of theirs is shown. */
  hidden(): ReadonlySet<string>
  /** A sign-in turned out dead. */
  markSignedOut(accountId: string): void
  /** The keychain may have been unlocked: tells how things are, with the sign-ins that are back. */
  keychainChanged(): Promise<void>
  /** Tells the listeners how things are. */
  announce(): void
  /** At the start: checks the stored sign-ins. Asks the server in the background. */
  restore(): Promise<void>
  /** Ends what goes on in the background. */
  close(): Promise<void>
}

interface SignInOptions {
  readonly accounts: Accounts
  readonly choices: StoredChoices
  readonly environment: Environment
  readonly settings: () => Pick<Settings, 'server' | 'servers'>
  readonly proxies: ProxyLogins
  readonly keychainState: () => KeychainState
  /** Somebody has come or gone: uploads that wait for a sign-in may find one now, but not the one that was lost. */
  readonly turned: (lostId: string | null) => void
  /** A proxy that kept uploads waiting has a login now. */
  readonly proxyOpened: () => void
  /** What these accounts have in the queue is shown from now on, or no longer. */
  readonly revealed: (accountIds: ReadonlySet<string>) => void
  readonly announce: (session: SessionView) => void
}

export function createSignIns(options: SignInOptions): SignIns {
  const { accounts, choices, environment, settings, proxies } = options
  const server = () => settings().server
  let hidden: ReadonlySet<string> = hiddenAccounts(accounts.list())
  const pairings = createPairings({
    ...accounts,
    environment,
    arrived: () => void turn(null),
    changed: () => tell(),
  })

  function accountsHere() {
    const known = new Set(serversOf(settings()).map(({ address }) => baseOf(address)))
    return accounts.list().filter(({ id, server }) => known.has(baseOf(server)) && !hidden.has(id))
  }

  const choosing = createTeamSelection(accountsHere, choices)
  const { resolve } = choosing

  const view = (): SessionView => ({
    server: server(),
    accounts: accountsHere(),
    chosen: choosing.chosen(),
    keychain: options.keychainState(),
    pairing: pairings.current(),
    proxy: proxies.question(),
  })

  function tell(): void {
    const before = hidden
    hidden = hiddenAccounts(accounts.list())
    const turned = new Set([...before, ...hidden].filter((id) => before.has(id) !== hidden.has(id)))
    if (turned.size > 0) options.revealed(turned)
    options.announce(view())
  }

  const told = (): Result<SessionView> => {
    tell()
    return success(view())
  }

  /** Somebody has come or gone. */
  function turn(lostId: string | null): Result<SessionView> {
    options.turned(lostId)
    return told()
  }

  const welcomed = (account: Result<Account>) => (account.ok ? turn(null) : account)

  const restoring = createRestoring({ accounts, environment, settings, tell, turned: () => void turn(null) })

  return {
    ...{ view, announce: tell, resolve },
    hasChosenTeam: () => choosing.stored() !== null,
    hidden: () => hidden,
    checkServer: (address) => checkServer(baseOf(address ?? server()), accounts.clientFor, proxies),
    signIn: async (email, password) => welcomed(await accounts.signIn(server(), email, password)),
    signInWithKey: async (key) => welcomed(await accounts.signInWithKey(server(), key)),
    async startPairing() {
      const started = await pairings.start(baseOf(server()))
      return started.ok ? success(view()) : started
    },
    cancelPairing() {
      pairings.cancel()
      return success(view())
    },
    async signOut(accountId) {
      const done = await accounts.signOut(accountId, tell)
      const session = turn(null)
      return done.ok ? session : done
    },
    async signInToProxy(proxy, login) {
      const kept = await proxies.signIn(proxy, login)
      options.proxyOpened()
      return kept.ok ? told() : kept
    },
    leaveProxy() {
      proxies.leave()
      return success(view())
    },
    async useToken(token) {
      const account = await accounts.useToken(server(), token)
      if (account.ok) tell()
      return account
    },
    choose(choice) {
      if (!resolve(choice)) return failed(failure('no-team'))
      choosing.store(choice)
      return told()
    },
    markSignedOut(accountId) {
      accounts.markSignedOut(accountId)
      turn(accountId)
    },
    async keychainChanged() {
      if (await accounts.reloadSecrets()) turn(null)
      else tell()
    },
    restore: restoring.restore,
    async close() {
      pairings.cancel()
      await restoring.close()
    },
  }
}

/** What a start does with the sign-ins that it finds. */
function createRestoring(options: {
  readonly accounts: Accounts
  readonly environment: Environment
  readonly settings: () => Pick<Settings, 'server' | 'servers'>
  readonly tell: () => void
  readonly turned: () => void
}) {
  const { accounts, environment, settings, tell, turned } = options
  const life = new AbortController()
  let background: Promise<unknown> = Promise.resolve()
  const ready = () => accounts.list().filter(({ state }) => state === 'ready')

  /** A pairing that was confirmed when nobody saw it. To look for it is also how the keychain's state becomes known. */
  async function finishArrival(server: string): Promise<void> {
    try {
      const arrival = await accounts.finishPendingKey(baseOf(server))
      if (life.signal.aborted) return
      if (arrival?.ok) turned()
      else tell()
    } catch (error) {
      if (!life.signal.aborted)
        environment.log.error('a pairing could not be finished', { error: String(error) })
    }
  }

  return {
    async restore() {
      // Not waited for: a locked keyring may be asking the person for its password meanwhile.
      for (const { address } of serversOf(settings())) void finishArrival(address)
      await Promise.all(ready().map(({ id }) => accounts.checkSecret(id)))
      tell()
      background = Promise.allSettled(
        ready().map(({ id }) => accounts.refreshProfile(id, life.signal).then(tell)),
      )
    },
    async close() {
      life.abort()
      await background
    },
  }
}
