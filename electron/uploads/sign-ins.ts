import * as v from 'valibot'
import type { Accounts } from '../accounts/accounts.ts'
import { failed, failure, success, type Result } from '../contract/errors.ts'
import type { KeychainState, SessionView, Team, TeamChoice } from '../contract/model.ts'
import type { Choices } from './account-book.ts'

/** Who is signed in and which team is chosen, as the person sees it; and what that does to the queue. */
export interface SignIns {
  view(): SessionView
  signIn(email: string, password: string): Promise<Result<SessionView>>
  signOut(accountId: string): Promise<Result<SessionView>>
  useToken(token: string): Promise<Result<SessionView>>
  choose(choice: TeamChoice): Result<SessionView>
  /** The account and team for new files: the one named, else the chosen one; null when there is none. */
  resolve(choice: TeamChoice | null): { readonly accountId: string; readonly team: Team } | null
  /** Whether the person has chosen a team, and it still stands. */
  hasChosen(): boolean
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
  readonly server: () => string
  readonly keychainState: () => KeychainState
  /** Asks the keychain for something, so that its state is known before anybody is told where a sign-in is kept. */
  readonly probeKeychain: () => Promise<unknown>
  readonly returned: (accountId: string) => void
  readonly leaving: (accountId: string) => Promise<void>
  readonly announce: (session: SessionView) => void
}): SignIns {
  const { accounts, choices, server } = options
  const life = new AbortController()
  let background: Promise<unknown> = Promise.resolve()

  function accountsHere() {
    const base = server().replace(/\/+$/, '')
    return accounts.list().filter((account) => account.server.replace(/\/+$/, '') === base)
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
  })
  const tell = () => options.announce(view())
  const told = (): Result<SessionView> => {
    tell()
    return success(view())
  }

  return {
    view,
    tell,
    resolve,
    hasChosen: () => storedChoice() !== null,
    async signIn(email, password) {
      const account = await accounts.signIn(server(), email, password)
      if (!account.ok) return account
      options.returned(account.value.id)
      return told()
    },
    async signOut(accountId) {
      await options.leaving(accountId)
      const done = await accounts.signOut(accountId)
      const session = told()
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
      tell()
    },
    async restore() {
      // Not waited for: a locked keyring may be asking the person for its password meanwhile.
      void options.probeKeychain().then(() => life.signal.aborted || tell())
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
      await background
    },
  }
}
