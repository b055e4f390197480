import * as v from 'valibot'
import { teamKey, type Account, type Team, type TeamChoice } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { StoredChoices } from '../platform/environment.ts'

interface TeamOfAccount {
  readonly accountId: string
  readonly team: Team
}

/** The team to which new files are uploaded. */
interface TeamSelection {
  /** The stored choice, if it is still valid. */
  stored(): TeamChoice | null
  /** The stored choice, else the first available team. */
  chosen(): TeamChoice | null
  /**
   * The stored choice; without one, the only available team. Null if the user has still to choose: among
   * several teams, or because the stored choice is not available.
   */
  decided(): TeamChoice | null
  /** The account and team of a choice, or of the current one; null when it is not valid. */
  resolve(choice: TeamChoice | null): TeamOfAccount | null
  store(choice: TeamChoice): Result<void>
}

const storedChoiceSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ accountId: v.string(), teamId: v.string() }),
)

export function createTeamSelection(
  accounts: () => readonly Account[],
  choices: StoredChoices,
): TeamSelection {
  function find(choice: TeamChoice): TeamOfAccount | null {
    const account = accounts().find(({ id, state }) => id === choice.accountId && state === 'ready')
    const team = account?.teams.find(({ id }) => id === choice.teamId)
    return account && team ? { accountId: account.id, team } : null
  }

  function stored(): TeamChoice | null {
    const parsed = v.safeParse(storedChoiceSchema, choices.get('team'))
    return parsed.success && find(parsed.output) ? parsed.output : null
  }

  function chosen(): TeamChoice | null {
    const storedChoice = stored()
    if (storedChoice) return storedChoice
    const account = accounts().find(({ state, teams }) => state === 'ready' && teams.length > 0)
    const team = account?.teams[0]
    return account && team ? { accountId: account.id, teamId: team.id } : null
  }

  function decided(): TeamChoice | null {
    if (choices.get('team') !== null) return stored()
    const available = accounts()
      .filter(({ state }) => state === 'ready')
      .flatMap(({ id, teams }) => teams.map((team) => ({ accountId: id, teamId: team.id })))
    // A paired device may give access to a team of another sign-in.
    return new Set(available.map(teamKey)).size === 1 ? (available[0] ?? null) : null
  }

  return {
    stored,
    chosen,
    decided,
    resolve(choice) {
      const effectiveChoice = choice ?? chosen()
      return effectiveChoice && find(effectiveChoice)
    },
    store: (choice) => choices.set('team', JSON.stringify(choice)),
  }
}
