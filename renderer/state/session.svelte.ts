import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/errors.ts'
import type { Account, SessionView, Team, TeamChoice } from '../../electron/contract/model.ts'

/** Who is signed in, and which team new files go to. */
export class SessionState {
  view = $state.raw<SessionView | null>(null)
  /** Why it couldn't be learned who is signed in, or null. */
  trouble = $state.raw<Failure | null>(null)
  readonly accounts = $derived(this.view?.accounts ?? [])
  readonly ready = $derived(this.accounts.filter(({ state }) => state === 'ready'))
  /** Known here, but their sign-in is gone: their uploads wait. */
  readonly signedOut = $derived(this.accounts.filter(({ state }) => state === 'signed-out'))
  readonly account = $derived(this.#accountOf(this.view?.chosen ?? null))
  readonly team = $derived(this.#teamOf(this.view?.chosen ?? null))
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Subscribes and asks once. The answer unsubscribes. */
  begin(): () => void {
    const stop = this.#bridge.on('session', (view) => (this.view = view))
    void this.ask()
    return stop
  }

  accountName(accountId: string): string {
    const account = this.accounts.find(({ id }) => id === accountId)
    return account ? account.email || account.name : accountId
  }

  async ask(): Promise<void> {
    const answer = await this.#bridge.session()
    this.trouble = answer.ok ? null : answer.failure
    if (answer.ok) this.view ??= answer.value
  }

  #accountOf(chosen: TeamChoice | null): Account | null {
    return this.accounts.find(({ id }) => id === chosen?.accountId) ?? null
  }

  #teamOf(chosen: TeamChoice | null): Team | null {
    return this.#accountOf(chosen)?.teams.find(({ id }) => id === chosen?.teamId) ?? null
  }
}
