import * as v from 'valibot'
import type { Accounts } from '../accounts/accounts.ts'
import { baseOf, hiddenAccounts } from '../accounts/carrier.ts'
import { createPairings } from '../accounts/pairings.ts'
import { failed, failure, success, type Result } from '../contract/errors.ts'
import type { Account, KeychainState, SessionView, Team, TeamChoice } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'
import type { Choices } from './account-book.ts'

/** Who is signed in and which team is chosen, as the person sees it; and what that does to the queue. */
export interface SignIns {
  view(): SessionView
  signIn(email: string, password: string): Promise<Result<SessionView>>
  /** Signs in with a pasted device key. */
  signInWithKey(key: string): Promise<Result<SessionView>>
  /** Begins a pairing; how it goes on is in the view. */
  startPairing(): Promise<Result<SessionView>>
  cancelPairing(): Result<SessionView>
  signOut(accountId: string): Promise<Result<SessionView>>
  useToken(token: string): Promise<Result<SessionView>>
  choose(choice: TeamChoice): Result<SessionView>
  /** The account and team for new files: the one named, else the chosen one; null when there is none. */
  resolve(choice: TeamChoice | null): { readonly accountId: string; readonly team: Team } | null
  /** Whether the person has chosen a team, and it still stands. */
  hasChosen(): boolean
  /** Accounts of people who have left this computer to others: nothing of theirs is shown. */
  hidden(): ReadonlySet<string>
  /** A sign-in turned out dead. */
  lost(accountId: string): void
  /** Tells the listeners how things are. */
  tell(): void
  /** At the start: checks the stored sign-ins. Asks the server in the background. */
  restore(): Promise<void>
  /** Ends what goes on in the background. */
  close(): Promise<void>
}

const choiceText = v.pipe(v.string(), v.parseJson(), v.object({ accountId: v.string(), teamId: v.string() }))

export function createSignIns(options: {
  readonly accounts: Accounts
  readonly choices: Choices
  readonly ports: Ports
  readonly server: () => string
  readonly keychainState: () => KeychainState
  /** Somebody has come or gone: uploads that wait for a sign-in may find one now, but not the one that was lost. */
  readonly turned: (lostId: string | null) => void
  readonly leaving: (accountId: string) => Promise<void>
  /** What these accounts have in the queue is shown from now on, or no longer. */
  readonly revealed: (accountIds: ReadonlySet<string>) => void
  readonly announce: (session: SessionView) => void
}): SignIns {
  const { accounts, choices, ports, server } = options
  const life = new AbortController()
  let background: Promise<unknown> = Promise.resolve()
  let hidden: ReadonlySet<string> = hiddenAccounts(accounts.list())
  const pairings = createPairings({
    ...accounts,
    ports,
    arrived: () => void turn(null),
    changed: () => tell(),
  })

  function accountsHere() {
    const base = baseOf(server())
    return accounts.list().filter((account) => baseOf(account.server) === base && !hidden.has(account.id))
  }

  function storedChoice(): TeamChoice | null {
    const parsed = v.safeParse(choiceText, choices.get('team'))
    return parsed.success && find(parsed.output) ? parsed.output : null
  }

  /** The choice that was stored, if it still stands; else the first team there is. */
  function chosen(): TeamChoice | null {
    const stored = storedChoice()
    if (stored) return stored
    const account = accountsHere().find(({ state, teams }) => state === 'ready' && teams.length > 0)
    const team = account?.teams[0]
    return account && team ? { accountId: account.id, teamId: team.id } : null
  }

  const resolve = (choice: TeamChoice | null) => {
    const wanted = choice ?? chosen()
    return wanted && find(wanted)
  }

  function find(wanted: TeamChoice) {
    const account = accountsHere().find(({ id, state }) => id === wanted.accountId && state === 'ready')
    const team = account?.teams.find(({ id }) => id === wanted.teamId)
    return account && team ? { accountId: account.id, team } : null
  }

  const view = (): SessionView => ({
    server: server(),
    accounts: accountsHere(),
    chosen: chosen(),
    keychain: options.keychainState(),
    pairing: pairings.current(),
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

  /** A pairing that was confirmed when nobody saw it. To look for it is also how the keychain's state becomes known. */
  async function finishArrival(): Promise<void> {
    try {
      const arrival = await accounts.finishArrival(baseOf(server()))
      if (life.signal.aborted) return
      if (arrival?.ok) turn(null)
      else tell()
    } catch (error) {
      if (!life.signal.aborted) ports.log.error('a pairing could not be finished', { error: String(error) })
    }
  }

  return {
    ...{ view, tell, resolve },
    hasChosen: () => storedChoice() !== null,
    hidden: () => hidden,
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
      await options.leaving(accountId)
      const done = await accounts.signOut(accountId, tell)
      const session = turn(null)
      return done.ok ? session : done
    },
    async useToken(token) {
      const account = await accounts.useToken(server(), token)
      return account.ok ? told() : account
    },
    choose(choice) {
      if (!resolve(choice)) return failed(failure('no-team'))
      choices.set('team', JSON.stringify(choice))
      return told()
    },
    lost(accountId) {
      accounts.markSignedOut(accountId)
      turn(accountId)
    },
    async restore() {
      // Not waited for: a locked keyring may be asking the person for its password meanwhile.
      void finishArrival()
      const ready = accounts.list().filter(({ state }) => state === 'ready')
      await Promise.all(ready.map(({ id }) => accounts.checkSecret(id)))
      tell()
      const asking = accounts
        .list()
        .filter(({ state }) => state === 'ready')
        .map(({ id }) => accounts.refreshProfile(id, life.signal).then(tell))
      background = Promise.allSettled(asking)
    },
    async close() {
      life.abort()
      pairings.cancel()
      await background
    },
  }
}
