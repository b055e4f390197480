import type { Accounts } from './accounts.ts'
import { hiddenAccounts } from '../contract/account.ts'
import { createPairings } from './pairing.ts'
import type { ProxyLogins } from './proxy-logins.ts'
import { checkServer } from '../cloud/server-check.ts'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import type { Account, KeychainState, SessionView, Team, TeamChoice } from '../contract/account.ts'
import { baseOf, isKnownServer, serversOf, type ServerCheck } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import type { ProxyLogin } from '../platform/network/proxy-resolver.ts'
import type { StoredChoices } from '../platform/environment.ts'
import { retryCall, type RetryOptions } from '../platform/retry.ts'
import { createTeamSelection } from './team-selection.ts'

/** The accounts and the chosen team as shown to the user, and the effects of changes on the queue. */
export interface SignIns {
  view(): SessionView
  /** Checks that a server is reachable and speaks this API. */
  checkServer(address: string): Promise<ServerCheck>
  signIn(email: string, password: string): Promise<Result<SessionView>>
  /** Signs in with a pasted device key. */
  signInWithKey(key: string): Promise<Result<SessionView>>
  /** Starts a pairing; its progress is part of the view. */
  startPairing(): Promise<Result<SessionView>>
  cancelPairing(): Result<SessionView>
  /** `onSignedOut` is called once the account can't be used any more, before the server has answered. */
  signOut(accountId: string, data: Account['data'], onSignedOut: () => void): Promise<Result<SessionView>>
  /** Signs in to a proxy; requests that it refused are tried again. */
  signInToProxy(proxy: string, login: ProxyLogin): Promise<Result<SessionView>>
  /** Hides the proxy's question until it refuses a request again. */
  leaveProxy(): Result<SessionView>
  /** Temporary failures are retried with `retry`. */
  useToken(token: string, retry?: RetryOptions): Promise<Result<Account>>
  /** Forgets an account's token, unless others use it too. */
  dropToken(accountId: string): void
  choose(choice: TeamChoice): Result<SessionView>
  /**
   * The account and team for new files: the given one, else the chosen one; null when there is none. Never a
   * team that the user has not chosen, unless it is the only one.
   */
  resolve(choice: TeamChoice | null): { readonly accountId: string; readonly team: Team } | null
  /**
   * The team for files that were added where no team was shown; null if the user has still to choose. It is
   * not the team of another account than the one of the last choice.
   */
  decidedTeam(): TeamChoice | null
  /** Whether the user has ever chosen a team, available or not. */
  hasTeamChoice(): boolean
  /**
   * Ids of the accounts of users who have signed out while another user uses this computer: they are not
   * shown.
   */
  hidden(): ReadonlySet<string>
  /** The secret of an account was refused. */
  markSignedOut(accountId: string): void
  /** The keychain may have been unlocked: reads the secrets again and notifies the listeners. */
  keychainChanged(): Promise<void>
  /**
   * Checks at the servers whether the sign-ins are still valid, which also updates their teams. A lost connection
   * marks none as invalid. Notifies the listeners.
   */
  confirm(): Promise<void>
  /**
   * Like `confirm`, for hints that a user may have joined or left a team: at once or a minute after the last time, and
   * notifies the listeners only of changes.
   */
  refreshTeams(): Promise<void>
  /** Notifies the listeners. */
  announce(): void
  /** At the start: checks the stored sign-ins, at the server in the background. */
  restore(): Promise<void>
  /** Ends the background work. */
  close(): Promise<void>
}

interface SignInOptions {
  readonly accounts: Accounts
  readonly choices: StoredChoices
  readonly environment: Environment
  readonly settings: () => Pick<Settings, 'server' | 'servers'>
  readonly proxies: ProxyLogins
  readonly keychainState: () => KeychainState
  /** Why something that was encrypted can't be decrypted, or null. */
  readonly sealedProblem: () => Failure | null
  /** An account was signed in; nothing else happens for it before this has resolved. Must not reject. */
  readonly onSignedIn: () => Promise<void>
  /** An account was signed in or out: waiting uploads may find an account now, but not the lost one. */
  readonly onAccountsChanged: (lostId: string | null) => void
  /** A proxy that refused requests has a login now. */
  readonly onProxyLogin: () => void
  /** The uploads of these accounts are shown from now on, or hidden. */
  readonly onVisibilityChanged: (accountIds: ReadonlySet<string>) => void
  readonly onSessionChanged: (session: SessionView) => void
}

export function createSignIns(options: SignInOptions): SignIns {
  const { accounts, choices, environment, settings, proxies } = options
  const currentServer = () => settings().server
  const visibility = createVisibility(options)
  const pairings = createPairings({
    clientFor: accounts.clientFor,
    acceptDeviceKey: accounts.acceptDeviceKey,
    finishPendingKey: accounts.finishPendingKey,
    discardKey: accounts.discardKey,
    environment,
    onSignedIn: () => void checks.finishSignIn(),
    onChange: () => announce(),
  })

  const teamSelection = createTeamSelection(visibility.accounts, choices)

  const view = (): SessionView => ({
    server: currentServer(),
    accounts: visibility.accounts(),
    chosen: teamSelection.chosen(),
    keychain: options.keychainState(),
    pairing: pairings.current(),
    proxy: proxies.pendingQuestion(),
    ...withSealed(options.sealedProblem()),
  })

  function announce(): Result<SessionView> {
    visibility.update()
    teamSelection.accountsChanged()
    const session = view()
    options.onSessionChanged(session)
    return success(session)
  }

  async function afterSignIn(account: Result<Account>): Promise<Result<SessionView>> {
    if (!account.ok) return account
    await options.onSignedIn()
    return accountsChanged(null)
  }

  function accountsChanged(lostId: string | null): Result<SessionView> {
    options.onAccountsChanged(lostId)
    return announce()
  }

  const checks = createSignInChecks(options, announce, () => accountsChanged(null))

  return {
    view,
    announce,
    resolve: teamSelection.resolve,
    decidedTeam: teamSelection.decided,
    hasTeamChoice: teamSelection.hasChoice,
    hidden: visibility.hidden,
    checkServer: (address) => checkServer(baseOf(address), accounts.clientFor, proxies),
    signIn: async (email, password) => afterSignIn(await accounts.signIn(currentServer(), email, password)),
    signInWithKey: async (key) => afterSignIn(await accounts.signInWithKey(currentServer(), key)),
    async startPairing() {
      const started = await pairings.start(baseOf(currentServer()))
      return started.ok ? success(view()) : started
    },
    cancelPairing() {
      pairings.cancel()
      return success(view())
    },
    async signOut(accountId, data, onSignedOut) {
      const signedOut = await accounts.signOut(accountId, onSignedOut, data)
      const session = accountsChanged(null)
      return signedOut.ok ? session : signedOut
    },
    async signInToProxy(proxy, login) {
      const stored = await proxies.signIn(proxy, login)
      if (!stored.ok && stored.failure.code === 'bad-call') return stored
      options.onProxyLogin()
      return stored.ok ? announce() : stored
    },
    leaveProxy() {
      proxies.dismissQuestion()
      return success(view())
    },
    ...createTokens(options, announce, accountsChanged),
    choose(choice) {
      if (!teamSelection.resolve(choice)) return failed(failure('no-team'))
      const stored = teamSelection.store(choice)
      return stored.ok ? announce() : stored
    },
    markSignedOut(accountId) {
      if (markSignedOut(accounts, accountId)) accountsChanged(accountId)
    },
    async keychainChanged() {
      if (await accounts.reloadSecrets()) accountsChanged(null)
      else announce()
    },
    confirm: checks.confirm,
    refreshTeams: checks.refreshTeams,
    restore: checks.restore,
    async close() {
      pairings.cancel()
      await checks.close()
    },
  }
}

/** Sign-ins with tokens from outside. */
function createTokens(
  { accounts, settings }: SignInOptions,
  announce: () => void,
  accountsChanged: (lostId: string) => void,
): Pick<SignIns, 'useToken' | 'dropToken'> {
  return {
    async useToken(token, retry) {
      const account = await accounts.useToken(settings().server, token, retry)
      if (account.ok) announce()
      return account
    },
    dropToken(accountId) {
      if (accounts.dropToken(accountId)) accountsChanged(accountId)
    },
  }
}

/** Returns whether the account was signed in: each of thousands of uploads may report that it isn't any more. */
function markSignedOut(accounts: Pick<Accounts, 'list' | 'markSignedOut'>, accountId: string): boolean {
  const wasSignedIn = accounts.list().some(({ id, state }) => id === accountId && state === 'ready')
  if (wasSignedIn) accounts.markSignedOut(accountId)
  return wasSignedIn
}

const withSealed = (sealed: Failure | null) => (sealed ? { sealed } : {})

/** Which of the accounts are shown. */
function createVisibility({ accounts, settings, onVisibilityChanged }: SignInOptions) {
  let hidden: ReadonlySet<string> = hiddenAccounts(accounts.list())
  return {
    hidden: () => hidden,
    /** The accounts that are shown. */
    accounts() {
      const isShown = ({ id, server }: Account) => isKnownServer(settings(), server) && !hidden.has(id)
      return accounts.list().filter(isShown)
    },
    update() {
      const before = hidden
      hidden = hiddenAccounts(accounts.list())
      const changed = new Set([...before, ...hidden].filter((id) => before.has(id) !== hidden.has(id)))
      if (changed.size > 0) onVisibilityChanged(changed)
    },
  }
}

/** A user waits for the result in front of a window, in ms. */
const confirmWithinMs = 15_000

/** How long the end of the app waits for new tokens, in ms. */
const storeWithinMs = 3_000

/** Hints come with every refused upload and every opened menu, in ms. */
const refreshEveryMs = 60_000

/** Checks the stored sign-ins, when the app starts and on request. */
function createSignInChecks(
  { accounts, environment, settings, onSignedIn }: SignInOptions,
  announce: () => void,
  accountsChanged: () => void,
) {
  const closing = new AbortController()
  let refreshing: Promise<unknown> = Promise.resolve()
  let revoking: Promise<unknown> = Promise.resolve()
  let refreshedAtMs = -Infinity
  let cancelNextRefresh: (() => void) | null = null
  /** For sign-ins that no caller waits for. Once closed, the accounts can't be read any more. */
  async function finishSignIn(): Promise<void> {
    await onSignedIn()
    if (!closing.signal.aborted) accountsChanged()
  }
  const isKnown = (server: string) => isKnownServer(settings(), server)
  const signedInAccounts = () =>
    accounts.list().filter(({ state, server }) => state === 'ready' && isKnown(server))

  /**
   * Finishes a pairing that was confirmed while the app was not running. Reading its key also shows the
   * keychain's state.
   */
  async function finishPendingPairing(server: string): Promise<void> {
    const finish = async () => (await accounts.finishPendingKey(baseOf(server))) ?? success(null)
    let isAnnounced = false
    const onRetry = () => {
      if (!isAnnounced) announce()
      isAnnounced = true
    }
    try {
      const account = await retryCall(finish, environment, { signal: closing.signal, onRetry })
      if (closing.signal.aborted) return
      if (account.ok && account.value) void finishSignIn()
      else announce()
    } catch (error) {
      if (!closing.signal.aborted)
        environment.log.error('a pairing could not be finished', { error: String(error) })
    }
  }

  /** Requests the profiles of all accounts, and notifies the listeners of changes. */
  async function refreshProfiles(): Promise<'same' | 'announced'> {
    const signal = AbortSignal.any([AbortSignal.timeout(confirmWithinMs), closing.signal])
    const before = signedInAccounts()
    refreshedAtMs = environment.monotonicMs()
    const profiles = await Promise.allSettled(before.map(({ id }) => accounts.refreshProfile(id, signal)))
    if (closing.signal.aborted) return 'announced'
    const hasProfile = profiles.some((profile) => profile.status === 'fulfilled' && profile.value.ok)
    if (!hasProfile) refreshedAtMs = -Infinity
    const after = signedInAccounts()
    if (JSON.stringify(after) === JSON.stringify(before)) return 'same'
    const ready = new Set(after.map(({ id }) => id))
    if (before.every(({ id }) => ready.has(id))) announce()
    else accountsChanged()
    return 'announced'
  }

  return {
    finishSignIn,
    async restore() {
      // Only here, before any sign-in, whose secret could be erased too. Not awaited, also not at the end, since a
      // locked keyring may be asking the user for its password.
      void accounts.eraseDepartedSecrets(isKnown).then(
        ({ revoked }) => (revoking = revoked),
        (error: unknown) =>
          environment.log.error('old sign-ins could not be erased', { error: String(error) }),
      )
      for (const { address } of serversOf(settings())) void finishPendingPairing(address)
      await Promise.all(signedInAccounts().map(({ id }) => accounts.checkSecret(id)))
      announce()
      refreshing = Promise.allSettled(
        signedInAccounts().map(({ id }) =>
          retryCall(() => accounts.refreshProfile(id, closing.signal), environment, {
            signal: closing.signal,
          }).then(announce),
        ),
      )
    },
    async confirm() {
      if ((await refreshProfiles()) === 'same') announce()
    },
    async refreshTeams() {
      if (closing.signal.aborted || cancelNextRefresh) return
      const waitMs = refreshedAtMs + refreshEveryMs - environment.monotonicMs()
      if (waitMs <= 0) await refreshProfiles()
      else
        cancelNextRefresh = environment.timers.after(waitMs, () => {
          cancelNextRefresh = null
          void refreshProfiles()
        })
    },
    async close() {
      closing.abort()
      cancelNextRefresh?.()
      // Before the process ends: a device key would stay valid at the server, and new tokens would be lost, of
      // which the old ones are invalid. In real time, since the server may not answer.
      const stored = raceAbort(accounts.refreshesEnded(), AbortSignal.timeout(storeWithinMs))
      await Promise.allSettled([refreshing, revoking, stored])
    },
  }
}
