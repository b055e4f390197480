import * as v from 'valibot'
import type { Account, Team, TeamChoice } from '../contract/account.ts'
import type { StoredChoices } from '../platform/environment.ts'

export interface TeamOfAccount {
  readonly accountId: string
  readonly team: Team
}

/** Which team new files go to. */
export interface TeamSelection {
  /** The choice that was stored, if it still stands. */
  stored(): TeamChoice | null
  /** The stored choice, else the first team there is. */
  chosen(): TeamChoice | null
  /** The account and team of a choice, or of the one in force; null when it doesn't stand. */
  resolve(choice: TeamChoice | null): TeamOfAccount | null
  store(choice: TeamChoice): void
}

const choiceText = v.pipe(v.string(), v.parseJson(), v.object({ accountId: v.string(), teamId: v.string() }))

export function createTeamSelection(
  accounts: () => readonly Account[],
  choices: StoredChoices,
): TeamSelection {
  function find(wanted: TeamChoice): TeamOfAccount | null {
    const account = accounts().find(({ id, state }) => id === wanted.accountId && state === 'ready')
    const team = account?.teams.find(({ id }) => id === wanted.teamId)
    return account && team ? { accountId: account.id, team } : null
  }

  function stored(): TeamChoice | null {
    const parsed = v.safeParse(choiceText, choices.get('team'))
    return parsed.success && find(parsed.output) ? parsed.output : null
  }

  function chosen(): TeamChoice | null {
    const kept = stored()
    if (kept) return kept
    const account = accounts().find(({ state, teams }) => state === 'ready' && teams.length > 0)
    const team = account?.teams[0]
    return account && team ? { accountId: account.id, teamId: team.id } : null
  }

  return {
    stored,
    chosen,
    resolve(choice) {
      const wanted = choice ?? chosen()
      return wanted && find(wanted)
    },
    store: (choice) => choices.set('team', JSON.stringify(choice)),
  }
}
