import { teamKey, type Account, type TeamChoice } from '../../electron/contract/account.ts'

export { isSameChoice } from '../../electron/contract/account.ts'

/** A selectable team. The name includes the account if there are several. */
export interface TeamOption {
  readonly choice: TeamChoice
  readonly name: string
}

/** The teams of all accounts that are signed in. */
export function teamOptions(accounts: readonly Account[]): readonly TeamOption[] {
  return accounts
    .filter(({ state }) => state === 'ready')
    .flatMap((account) =>
      account.teams.map((team) => ({
        choice: { accountId: account.id, teamId: team.id },
        name: accounts.length > 1 ? `${team.name} (${account.email || account.name})` : team.name,
      })),
    )
}

/** The same without duplicates: a password sign-in and a paired device may share a team. */
export function distinctTeams(accounts: readonly Account[]): ReadonlyMap<string, TeamOption> {
  return new Map(teamOptions(accounts).map((option) => [teamKey(option.choice), option]))
}
