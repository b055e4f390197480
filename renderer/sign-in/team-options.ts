import { isSamePerson, teamKey, type Account, type TeamChoice } from '../../electron/contract/account.ts'

export { isSameChoice } from '../../electron/contract/account.ts'

/** A selectable team. The name includes the account if there are several. */
export interface TeamOption {
  readonly choice: TeamChoice
  readonly name: string
}

interface Accounts {
  readonly accounts: readonly Account[]
}

interface NamedAccounts extends Accounts {
  /** What distinguishes an account from the others. */
  accountName(accountId: string): string
}

/** The teams of all accounts that are signed in. */
export function teamOptions(session: NamedAccounts): readonly TeamOption[] {
  const { accounts } = session
  return accounts
    .filter(({ state }) => state === 'ready')
    .flatMap((account) =>
      account.teams.map((team) => ({
        choice: { accountId: account.id, teamId: team.id },
        name: accounts.length > 1 ? `${team.name} (${session.accountName(account.id)})` : team.name,
      })),
    )
}

/**
 * The same with one option for each team of a user. If a password sign-in and a paired device have the team, it is
 * the password sign-in, which can upload files of any size.
 */
export function uploadTeamOptions(session: NamedAccounts): readonly TeamOption[] {
  const options = teamOptions(session)
  const kindOf = ({ choice }: TeamOption) => accountOf(session, choice)?.kind
  return options.filter((option) => {
    const same = options.filter(({ choice }) => isSameUserTeam(session, choice, option.choice))
    return kindOf(option) === 'session' || same.every((other) => kindOf(other) === 'device')
  })
}

const accountOf = ({ accounts }: Accounts, { accountId }: TeamChoice) =>
  accounts.find(({ id }) => id === accountId)

/** The same team of the same user, perhaps by another sign-in. */
export function isSameUserTeam(session: Accounts, one: TeamChoice, other: TeamChoice): boolean {
  const [account, otherAccount] = [accountOf(session, one), accountOf(session, other)]
  return one.teamId === other.teamId && !!account && !!otherAccount && isSamePerson(account, otherAccount)
}

/** One option for each team, also if several users have it: for views that only show its library. */
export function distinctTeams(session: NamedAccounts): ReadonlyMap<string, TeamOption> {
  return new Map(teamOptions(session).map((option) => [teamKey(option.choice), option]))
}
