import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import {
  otherTeams,
  teamKey,
  type Account,
  type SessionView,
  type Team,
  type TeamChoice,
} from '../../electron/contract/account.ts'
import { distinctTeams } from './team-options.ts'

interface SessionEvents {
  /** A pairing has signed in. */
  readonly paired: () => void
  /** An account is no longer shown. */
  readonly departed: () => void
}

/** The accounts and the team that new files are uploaded to. */
export class SessionState {
  view = $state.raw<SessionView | null>(null)
  /** Why the session could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  readonly #all = $derived(this.view?.accounts ?? [])
  readonly ready = $derived(this.#all.filter(({ state }) => state === 'ready'))
  /** Without those that were signed out while others are signed in: the user doesn't need them any more. */
  readonly accounts = $derived(this.#all.filter(({ hasLeft }) => !hasLeft || this.ready.length === 0))
  /** Accounts without a valid sign-in, whose uploads wait. */
  readonly signedOut = $derived(this.accounts.filter(({ state }) => state === 'signed-out'))
  /** Whether files can be uploaded to more than one team. */
  readonly hasSeveralTeams = $derived(distinctTeams(this).size > 1)
  readonly account = $derived(this.#accountOf(this.view?.chosen ?? null))
  readonly team = $derived(this.teamOf(this.view?.chosen ?? null))
  readonly #bridge: Bridge
  readonly #events: SessionEvents

  constructor(bridge: Bridge, events: SessionEvents) {
    this.#bridge = bridge
    this.#events = events
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#bridge.on('session', (view) => {
      const wasStoring = this.view?.pairing?.state === 'storing'
      this.receive(view)
      if (wasStoring && !view.pairing) this.#events.paired()
    })
    void this.load()
    return stop
  }

  /** The names of the teams that the user of an account reaches by another sign-in; null without one. */
  otherTeams(accountId: string): readonly string[] | null {
    return otherTeams(this.accounts, [accountId])
  }

  /** A team with a signed-in account: the given one, or another one that has the team; null if there is none. */
  readyChoiceFor(choice: TeamChoice): TeamChoice | null {
    const isOfTeam = ({ id, teams }: Account) =>
      teams.some((team) => teamKey({ accountId: id, teamId: team.id }) === teamKey(choice))
    const accounts = this.ready.filter(isOfTeam)
    const account = accounts.find(({ id }) => id === choice.accountId) ?? accounts[0]
    return account ? { ...choice, accountId: account.id } : null
  }

  receive(view: SessionView): void {
    const ids = new Set(view.accounts.map(({ id }) => id))
    const isAnyGone = this.accounts.some(({ id }) => !ids.has(id))
    this.view = view
    if (isAnyGone) this.#events.departed()
  }

  find(accountId: string): Account | undefined {
    return this.#all.find(({ id }) => id === accountId)
  }

  accountName(accountId: string): string {
    const account = this.find(accountId)
    if (!account) return accountId
    const own = account.email || account.name
    const isOfMany = new Set(this.accounts.map(({ server }) => server)).size > 1
    const name = isOfMany ? `${own} · ${URL.parse(account.server)?.host ?? account.server}` : own
    const isTwice = this.accounts.some(
      ({ id, email, server }) => id !== accountId && email === account.email && server === account.server,
    )
    // A paired device serves one team, which distinguishes it from a session of the same user.
    return isTwice && account.kind === 'device' ? `${name} · ${account.teams[0]?.name ?? ''}` : name
  }

  async load(): Promise<void> {
    const result = await this.#bridge.session()
    this.loadFailure = result.ok ? null : result.failure
    if (result.ok) this.view ??= result.value
  }

  #accountOf(chosen: TeamChoice | null): Account | null {
    return chosen ? (this.find(chosen.accountId) ?? null) : null
  }

  teamOf(choice: TeamChoice | null): Team | null {
    return this.#accountOf(choice)?.teams.find(({ id }) => id === choice?.teamId) ?? null
  }
}
