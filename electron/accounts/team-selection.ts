import {
  findSignIn,
  personKey,
  teamKey,
  type Account,
  type Team,
  type TeamChoice,
} from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { StoredChoices } from '../platform/environment.ts'
import { parseTeamChoices, serializeTeamChoices } from '../platform/team-choices.ts'

interface TeamOfAccount {
  readonly accountId: string
  readonly team: Team
}

/** The team to which new files are uploaded. */
interface TeamSelection {
  /**
   * The last choice for an account that is signed in, or whose user has another sign-in for the team; without
   * one, the only available team. Null if the user has still to choose: among several teams, because the account
   * has lost the team, or because its sign-in has expired.
   */
  chosen(): TeamChoice | null
  /**
   * As `chosen`, but null also after the account of the last choice was signed out: files that were added
   * where no team was shown may have been meant for it.
   */
  decided(): TeamChoice | null
  /** Whether the user has ever chosen a team. */
  hasChoice(): boolean
  /** The account and team of a choice, or of the current one; null when it is not valid. */
  resolve(choice: TeamChoice | null): TeamOfAccount | null
  store(choice: TeamChoice): Result<void>
  /** Keeps the team that was the only one until its user got others, as if it had been chosen. */
  accountsChanged(): void
}

const toChoice = (found: TeamOfAccount | null): TeamChoice | null =>
  found && { accountId: found.accountId, teamId: found.team.id }

/** Accounts whose choice is remembered besides the last one. */
const maxOtherAccounts = 20

export function createTeamSelection(
  accounts: () => readonly Account[],
  choices: StoredChoices,
): TeamSelection {
  function find(choice: TeamChoice): TeamOfAccount | null {
    const account = findSignIn(accounts(), choice)
    const team = account?.teams.find(({ id }) => id === choice.teamId)
    return account && team ? { accountId: account.id, team } : null
  }

  const storedChoices = () => parseTeamChoices(choices.get('team')) ?? []

  function onlyTeam(): TeamChoice | null {
    const available = accounts()
      .filter(({ state }) => state === 'ready')
      .flatMap(({ id, teams }) => teams.map((team) => ({ accountId: id, teamId: team.id })))
    // A paired device may give access to a team of another sign-in.
    return new Set(available.map(teamKey)).size === 1 ? (available[0] ?? null) : null
  }

  /** Whether the account still decides about the team, although its choice is not available. */
  function isAwaited({ accountId }: TeamChoice): boolean {
    const account = accounts().find(({ id }) => id === accountId)
    return account !== undefined && account.hasLeft !== true
  }

  function chosen(): TeamChoice | null {
    const current = storedChoices().find((choice) => find(choice) !== null || isAwaited(choice))
    return current ? toChoice(find(current)) : onlyTeam()
  }

  function decided(): TeamChoice | null {
    const [last] = storedChoices()
    return last ? toChoice(find(last)) : onlyTeam()
  }

  function store({ accountId, teamId }: TeamChoice): Result<void> {
    const others = storedChoices().filter((other) => other.accountId !== accountId)
    return choices.set(
      'team',
      serializeTeamChoices([{ accountId, teamId }, ...others.slice(0, maxOtherAccounts)]),
    )
  }

  let onlyBefore = onlyTeam()

  function accountsChanged(): void {
    const only = onlyTeam()
    const ready = accounts().filter(({ state }) => state === 'ready')
    const isOnePerson = new Set(ready.map(personKey)).size === 1
    if (!only && onlyBefore && isOnePerson && storedChoices().length === 0 && find(onlyBefore))
      store(onlyBefore)
    onlyBefore = only
  }

  return {
    chosen,
    decided,
    hasChoice: () => storedChoices().length > 0,
    resolve(choice) {
      const effectiveChoice = choice ?? chosen()
      return effectiveChoice && find(effectiveChoice)
    },
    store,
    accountsChanged,
  }
}
