import {
  isSamePerson,
  personKey,
  teamKey,
  type Account,
  type TeamChoice,
} from '../../electron/contract/account.ts'

/** A selectable team. The name includes the account if several users are signed in. */
export interface TeamOption {
  readonly choice: TeamChoice
  readonly name: string
}

interface Session {
  readonly accounts: readonly Account[]
  /** What distinguishes an account from the others. */
  accountName(accountId: string): string
}

/** The teams of all accounts that are signed in. */
function teamOptions(session: Session): readonly TeamOption[] {
  const { accounts } = session
  const isOfMany = new Set(accounts.map(personKey)).size > 1
  return accounts
    .filter(({ state }) => state === 'ready')
    .flatMap((account) =>
      account.teams.map((team) => ({
        choice: { accountId: account.id, teamId: team.id },
        name: isOfMany ? `${team.name} (${session.accountName(account.id)})` : team.name,
      })),
    )
}

/**
 * The same with one option for each team of a user. If a password sign-in and a paired device have the team, it is
 * the password sign-in, which can upload files of any size.
 */
export function uploadTeamOptions(session: Session): readonly TeamOption[] {
  const byTeam = new Map<string, TeamOption>()
  for (const option of teamOptions(session)) {
    const account = accountOf(session, option.choice)
    const key = `${account ? personKey(account) : ''} ${option.choice.teamId}`
    if (account?.kind === 'session' || !byTeam.has(key)) byTeam.set(key, option)
  }
  return [...byTeam.values()]
}

/** The same by user, with account and team; those of password sign-ins first. */
export function teamsByUser(session: Session) {
  const found = uploadTeamOptions(session).flatMap(({ choice }) => {
    const account = accountOf(session, choice)
    const team = account?.teams.find(({ id }) => id === choice.teamId)
    return account && team ? [{ account, team, choice }] : []
  })
  return [...Map.groupBy(found, ({ account }) => personKey(account)).values()].map((own) =>
    own.sort((a, b) => sessionFirst(a.account) - sessionFirst(b.account)),
  )
}

const sessionFirst = ({ kind }: Account) => (kind === 'session' ? 0 : 1)

const accountOf = ({ accounts }: Session, { accountId }: TeamChoice) =>
  accounts.find(({ id }) => id === accountId)

/** The same team of the same user, perhaps by another sign-in. */
export function isSameUserTeam(session: Session, one: TeamChoice, other: TeamChoice): boolean {
  const [account, otherAccount] = [accountOf(session, one), accountOf(session, other)]
  return one.teamId === other.teamId && !!account && !!otherAccount && isSamePerson(account, otherAccount)
}

/** One option for each team, also if several users have it: for views that only show its library. */
export function distinctTeams(session: Session): ReadonlyMap<string, TeamOption> {
  return new Map(teamOptions(session).map((option) => [teamKey(option.choice), option]))
}
